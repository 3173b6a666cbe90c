/** Saving of lines as segments. Covers `src/checkpoint/save.ts`. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { randomFrom } from '../../local/workload/random.ts';
import { CheckpointCapacity } from '../../src/checkpoint/capacity.ts';
import type { Segment } from '../../src/checkpoint/format/segment.ts';
import { readSegment } from '../../src/checkpoint/format/stored-segment.ts';
import {
  createCheckpoint,
  HELD_MS,
  ownersOnly,
  type SavingOptions,
  SEGMENT_BYTES_MAX,
  SegmentSaver,
} from '../../src/checkpoint/save.ts';
import { type SegmentStore, SHARDS } from '../../src/checkpoint/segment-store.ts';
import type { LetterOrigin } from '../../src/sink/message.ts';
import type { WaitReason } from '../../src/sink/ports.ts';
import { emptyTable, memoryStateTable, type TableItems } from '../contract/memory-state-table.ts';
import { message } from '../sink/make.ts';
import { batchOf, contentOf, FOREVER, linesFor, NOW_MS, segment, target, testClock, textsOf, trace } from './make.ts';
import { type WatchedPort, watchedPort } from './watched-port.ts';

interface Saving {
  readonly saver: SegmentSaver;
  readonly bound: CheckpointCapacity;
  readonly items: TableItems;
  readonly store: WatchedPort<SegmentStore>;
  readonly failures: unknown[];
  readonly segments: () => Segment[];
}

const saving = (options: Partial<SavingOptions> = {}, bytesMax = Number.POSITIVE_INFINITY): Saving => {
  const items = emptyTable();
  const store = watchedPort(memoryStateTable(items, 'sink').segments);
  const bound = new CheckpointCapacity(bytesMax);
  const failures: unknown[] = [];
  const saver = new SegmentSaver(store.port, bound, testClock(), {
    flushIntervalMs: 30_000,
    onFailure: (error) => failures.push(error),
    ...options,
  });
  return {
    saver,
    bound,
    items,
    store,
    failures,
    segments: () => [...items.payloads.values()].map(({ segment: stored }) => readSegment(stored)),
  };
};

/** Returns lines that cannot be compressed. */
const noisyLines = (count: number, bytes: number): string[] => {
  const random = randomFrom(7);
  const char = (): string => String.fromCharCode(35 + random.below(90)).replace('\\', '-');
  return Array.from({ length: count }, () => `m v="${Array.from({ length: bytes }, char).join('')}" 1`);
};

/** A segment of several pieces. */
const LARGE = segment(noisyLines(40, 40_000));

describe('segment', () => {
  test('stores a segment as one payload with an entry that describes it completely', async () => {
    const { saver, items, segments } = saving();
    const to = target('db', 'a week');
    const one = { lines: batchOf(linesFor('a', 3), { to }), traces: [trace()] };
    const beginning = { wait: 'isolate', failures: 2, dueMs: 5, savedAtMs: 4 } as const;
    expect(await saver.save(one, beginning, FOREVER)).toBe(true);
    const [kept] = items.entries.values();
    const [payload] = items.payloads.values();
    expect(kept).toMatchObject({
      ...beginning,
      format: 2,
      target: to,
      lines: 3,
      lineBytes: one.lines.body.length,
      bytes: payload?.segment.data.length,
    });
    expect(payload?.entry).toEqual(kept);
    expect(items.entries.size).toBe(1);
    expect(segments().map(contentOf)).toEqual([contentOf(one)]);
  });
  test('cuts a segment that is too large for an item until each piece fits, and keeps every line', {
    tags: 'slow',
  }, async () => {
    const { saver, items, segments } = saving();
    const lines = noisyLines(120, 20_000);
    const owners = lines.map((_, i): [number, number] => [i % 7, i]);
    const traces = Array.from({ length: 7 }, (_, i) => trace(`message-${i}`));
    expect(await saver.saveNew({ lines: batchOf(lines, { owners }), traces }, 'retry', FOREVER)).toBe(true);
    const pieces = segments();
    expect(pieces.length).toBeGreaterThan(5);
    for (const { segment: stored } of items.payloads.values())
      expect(stored.data.length).toBeLessThanOrEqual(SEGMENT_BYTES_MAX);
    const named = pieces.flatMap((piece) =>
      textsOf(piece.lines).map((text, i) => [
        text,
        piece.traces[piece.lines.messageOf[i] as number]?.messageId,
        piece.lines.eventOf[i],
      ]),
    );
    expect(named.sort()).toEqual(lines.map((text, i) => [text, `message-${i % 7}`, i]).sort());
    expect([...items.entries.keys()].sort()).toEqual([...items.payloads.keys()].sort());
  });
  test('stores a segment of the largest size as one piece, and a larger one as two', { tags: 'slow' }, async () => {
    const sizeOf = async (bytes: number): Promise<number[]> => {
      const { saver, items } = saving();
      await saver.saveNew(segment(noisyLines(8, bytes)), 'retry', FOREVER);
      return [...items.payloads.values()].map(({ segment: { data } }) => data.length);
    };
    let [fits, over] = [40_000, 60_000];
    while (over - fits > 1) {
      const middle = (fits + over) >> 1;
      if ((await sizeOf(middle)).length === 1) fits = middle;
      else over = middle;
    }
    const [whole = 0] = await sizeOf(fits);
    expect(whole).toBeGreaterThan(SEGMENT_BYTES_MAX - 2_000);
    expect(whole).toBeLessThanOrEqual(SEGMENT_BYTES_MAX);
    expect(await sizeOf(over)).toHaveLength(2);
  });
});

describe('order of storing', () => {
  test('stores the payload before the entry, because an entry without a payload counts as damage', async () => {
    const { saver, store } = saving();
    await saver.saveNew(LARGE, 'retry', FOREVER);
    const idOf = (name: string): string[] =>
      store.calls.filter((call) => call.name === name).map(({ args }) => args[0].id);
    expect(idOf('putEntry').sort()).toEqual(idOf('putPayload').sort());
    for (const id of idOf('putEntry')) {
      const put = store.calls.filter(({ args }) => args[0].id === id).map(({ name }) => name);
      expect(put).toEqual(['putPayload', 'putEntry']);
    }
  });
  test.each(['refused', 'lost-reply'] as const)(
    'reports a failed save when any put fails (%s)',
    { tags: 'slow' },
    async (fault) => {
      const whole = saving();
      await whole.saver.saveNew(LARGE, 'retry', FOREVER);
      expect(whole.store.calls.length).toBeGreaterThan(6);
      for (const { number } of whole.store.calls) {
        const { saver, store, failures, items } = saving();
        store.fault = (call) => (call.number === number ? fault : undefined);
        expect(await saver.saveNew(LARGE, 'retry', FOREVER)).toBe(false);
        expect(failures).toHaveLength(1);
        for (const key of items.entries.keys()) expect(items.payloads.has(key)).toBe(true);
      }
    },
  );
  test('awaits all puts, even after one has failed', async () => {
    const { saver, store, items } = saving();
    store.fault = ({ number }) => (number === 0 ? 'refused' : undefined);
    await saver.saveNew(LARGE, 'retry', FOREVER);
    const puts = store.calls.length;
    await new Promise((resolve) => setImmediate(resolve));
    expect(store.calls).toHaveLength(puts);
    expect(items.entries.size).toBe(items.payloads.size);
    expect(items.entries.size).toBeGreaterThan(2);
  });
});

describe('first attempt of a segment', () => {
  test.each<[WaitReason, number]>([
    ['retry', NOW_MS],
    ['isolate', NOW_MS],
    ['held', NOW_MS + HELD_MS],
    ['buffered', NOW_MS + 30_000],
  ])('makes a segment with the wait reason "%s" due at %i', async (wait, dueMs) => {
    const { saver, items } = saving();
    await saver.saveNew(segment(['m v=1 1']), wait, FOREVER);
    expect([...items.entries.values()]).toMatchObject([{ wait, dueMs, failures: 0, savedAtMs: NOW_MS }]);
  });
});

describe('shards', () => {
  const shardsOf = async (wait: WaitReason, databases: readonly string[]): Promise<number[]> => {
    const { saver, items } = saving();
    for (const database of databases) await saver.saveNew(segment(['m v=1 1'], target(database)), wait, FOREVER);
    return [...items.entries.values()].map(({ shard }) => shard);
  };
  test('stores all remainders of a target in one shard, from every instance', async () => {
    expect(new Set(await shardsOf('buffered', Array(20).fill('db')))).toEqual(
      new Set(await shardsOf('buffered', ['db'])),
    );
    expect(new Set(await shardsOf('buffered', Array(20).fill('db'))).size).toBe(1);
  });
  test('spreads the remainders of many targets over all shards', async () => {
    const databases = Array.from({ length: 200 }, (_, i) => `db${i}`);
    expect(new Set(await shardsOf('buffered', databases)).size).toBe(SHARDS);
  });
  test.each<WaitReason>(['retry', 'isolate', 'held'])('spreads "%s" segments over all shards', async (wait) => {
    const shards = await shardsOf(wait, Array(300).fill('db'));
    expect([...new Set(shards)].sort((a, b) => a - b)).toEqual(Array.from({ length: SHARDS }, (_, shard) => shard));
  });
  test('reports the shard and the bytes of each saved segment to the capacity', async () => {
    const { saver, bound, items } = saving({}, 1_000_000);
    await saver.saveNew(segment(['m v=1 1']), 'retry', FOREVER);
    const [kept] = items.entries.values();
    expect(bound.shards()).toEqual([kept?.shard]);
    bound.recordSaved(0, 1_000_000 - (kept?.bytes ?? 0) - 1);
    expect(bound.hasCapacity()).toBe(true);
    bound.recordSaved(0, 1);
    expect(bound.hasCapacity()).toBe(false);
  });
});

describe('owners of some lines', () => {
  test('keeps only the messages that own one of the lines, in the order of their first lines', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(9), { minLength: 1, maxLength: 30 }), (messageOf) => {
        const traces = Array.from({ length: 10 }, (_, i) => trace(`message-${i}`));
        const lines = batchOf(
          messageOf.map((_, i) => `m v=${i} 1`),
          {
            owners: messageOf.map((one, i) => [one, i]),
          },
        );
        const kept = ownersOnly({ lines, traces });
        expect(kept.traces).toEqual([...new Set(messageOf)].map((one) => traces[one]));
        expect(Array.from(kept.lines.messageOf, (one) => kept.traces[one])).toEqual(
          messageOf.map((one) => traces[one]),
        );
        expect(kept.lines.eventOf).toEqual(lines.eventOf);
      }),
    );
  });
});

describe('checkpoint of an invocation', () => {
  const messages = [
    message('', { id: 'a', sentAtMs: 10, firstReceivedAtMs: 20 }),
    message('', { id: 'b', sentAtMs: 30, firstReceivedAtMs: 40 }),
    message('', { id: 'c', sentAtMs: 50, firstReceivedAtMs: 60 }),
  ];

  test('stores lines with the messages that they came from, and no others', async () => {
    const { saver, bound, segments } = saving();
    const lines = batchOf(['m v=1 1', 'm v=2 2'], {
      owners: [
        [2, 5],
        [0, 1],
      ],
    });
    expect(await createCheckpoint(saver, bound).save(lines, 'retry', messages, FOREVER)).toBe(true);
    const [kept] = segments();
    expect(kept?.traces).toEqual([
      { messageId: 'c', sentAtMs: 50, firstSeenMs: 60 },
      { messageId: 'a', sentAtMs: 10, firstSeenMs: 20 },
    ]);
    expect([...(kept?.lines.messageOf ?? [])]).toEqual([0, 1]);
    expect([...(kept?.lines.eventOf ?? [])]).toEqual([5, 1]);
  });

  const origin = (more: Partial<LetterOrigin> = {}): LetterOrigin => ({
    messageId: 'first',
    sentAtMs: 1,
    eventIndex: 7,
    firstReceivedAtMs: 2,
    groupId: undefined,
    attributes: {},
    form: 'text',
    cut: undefined,
    ...more,
  });

  test('stores the first identity of a dead letter that was sent back', async () => {
    const { saver, bound, segments } = saving();
    const letter = { ...(messages[0] as (typeof messages)[0]), origin: origin({ cut: { unit: 'json', wraps: 0 } }) };
    await createCheckpoint(saver, bound).save(batchOf(['m v=1 1']), 'retry', [letter], FOREVER);
    expect(segments()).toMatchObject([{ traces: [{ messageId: 'first', sentAtMs: 1, firstSeenMs: 2 }] }]);
    expect(segments()[0]?.lines.eventOf).toEqual(Uint32Array.of(7));
  });
  test.each<[string, LetterOrigin, readonly number[]]>([
    ['a whole message the event indexes of that message', origin({ eventIndex: 0 }), [0, 1, 2]],
    [
      'one event, now several, indexes beyond those of the first message',
      origin({ cut: { unit: 'json', wraps: 0 } }),
      [7, 7 + 100_003, 7 + 2 * 100_003],
    ],
  ])('gives a dead letter of %s', async (_, from, places) => {
    const { saver, bound, segments } = saving();
    const letter = message('', { id: 'b', origin: from });
    await createCheckpoint(saver, bound).save(batchOf(['m v=1 1', 'm v=2 2', 'm v=3 3']), 'retry', [letter], FOREVER);
    expect([...(segments()[0]?.lines.eventOf ?? [])]).toEqual(places);
  });

  test('stores nothing at its capacity limit, and stores again when the backlog has shrunk', async () => {
    const { saver, bound, store } = saving({}, 1_000);
    const checkpoint = createCheckpoint(saver, bound);
    bound.recordSaved(0, 1_000);
    expect(await checkpoint.save(batchOf(['m v=1 1']), 'retry', messages, FOREVER)).toBe(false);
    expect(store.calls).toEqual([]);
    bound.update({ atMs: 1, bytes: 0, lines: 0, segments: 0, oldestMs: undefined, shards: [] });
    expect(await checkpoint.save(batchOf(['m v=1 1']), 'retry', messages, FOREVER)).toBe(true);
  });
  test('reports lines as not saved when the table fails', async () => {
    const { saver, bound, store } = saving();
    store.fault = () => 'refused';
    expect(await createCheckpoint(saver, bound).save(batchOf(['m v=1 1']), 'retry', messages, FOREVER)).toBe(false);
  });
});
