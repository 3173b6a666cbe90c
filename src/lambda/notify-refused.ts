/** Calls `onRefused` of a user for each dead letter that is confirmed. */

import type { QuarantinedEvent, SinkExtensions } from '../config/handler-options.ts';
import type { DeadLetter, DeadLetters, Deadline } from '../sink/ports.ts';
import type { RefusalCode } from '../sink/refusal.ts';

/** Function of a user. */
type OnRefused = NonNullable<SinkExtensions['onRefused']>;

/**
 * Returns the port with the calls. A call that fails is passed to `onFailure`, and changes nothing. All calls of one
 * request run concurrently, and are awaited until the deadline at most.
 */
export const notifyingRefused = (
  inner: DeadLetters,
  onRefused: OnRefused,
  onFailure: (error: unknown) => void,
): DeadLetters => {
  const notify = async (letters: readonly DeadLetter[], deadline: Deadline): Promise<void> => {
    const calls = letters.map(async (letter) => onRefused(eventOf(letter), deadline.signal));
    const ended = Promise.allSettled(calls);
    for (const result of (await Promise.race([ended, aborted(deadline.signal)])) ?? [])
      if (result.status === 'rejected') onFailure(result.reason);
  };
  return {
    async send(letters, deadline) {
      const confirmed = await inner.send(letters, deadline);
      await notify(
        letters.filter((_, index) => confirmed[index] === true),
        deadline,
      );
      return confirmed;
    },
    async keep(letter, deadline) {
      const kept = await inner.keep(letter, deadline);
      if (kept) await notify([letter], deadline);
      return kept;
    },
  };
};

const eventOf = ({ body, attributes, groupId }: DeadLetter): QuarantinedEvent => ({
  reason: attributes.reason as RefusalCode,
  detail: attributes.detail ?? '',
  body,
  attributes,
  groupId,
});

/** Resolves to `undefined` when the signal aborts. */
const aborted = (signal: AbortSignal): Promise<undefined> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
