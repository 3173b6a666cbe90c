/** Batches that the table does in part: what is left is asked for again, so often and no more. */

import { expect, test, vi } from 'vitest';
import { entryOf, idOf, soonEnough } from '../contract/state-table/made-up.ts';
import type { TableView } from '../contract/table-view.ts';
import { useAwsEnvironment } from './aws-access.ts';
import { answering, type Call, callOf } from './dynamodb-node.ts';
import { startNode, within } from './nodes.ts';
import { openViews, type TestClock } from './open-table.ts';

useAwsEnvironment(() => ({}));

type WireKey = { readonly pk: { readonly S: string } };

/** Things that a call asks for: keys to read, or writes. */
const askedFor = ({ input }: Call): readonly unknown[] => input.RequestItems.state.Keys ?? input.RequestItems.state;

/** A table that does of each call as much as `share` says, by how many it asks for and which call it is. */
const setUp = async (share: (asked: number, call: number) => number, sleeping = false) => {
  let calls = 0;
  const slept: number[] = [];
  const node = await startNode(
    answering((call) => {
      const asked = askedFor(call);
      const done = share(asked.length, ++calls);
      const left = asked.slice(done);
      if (call.operation === 'BatchWriteItem') return { UnprocessedItems: left.length > 0 ? { state: left } : {} };
      const found = (asked.slice(0, done) as WireKey[]).map((key) => ({ ...key, format: { N: '2' } }));
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
  const asked = (): readonly (readonly unknown[])[] => node.seen.map((seen) => askedFor(callOf(seen)));
  return { view: openViews('state', clock).view('sink'), slept, asked };
};

const NUMBERS = [1, 2, 3, 4, 5];
const IDS = NUMBERS.map(idOf);

/** Each sends all five. */
const WRITES: readonly (readonly [what: string, write: (view: TableView) => Promise<void>])[] = [
  [
    'entries to delete',
    ({ segments }) =>
      segments.deleteEntries(
        NUMBERS.map((number) => entryOf(number)),
        soonEnough(),
      ),
  ],
  ['payloads to delete', ({ segments }) => segments.deletePayloads(IDS, soonEnough())],
  ['marks to set', ({ unfinishedMarks }) => unfinishedMarks.mark(new Map(IDS.map((id) => [id, 1])), soonEnough())],
  ['marks to take off', ({ unfinishedMarks }) => unfinishedMarks.unmark(IDS, soonEnough())],
];

test('payloads that were not read are asked for again, until all are there', async () => {
  const { view, slept, asked } = await setUp(() => 2);
  const read = await view.segments.readPayloads(IDS, soonEnough());
  expect([...read.keys()]).toEqual(IDS);
  expect(asked().map((keys) => (keys as WireKey[]).map(({ pk }) => pk.S.split('#').at(-1)))).toEqual([
    IDS,
    IDS.slice(2),
    IDS.slice(4),
  ]);
  expect(slept).toEqual([25, 25]);
});

test.each(WRITES)('%s that were not written are sent again, until all are done', async (_, write) => {
  const { view, slept, asked } = await setUp(() => 2);
  await write(view);
  const [all = [], ...later] = asked();
  expect(all).toHaveLength(5);
  expect(later).toEqual([all.slice(2), all.slice(4)]);
  expect(slept).toEqual([25, 25]);
});

const PAUSES = [25, 50, 100, 200, 400, 800, 1_600];
const GIVEN_UP = 'The table state made no progress with a batch in 8 attempts.';

test('a table that reads nothing is given up after eight attempts, each a little later', async () => {
  const { view, slept, asked } = await setUp(() => 0);
  await expect(view.segments.readPayloads(IDS, soonEnough())).rejects.toThrow(GIVEN_UP);
  expect(asked()).toHaveLength(8);
  expect(slept).toEqual(PAUSES);
});

test.each(WRITES)('a table that takes no %s is given up after eight attempts', async (_, write) => {
  const { view, slept, asked } = await setUp(() => 0);
  await expect(write(view)).rejects.toThrow(GIVEN_UP);
  expect(asked()).toHaveLength(8);
  expect(slept).toEqual(PAUSES);
});

test('a little progress is worth another eight attempts', async () => {
  const isSlow = (_: number, call: number): number => (call % 7 === 0 ? 1 : 0);
  const reading = await setUp(isSlow);
  expect((await reading.view.segments.readPayloads(IDS, soonEnough())).size).toBe(5);
  expect(reading.asked()).toHaveLength(35);
  const writing = await setUp(isSlow);
  await writing.view.segments.deletePayloads(IDS, soonEnough());
  expect(writing.asked()).toHaveLength(35);
});

test('the deadline ends the asking, in the middle of a pause too', async () => {
  const { view, slept, asked } = await setUp(() => 0, true);
  await expect(view.segments.readPayloads(IDS, within(80))).rejects.toMatchObject({ name: 'AbortError' });
  await expect(view.segments.deletePayloads(IDS, within(80))).rejects.toMatchObject({ name: 'AbortError' });
  expect(slept).toEqual([25, 25]);
  expect(asked()).toHaveLength(2);
});

test('a batch that goes wrong fails the whole', async () => {
  const { view, asked } = await setUp((count) => (count === 100 ? 100 : 0));
  const many = Array.from({ length: 130 }, (_, number) => idOf(number));
  await expect(view.segments.readPayloads(many, soonEnough())).rejects.toThrow(GIVEN_UP);
  expect(asked().filter((keys) => keys.length === 100)).toHaveLength(1);
});
