/** Sends refused events to the dead-letter queue and counts those that the queue has confirmed, one by one. */

import type { Ledger } from '../ledger.ts';
import type { Message } from '../message.ts';
import type { DeadLetter, DeadLetters, Deadline } from '../ports.ts';
import type { RefusedEvent } from '../refusal.ts';
import { forEachConcurrent } from '../write/side-by-side.ts';
import { DEAD_LETTER_BYTES_MAX, type DeadLetterContext, deadLetterBytes, deadLetterFactory } from './dead-letter.ts';

const LETTERS_PER_CALL = 10;
const CALLS_AT_ONCE = 8;

/** A letter, and whatever its sender knows it by. */
export interface Addressed<T> {
  readonly letter: DeadLetter;
  readonly owner: T;
}

interface Parcel<T> {
  readonly letters: DeadLetter[];
  readonly owners: T[];
  bytes: number;
}

/** Sends letters, several calls at once, and tells of each that is safe. They are made as they are sent. */
export const deliverAll = async <T>(
  letters: Iterable<Addressed<T>>,
  deadLetters: DeadLetters,
  deadline: Deadline,
  confirmed: (owner: T) => void,
): Promise<void> => {
  await forEachConcurrent(parcelsOf(letters), CALLS_AT_ONCE, async (parcel) => {
    // Without time for an answer the letters are not sent: they would come twice.
    if (deadline.remainingMs() <= 0) return;
    const safe = await deliver(parcel, deadLetters, deadline);
    parcel.owners.forEach((owner, index) => {
      if (safe[index] === true) confirmed(owner);
    });
  });
};

const deliver = async (
  { letters, bytes }: Parcel<unknown>,
  deadLetters: DeadLetters,
  deadline: Deadline,
): Promise<readonly boolean[]> => {
  const [only] = letters;
  if (only !== undefined && bytes > DEAD_LETTER_BYTES_MAX) return [await deadLetters.keep(only, deadline)];
  return deadLetters.send(letters, deadline);
};

/** At most ten letters and 1 MiB each; one generator serves all workers in turn. */
function* parcelsOf<T>(letters: Iterable<Addressed<T>>): Generator<Parcel<T>> {
  let parcel: Parcel<T> = { letters: [], owners: [], bytes: 0 };
  for (const { letter, owner } of letters) {
    const bytes = deadLetterBytes(letter);
    if (
      parcel.letters.length === LETTERS_PER_CALL ||
      (parcel.letters.length > 0 && parcel.bytes + bytes > DEAD_LETTER_BYTES_MAX)
    ) {
      yield parcel;
      parcel = { letters: [], owners: [], bytes: 0 };
    }
    parcel.letters.push(letter);
    parcel.owners.push(owner);
    parcel.bytes += bytes;
  }
  if (parcel.letters.length > 0) yield parcel;
}

/** Quarantines the refused events of an invocation, cut out of their messages as source text. */
export const quarantine = (
  refused: readonly RefusedEvent[],
  messages: readonly Message[],
  context: DeadLetterContext,
  deadLetters: DeadLetters,
  ledger: Ledger,
  deadline: Deadline,
): Promise<void> =>
  deliverAll(cutLetters(refused, messages, context), deadLetters, deadline, ({ messageIndex }) =>
    ledger.quarantined(messageIndex),
  );

/** One by one, for 50,000 of them would not fit the memory at once; each body is read again once for all its letters. */
function* cutLetters(
  refused: readonly RefusedEvent[],
  messages: readonly Message[],
  context: DeadLetterContext,
): Generator<Addressed<RefusedEvent>> {
  let cutter: { readonly messageIndex: number; readonly cut: (refused: RefusedEvent) => DeadLetter } | undefined;
  for (const owner of [...refused].sort((a, b) => a.messageIndex - b.messageIndex || a.eventIndex - b.eventIndex)) {
    if (cutter?.messageIndex !== owner.messageIndex) {
      cutter = {
        messageIndex: owner.messageIndex,
        cut: deadLetterFactory(messages[owner.messageIndex] as Message, context),
      };
    }
    yield { letter: cutter.cut(owner), owner };
  }
}
