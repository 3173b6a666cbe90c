/**
 * Lost responses: the table has processed the call, and the SDK repeats it. The caller must receive the same result as
 * without the loss.
 */

import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { startTableService, type TableService } from '../../local/table.ts';
import { breakerOf, entryOf, idOf, NOW_MS, segmentFor, soonEnough } from '../contract/state-table/made-up.ts';
import { useAwsEnvironment } from './aws-access.ts';
import { callOf, startLossyNode } from './dynamodb-node.ts';
import { openTable, openViews } from './open-table.ts';

let service: TableService;
beforeAll(async () => {
  service = await startTableService();
});
afterAll(() => service.close());
useAwsEnvironment(() => ({ AWS_ENDPOINT_URL_DYNAMODB: service.endpoint }));

const WRITES = ['PutItem', 'UpdateItem', 'DeleteItem', 'BatchWriteItem'];

/** A table, with a direct view and a view that loses the first response to every write. */
const setUp = async () => {
  const { name, view } = await openTable(service);
  // A client reads the address of the table at its first call.
  await view('sink').readShared();
  const node = await startLossyNode(service.endpoint, ({ operation }) => WRITES.includes(operation));
  vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', node.url);
  const lossy = openViews(name).view('sink');
  /** Operations of the calls through the lossy view. */
  const made = (): readonly string[] => node.seen.map((seen) => callOf(seen).operation);
  return { sure: view('sink'), lossy, made };
};

const BREAKER = breakerOf();
const AGAIN = breakerOf({ text: 'still away', probes: 1, probeAtMs: NOW_MS + 9_000 });

test('leasing a shard succeeds after a lost response', async () => {
  const { sure, lossy, made } = await setUp();
  expect(await lossy.segments.lease(1, 'one', NOW_MS + 9, NOW_MS, soonEnough())).toBe(true);
  expect(made()).toEqual(['UpdateItem', 'UpdateItem']);
  expect(await sure.segments.lease(1, 'two', NOW_MS + 9, NOW_MS, soonEnough())).toBe(false);
});

test('releasing a shard succeeds after a lost response', async () => {
  const { sure, lossy, made } = await setUp();
  await sure.segments.lease(1, 'one', NOW_MS + 9, NOW_MS, soonEnough());
  await lossy.segments.release(1, 'one', soonEnough());
  expect(made()).toEqual(['DeleteItem', 'DeleteItem']);
  expect(await sure.segments.lease(1, 'two', NOW_MS + 9, NOW_MS, soonEnough())).toBe(true);
});

test('opening a breaker succeeds after a lost response', async () => {
  const { sure, lossy, made } = await setUp();
  expect(await lossy.breakers.open(BREAKER)).toBe(true);
  expect(made()).toEqual(['PutItem', 'PutItem', 'GetItem']);
  expect((await sure.readShared()).breakers).toEqual([BREAKER]);
  expect(await lossy.breakers.open(breakerOf({ openedBy: 'two' }))).toBe(false);
});

test('leasing a probe succeeds after a lost response', async () => {
  const { sure, lossy, made } = await setUp();
  await sure.breakers.open(BREAKER);
  expect(await lossy.breakers.lease(BREAKER, 'one', NOW_MS + 9, NOW_MS)).toBe(true);
  expect(made()).toEqual(['UpdateItem', 'UpdateItem']);
  expect(await sure.breakers.lease(BREAKER, 'two', NOW_MS + 9, NOW_MS)).toBe(false);
});

test('reopening a breaker succeeds after a lost response', async () => {
  const { sure, lossy, made } = await setUp();
  await sure.breakers.open(BREAKER);
  await sure.breakers.lease(BREAKER, 'one', NOW_MS + 9, NOW_MS);
  expect(await lossy.breakers.reopen(AGAIN, 'one')).toBe(true);
  expect(made()).toEqual(['PutItem', 'PutItem']);
  expect((await sure.readShared()).breakers).toEqual([AGAIN]);
  // The lease was released.
  expect(await sure.breakers.lease(AGAIN, 'two', NOW_MS + 9, NOW_MS)).toBe(true);
});

test('closing a breaker succeeds after a lost response', async () => {
  const { sure, lossy, made } = await setUp();
  await sure.breakers.open(BREAKER);
  await sure.breakers.lease(BREAKER, 'one', NOW_MS + 9, NOW_MS);
  expect(await lossy.breakers.close('server', 'one')).toBe(true);
  expect(made()).toEqual(['DeleteItem', 'DeleteItem']);
  expect((await sure.readShared()).breakers).toEqual([]);
});

test('storing, rescheduling and deleting a segment and marking a message succeed after lost responses', async () => {
  const { sure, lossy, made } = await setUp();
  const entry = entryOf(1);
  await lossy.segments.putPayload(entry, segmentFor(entry), soonEnough());
  await lossy.segments.putEntry(entry, soonEnough());
  // The result is not used, because the next read returns the change.
  await lossy.segments.reschedule(entry, { wait: 'held', failures: 1, dueMs: 5 }, soonEnough());
  const changed = { ...entry, wait: 'held', failures: 1, dueMs: 5 };
  expect(await sure.segments.listEntries(3, soonEnough())).toEqual([changed]);
  await lossy.segments.deleteEntries([entry], soonEnough());
  await lossy.segments.deletePayloads([idOf(1)], soonEnough());
  expect(await sure.segments.listEntries(3, soonEnough())).toEqual([]);
  expect((await sure.segments.readPayloads([idOf(1)], soonEnough())).size).toBe(0);
  await lossy.unfinishedMarks.mark(new Map([['m', 2]]), soonEnough());
  expect(await sure.unfinishedMarks.read(['m'], soonEnough())).toEqual(new Map([['m', 2]]));
  expect(made()).toHaveLength(12);
});
