/** A table that does not respond, is throttled, or returns invalid responses: the caller receives an error in time. */

import { expect, test, vi } from 'vitest';
import type { Deadline } from '../../src/sink/ports.ts';
import { decisionOf, reportOf } from '../contract/state-table/decisions.ts';
import { breakerOf, entryOf, idOf, NOW_MS, PLAIN, segmentFor, soonEnough } from '../contract/state-table/made-up.ts';
import { useAwsEnvironment } from './aws-access.ts';
import { answering, type Call, callOf, failing, silent } from './dynamodb-node.ts';
import { type Answer, startNode, within } from './nodes.ts';
import { openViews, type StateView } from './open-table.ts';

useAwsEnvironment(() => ({}));

const setUp = async (answer: Answer) => {
  const node = await startNode(answer);
  vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', node.url);
  return { node, view: openViews('state').view('sink') };
};

const ENTRY = entryOf(1);
const BACKLOG = { atMs: 1, bytes: 0, lines: 0, segments: 0, oldestMs: undefined, shards: [] };
const LETTER = { key: '0', body: 'x', attributes: {}, groupId: undefined, deduplicationId: 'd' };
const RETRY = { wait: 'retry', failures: 1, dueMs: 1 } as const;

/** Every call that receives a deadline. */
const CALLS: Readonly<Record<string, (view: StateView, deadline: Deadline) => Promise<unknown>>> = {
  putPayload: ({ segments }, deadline) => segments.putPayload(ENTRY, segmentFor(ENTRY), deadline),
  putEntry: ({ segments }, deadline) => segments.putEntry(ENTRY, deadline),
  listEntries: ({ segments }, deadline) => segments.listEntries(1, deadline),
  readPayloads: ({ segments }, deadline) => segments.readPayloads([idOf(1)], deadline),
  hasEntry: ({ segments }, deadline) => segments.hasEntry(1, idOf(1), deadline),
  reschedule: ({ segments }, deadline) => segments.reschedule(ENTRY, RETRY, deadline),
  deleteEntries: ({ segments }, deadline) => segments.deleteEntries([ENTRY], deadline),
  deletePayloads: ({ segments }, deadline) => segments.deletePayloads([idOf(1)], deadline),
  setAside: ({ segments }, deadline) => segments.setAside(idOf(1), segmentFor(ENTRY), 'broken', deadline),
  lease: ({ segments }, deadline) => segments.lease(1, 'one', 2, 1, deadline),
  release: ({ segments }, deadline) => segments.release(1, 'one', deadline),
  'read marks': ({ unfinishedMarks }, deadline) => unfinishedMarks.read(['m'], deadline),
  mark: ({ unfinishedMarks }, deadline) => unfinishedMarks.mark(new Map([['m', 1]]), deadline),
  unmark: ({ unfinishedMarks }, deadline) => unfinishedMarks.unmark(['m'], deadline),
  'read a reference line': ({ referenceLines }, deadline) => referenceLines.read(PLAIN, deadline),
  'keep a reference line': ({ referenceLines }, deadline) =>
    referenceLines.keep(PLAIN, Buffer.from('m v=1\n'), deadline),
  listPayloads: (view, deadline) => view.listPayloads(undefined, deadline),
  writeBacklog: (view, deadline) => view.writeBacklog(BACKLOG, deadline),
  writeLimit: (view, deadline) => view.writeLimit({ maximumConcurrency: 2, atMs: 1 }, deadline),
  registerSink: (view, deadline) => view.registerSink(1, deadline),
  registerFlush: (view, deadline) => view.registerFlush(1, deadline),
  listSinks: (view, deadline) => view.listSinks(deadline),
  hasBacklog: (view, deadline) => view.hasBacklog('other', deadline),
  keepDeadLetter: (view, deadline) => view.keepDeadLetter(LETTER, deadline),
};

/** Every call with the time limit of control calls. */
const CONTROL_CALLS: Readonly<Record<string, (view: StateView) => Promise<unknown>>> = {
  readShared: (view) => view.readShared(),
  open: ({ breakers }) => breakers.open(breakerOf()),
  'lease a probe': ({ breakers }) => breakers.lease(breakerOf(), 'one', NOW_MS + 1, NOW_MS),
  reopen: ({ breakers }) => breakers.reopen(breakerOf(), 'one'),
  close: ({ breakers }) => breakers.close('server', 'one'),
  report: ({ decisions }) => decisions.report(1, reportOf(1)),
  reportsOf: ({ decisions }) => decisions.reportsOf(1),
  step: ({ decisions }) => decisions.step(-1, decisionOf(1)),
};

/** Returns the result of a call, and its duration in milliseconds. */
const endOf = async (call: Promise<unknown>) => {
  const from = performance.now();
  const [{ status, ...end }] = await Promise.allSettled([call]);
  return { status, error: 'reason' in end ? (end.reason as Error) : undefined, tookMs: performance.now() - from };
};

test.each(Object.entries(CALLS))('%s fails at its deadline when the table does not respond', async (_, call) => {
  const { view } = await setUp(silent);
  const { error, tookMs } = await endOf(call(view, within(60)));
  expect(error).toMatchObject({ name: 'AbortError' });
  // Far below the limit of 5 s for any call to AWS.
  expect(tookMs).toBeLessThan(3_000);
});

test('data calls may take longer than the time limit of control calls', async () => {
  const { view } = await setUp((seen, response) => setTimeout(() => answering(() => ({}))(seen, response), 1_300));
  await view.segments.putEntry(ENTRY, soonEnough());
});

test('every control call fails after one second when the table does not respond', async () => {
  const { view } = await setUp(silent);
  const ends = await Promise.all(Object.values(CONTROL_CALLS).map((call) => endOf(call(view))));
  for (const { error, tookMs } of ends) {
    expect(error?.name).toMatch(/^(?:Abort|Timeout)Error$/);
    expect(tookMs).toBeGreaterThan(900);
    expect(tookMs).toBeLessThan(3_000);
  }
});

test('opening a breaker takes at most one second, although it may need two calls', async () => {
  const slowly: Answer = (seen, response) => {
    if (callOf(seen).operation === 'PutItem')
      setTimeout(() => failing('ConditionalCheckFailedException')(seen, response), 700);
  };
  const { view, node } = await setUp(slowly);
  const { error, tookMs } = await endOf(view.breakers.open(breakerOf()));
  expect(error?.name).toMatch(/^(?:Abort|Timeout)Error$/);
  expect(tookMs).toBeLessThan(1_600);
  expect(node.seen.map((seen) => callOf(seen).operation)).toEqual(['PutItem', 'GetItem']);
});

test('throttling by the table is an error for the caller of every call, and never a result', async () => {
  const name = 'ProvisionedThroughputExceededException';
  const { view, node } = await setUp(failing(name));
  const calls = Object.values(CALLS).map((call) => endOf(call(view, soonEnough())));
  for (const { error } of await Promise.all(calls)) expect(error).toMatchObject({ name });
  const controls = Object.values(CONTROL_CALLS).map((call) => endOf(call(view)));
  // Their time limit may pass before the third attempt.
  for (const { status } of await Promise.all(controls)) expect(status).toBe('rejected');
  const scans = node.seen.filter((seen) => callOf(seen).operation === 'Scan');
  expect(scans).toHaveLength(3);
});

test('a condition that does not hold is a result, and is not attempted again', async () => {
  const { view, node } = await setUp(failing('ConditionalCheckFailedException'));
  expect(await view.segments.lease(1, 'one', 2, 1, soonEnough())).toBe(false);
  expect(await view.segments.reschedule(ENTRY, RETRY, soonEnough())).toBe(false);
  expect(await view.segments.release(1, 'one', soonEnough())).toBeUndefined();
  expect(await view.breakers.lease(breakerOf(), 'one', 2, 1)).toBe(false);
  expect(await view.breakers.reopen(breakerOf(), 'one')).toBe(false);
  expect(await view.breakers.close('server', 'one')).toBe(false);
  expect(node.seen).toHaveLength(6);
});

test.each([
  ['a response that is not JSON', (_: unknown, response) => response.end('<html>Bad gateway</html>')],
  ['a failure without a name', (_: unknown, response) => response.writeHead(502).end('')],
] satisfies readonly (readonly [string, Answer])[])('%s is an error', async (_, answer) => {
  const { view } = await setUp(answer);
  for (const call of [CALLS.listEntries, CALLS.lease, CALLS.putPayload] as const)
    expect((await endOf(call?.(view, soonEnough()) as Promise<unknown>)).status).toBe('rejected');
});

/** No emulator shows the difference: without consistent reads, an item that was written a moment ago may be missing. */
test('payloads, entries and marks are read consistently', async () => {
  const { view, node } = await setUp(answering(() => ({})));
  await view.segments.readPayloads([idOf(1)], soonEnough());
  await view.segments.hasEntry(1, idOf(1), soonEnough());
  await view.unfinishedMarks.read(['m'], soonEnough());
  const consistent = ({ input }: Call): unknown => input.ConsistentRead ?? input.RequestItems.state.ConsistentRead;
  expect(node.seen.map((seen) => consistent(callOf(seen)))).toEqual([true, true, true]);
});
