/** Expiry of items: DynamoDB deletes every item whose `expiresAt` has passed, because the template enables it. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTableService, type TableService } from '../../local/table.ts';
import { decisionOf, reportOf } from '../contract/state-table/decisions.ts';
import {
  breakerOf,
  entryOf,
  idOf,
  NOW_MS,
  PLAIN,
  segmentFor,
  soonEnough,
  store,
} from '../contract/state-table/made-up.ts';
import { useAwsEnvironment } from './aws-access.ts';
import { openTable, type RawItem, type StateView } from './open-table.ts';

let service: TableService;
beforeAll(async () => {
  service = await startTableService();
});
afterAll(() => service.close());
useAwsEnvironment(() => ({ AWS_ENDPOINT_URL_DYNAMODB: service.endpoint }));

const BACKLOG = { atMs: NOW_MS, bytes: 1, lines: 1, segments: 1, oldestMs: NOW_MS, shards: [3] };

/** Makes every call that writes, so that the table contains each kind of item. */
const useAll = async (view: StateView): Promise<void> => {
  const { segments, breakers, unfinishedMarks, referenceLines } = view;
  await store(view, entryOf(1));
  await segments.reschedule(entryOf(1), { wait: 'held', failures: 1, dueMs: 1 }, soonEnough());
  await segments.setAside(idOf(2), segmentFor(entryOf(2)), 'broken', soonEnough());
  await segments.lease(3, 'one', NOW_MS + 9, NOW_MS, soonEnough());
  await breakers.open(breakerOf());
  await breakers.lease(breakerOf(), 'one', NOW_MS + 9, NOW_MS);
  await breakers.open(breakerOf({ key: 'target#db/' }));
  await breakers.lease(breakerOf({ key: 'target#db/' }), 'one', NOW_MS + 9, NOW_MS);
  await breakers.reopen(breakerOf({ key: 'target#db/', probes: 1 }), 'one');
  await unfinishedMarks.mark(new Map(Object.entries({ one: 1, two: 2 })), soonEnough());
  await referenceLines.keep(PLAIN, Buffer.from('m v=1 1\n'), soonEnough());
  await view.writeBacklog(BACKLOG, soonEnough());
  await view.decisions.report(1, reportOf(1));
  await view.decisions.step(-1, decisionOf(1));
  await view.writeLimit({ maximumConcurrency: 20, atMs: NOW_MS }, soonEnough());
  await view.registerSink(NOW_MS, soonEnough());
  await view.registerFlush(NOW_MS, soonEnough());
  const attributes = { reason: 'too-large', detail: 'body: 2 MiB', origin: '{}' };
  await view.keepDeadLetter(
    { key: '0', body: 'x', attributes, groupId: undefined, deduplicationId: 'd' },
    soonEnough(),
  );
};

const kindOf = ({ pk }: RawItem): string => pk?.S?.split('#')[0] ?? '';

/** The time in seconds, as in `expiresAt`. */
const NOW_SECONDS = NOW_MS / 1_000;
const DAY_SECONDS = 24 * 3_600;
/** Maximum retention of SQS. */
const MESSAGE_DAYS_MAX = 14;

test('marks expire after the longest retention of a message, reports after an hour, and other items never', async () => {
  const { view, items } = await openTable(service, { nowMs: () => NOW_MS, sleep: async () => undefined });
  await useAll(view('sink'));
  const all = await items();
  expect([...new Set(all.map(kindOf))].sort()).toEqual([
    'buffer',
    'control',
    'damaged',
    'lease',
    'letter',
    'report',
    'segment',
    'sinks',
    'suspect',
    'witness',
  ]);
  const marks = all.filter((item) => kindOf(item) === 'suspect');
  expect(marks).toHaveLength(2);
  for (const { expiresAt } of marks) {
    expect(Number(expiresAt?.N)).toBeGreaterThan(NOW_SECONDS + MESSAGE_DAYS_MAX * DAY_SECONDS);
    expect(Number(expiresAt?.N)).toBeLessThan(NOW_SECONDS + 2 * MESSAGE_DAYS_MAX * DAY_SECONDS);
    expect(Number.isInteger(Number(expiresAt?.N))).toBe(true);
  }
  const reports = all.filter((item) => kindOf(item) === 'report');
  expect(reports.map(({ expiresAt }) => Number(expiresAt?.N) - NOW_SECONDS)).toEqual([3_600]);
  expect(new Set(all.filter((item) => 'expiresAt' in item))).toEqual(new Set([...marks, ...reports]));
});
