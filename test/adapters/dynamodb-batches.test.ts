/** Batches that the table processes partially: unprocessed items are sent again, for a limited number of attempts. */

import { expect, test, vi } from 'vitest';
import { entryOf, idOf, soonEnough } from '../contract/state-table/made-up.ts';
import type { TableView } from '../contract/table-view.ts';
import { useAwsEnvironment } from './aws-access.ts';
import { answering, type Call, callOf } from './dynamodb-node.ts';
import { startNode, within } from './nodes.ts';
import { openViews, type TestClock } from './open-table.ts';

useAwsEnvironment(() => ({}));

type WireKey = { readonly pk: { readonly S: string } };

/** The keys or writes of a call. */
const requestsOf = ({ input }: Call): readonly unknown[] => input.RequestItems.state.Keys ?? input.RequestItems.state;

/** A table that processes `share(requests, call)` requests of each call. */
const setUp = async (share: (requests: number, call: number) => number, sleeping = false) => {
  let calls = 0;
  const slept: number[] = [];
  const node = await startNode(
    answering((call) => {
      const requests = requestsOf(call);
      const done = share(requests.length, ++calls);
      const left = requests.slice(done);
      if (call.operation === 'BatchWriteItem') return { UnprocessedItems: left.length > 0 ? { state: left } : {} };
      const found = (requests.slice(0, done) as WireKey[]).map((key) => ({ ...key, format: { N: '2' } }));
      return { Responses: { state: found }, UnprocessedKeys: left.length > 0 ? { state: { Keys: left } } : {} };
    }),
  );
  vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', node.url);
  const clock: TestClock = {
    nowMs: () => 0,
    sleep: async (ms, signal) => {
      slept.push(ms);
      if (sleeping) await new Promise((resolve) => signal?.addEventListener('abort', resolve));
    },
  };
  const sent = (): readonly (readonly unknown[])[] => node.seen.map((seen) => requestsOf(callOf(seen)));
  return { view: openViews('state', clock).view('sink'), slept, sent };
};

const NUMBERS = [1, 2, 3, 4, 5];
const IDS = NUMBERS.map(idOf);

/** Calls that write, each with five requests. */
const WRITES: readonly (readonly [what: string, write: (view: TableView) => Promise<void>])[] = [
  [
    'deleting entries',
    ({ segments }) =>
      segments.deleteEntries(
        NUMBERS.map((number) => entryOf(number)),
        soonEnough(),
      ),
  ],
  ['deleting payloads', ({ segments }) => segments.deletePayloads(IDS, soonEnough())],
  ['setting marks', ({ unfinishedMarks }) => unfinishedMarks.mark(new Map(IDS.map((id) => [id, 1])), soonEnough())],
  ['removing marks', ({ unfinishedMarks }) => unfinishedMarks.unmark(IDS, soonEnough())],
];

test('payloads that were not read are requested again until all have been read', async () => {
  const { view, slept, sent } = await setUp(() => 2);
  const read = await view.segments.readPayloads(IDS, soonEnough());
  expect([...read.keys()]).toEqual(IDS);
  expect(sent().map((keys) => (keys as WireKey[]).map(({ pk }) => pk.S.split('#').at(-1)))).toEqual([
    IDS,
    IDS.slice(2),
    IDS.slice(4),
  ]);
  expect(slept).toEqual([25, 25]);
});

test.each(WRITES)('%s sends unprocessed requests again until all are done', async (_, write) => {
  const { view, slept, sent } = await setUp(() => 2);
  await write(view);
  const [all = [], ...later] = sent();
  expect(all).toHaveLength(5);
  expect(later).toEqual([all.slice(2), all.slice(4)]);
  expect(slept).toEqual([25, 25]);
});

const PAUSES = [25, 50, 100, 200, 400, 800, 1_600];
const NO_PROGRESS = 'The table state made no progress with a batch in 8 attempts.';

test('reading payloads fails after eight attempts without progress, with increasing pauses', async () => {
  const { view, slept, sent } = await setUp(() => 0);
  await expect(view.segments.readPayloads(IDS, soonEnough())).rejects.toThrow(NO_PROGRESS);
  expect(sent()).toHaveLength(8);
  expect(slept).toEqual(PAUSES);
});

test.each(WRITES)('%s fails after eight attempts without progress', async (_, write) => {
  const { view, slept, sent } = await setUp(() => 0);
  await expect(write(view)).rejects.toThrow(NO_PROGRESS);
  expect(sent()).toHaveLength(8);
  expect(slept).toEqual(PAUSES);
});

test('any progress allows another eight attempts', async () => {
  const isSlow = (_: number, call: number): number => (call % 7 === 0 ? 1 : 0);
  const reading = await setUp(isSlow);
  expect((await reading.view.segments.readPayloads(IDS, soonEnough())).size).toBe(5);
  expect(reading.sent()).toHaveLength(35);
  const writing = await setUp(isSlow);
  await writing.view.segments.deletePayloads(IDS, soonEnough());
  expect(writing.sent()).toHaveLength(35);
});

test('the deadline ends the attempts, also during a pause', async () => {
  const { view, slept, sent } = await setUp(() => 0, true);
  await expect(view.segments.readPayloads(IDS, within(80))).rejects.toMatchObject({ name: 'AbortError' });
  await expect(view.segments.deletePayloads(IDS, within(80))).rejects.toMatchObject({ name: 'AbortError' });
  expect(slept).toEqual([25, 25]);
  expect(sent()).toHaveLength(2);
});

test('one batch that fails makes the whole read fail', async () => {
  const { view, sent } = await setUp((count) => (count === 100 ? 100 : 0));
  const many = Array.from({ length: 130 }, (_, number) => idOf(number));
  await expect(view.segments.readPayloads(many, soonEnough())).rejects.toThrow(NO_PROGRESS);
  expect(sent().filter((keys) => keys.length === 100)).toHaveLength(1);
});
