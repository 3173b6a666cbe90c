/** Quarantine of whole messages. Covers `src/sink/settle/quarantine.ts`. */

import { describe, expect, test } from 'vitest';
import type { DeadLetter, DeadLetters } from '../../../src/sink/ports.ts';
import { refuse } from '../../../src/sink/refusal.ts';
import { DEAD_LETTER_BYTES_MAX, deadLetterBytes, lineLetter } from '../../../src/sink/settle/dead-letter.ts';
import { deliverAll, quarantineWhole } from '../../../src/sink/settle/quarantine.ts';
import { FOREVER, OVER } from '../../checkpoint/make.ts';
import { message, noise } from '../make.ts';

const UNFINISHED = refuse('unfinished', '3 runs of the function with this message did not complete');

const whole = (body: string) => ({ message: message(body), refusal: UNFINISHED, sinkVersion: 'test' });

const queue = (confirms = true) => {
  const sent: DeadLetter[] = [];
  const kept: DeadLetter[] = [];
  const deadLetters: DeadLetters = {
    async send(letters) {
      sent.push(...letters);
      return letters.map(() => confirms);
    },
    async keep(letter) {
      kept.push(letter);
      return confirms;
    },
  };
  return { sent, kept, deadLetters };
};

describe('quarantine of a whole message', () => {
  // The decoder would accept none of these bodies.
  test.each([
    ['unreadable text', '{{{{'],
    ['two events', '[{"v":1},{"v":2}]'],
    ['only a space', ' '],
    ['nesting that no parser survives', '['.repeat(200_000)],
  ])('quarantines a message that contains %s as one event, without decoding it', async (_, body) => {
    const { sent, deadLetters } = queue();
    const report = await quarantineWhole(whole(body), deadLetters, FOREVER);
    expect(report).toMatchObject({
      eventsReceived: 1,
      eventsQuarantined: 1,
      eventsReturned: 0,
      ledgerImbalance: 0,
      messagesReceived: 1,
      messagesReturned: 0,
      returned: [],
      refusals: { unfinished: 1 },
    });
    expect(sent.map((letter) => [letter.body, letter.attributes.reason])).toEqual([[body, 'unfinished']]);
  });
  test('stores a quarantined message separately when it is too large for the queue', { tags: 'slow' }, async () => {
    const { sent, kept, deadLetters } = queue();
    const body = noise(2_000_000);
    const report = await quarantineWhole(whole(body), deadLetters, FOREVER);
    expect([sent.length, kept.length, report.returned]).toEqual([0, 1, []]);
  });
  test.each<[string, DeadLetters | undefined, typeof FOREVER]>([
    ['the queue does not confirm it', queue(false).deadLetters, FOREVER],
    ['there is no dead-letter queue', undefined, FOREVER],
    ['there is no time left', queue().deadLetters, OVER],
  ])('returns a message that should be quarantined when %s', async (_, deadLetters, deadline) => {
    const report = await quarantineWhole(whole('{'), deadLetters, deadline);
    expect(report).toMatchObject({
      eventsReceived: 1,
      eventsQuarantined: 0,
      eventsReturned: 1,
      ledgerImbalance: 0,
      messagesReturned: 1,
      returned: [0],
    });
  });
});

describe('calls to the queue', () => {
  const lettersOf = (...sizes: readonly number[]) =>
    sizes.map((size, index) => ({
      letter: lineLetter(
        `m v="${'x'.repeat(size)}" 1`,
        { messageId: `message-${index}`, sentAtMs: 1, firstReceivedAtMs: 1, eventIndex: 0 },
        refuse('expired', 'old'),
        false,
        'test',
      ),
      owner: index,
    }));
  const callsFor = async (...sizes: readonly number[]) => {
    const calls: number[] = [];
    const confirmed: number[] = [];
    const deadLetters: DeadLetters = {
      send: async (letters) => {
        calls.push(letters.length);
        return letters.map(() => true);
      },
      keep: async () => {
        calls.push(0);
        return true;
      },
    };
    await deliverAll(lettersOf(...sizes), deadLetters, FOREVER, (owner) => confirmed.push(owner));
    expect(confirmed.sort((a, b) => a - b)).toEqual(sizes.map((_, index) => index));
    return calls;
  };
  const MAX = DEAD_LETTER_BYTES_MAX;
  /** Bytes of a letter without its text. */
  const around = deadLetterBytes((lettersOf(0)[0] as { letter: DeadLetter }).letter);

  test('contain ten letters at most', async () => {
    expect(await callsFor(...Array.from({ length: 21 }, () => 1))).toEqual([10, 10, 1]);
    expect(await callsFor()).toEqual([]);
  });
  test('contain as many bytes as SQS accepts', async () => {
    expect(await callsFor(MAX / 2 - around, MAX / 2 - around)).toEqual([2]);
    expect(await callsFor(MAX / 2 - around, MAX / 2 - around + 1)).toEqual([1, 1]);
    expect(await callsFor(MAX - around, 1)).toEqual([1, 1]);
  });
  test('are not made for a letter that no call can contain', async () => {
    expect(await callsFor(1, MAX - around + 1, 1)).toEqual([1, 0, 1]);
  });
});
