/** Items of a version to come, and such as have lost something: they are read as far as they can be, and never thrown at. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTableService, type TableService } from '../../local/table.ts';
import { measureBacklog } from '../../src/checkpoint/capacity.ts';
import { planDrain } from '../../src/checkpoint/drain/plan.ts';
import { type ControlReport, lowestMsOf, lowestPower } from '../../src/controller/report.ts';
import { decisionOf, reportOf } from '../contract/state-table/decisions.ts';
import { entryOf, idOf, NOW_MS, segmentFor, soonEnough, store } from '../contract/state-table/made-up.ts';
import { useAwsEnvironment } from './aws-access.ts';
import { openTable, type RawItem } from './open-table.ts';

let service: TableService;
beforeAll(async () => {
  service = await startTableService();
});
afterAll(() => service.close());
useAwsEnvironment(() => ({ AWS_ENDPOINT_URL_DYNAMODB: service.endpoint }));

const ENTRY = { pk: { S: 'buffer#sink#3' }, sk: { S: idOf(5) } };
const PAYLOAD = { pk: { S: `segment#sink#${idOf(5)}` }, sk: { S: 'payload' } };
const NOTHING_SAID = { lines: 0, bytes: 0, lineBytes: 0, savedAtMs: 0, failures: 0, dueMs: 0 };

/** Entries beside one of today's. */
const ENTRIES: readonly (readonly [what: string, item: RawItem, read: object])[] = [
  [
    'waits for a reason that is not known today',
    { id: { S: idOf(5) }, shard: { N: '3' }, format: { N: '2' }, wait: { S: 'paced' }, dueMs: { N: '7' } },
    { id: idOf(5), format: 2, wait: 'retry', dueMs: 7 },
  ],
  [
    'has a higher format, and attributes that are not known today',
    { format: { N: '99' }, bytes: { N: '12' }, parts: { L: [{ S: 'a' }] }, more: { M: {} } },
    { id: idOf(5), format: 99, bytes: 12 },
  ],
  ['says nothing but its key', {}, { ...NOTHING_SAID, id: idOf(5), shard: 3, format: Number.NaN, wait: 'retry' }],
  [
    'has other types in the old places',
    { id: { N: '5' }, shard: { S: 'x' }, format: { S: 'three' }, lines: { L: [] }, database: { BOOL: true } },
    { ...NOTHING_SAID, id: idOf(5), shard: 3, format: Number.NaN },
  ],
];

test.each(ENTRIES)('an entry is listed that %s', async (_, item, read) => {
  const { put, view } = await openTable(service);
  const today = entryOf(1);
  await store(view('sink'), today);
  await put({ ...ENTRY, ...item });
  const entries = await view('sink').segments.listEntries(3, soonEnough());
  expect(entries).toEqual([today, expect.objectContaining(read)]);
  // Summed up it must not spoil the sum, which has to be written.
  const waiting = measureBacklog(entries, NOW_MS);
  await view('sink').writeBacklog(waiting, soonEnough());
  expect((await view('sink').readShared()).backlog).toEqual(waiting);
  expect(waiting).toMatchObject({ segments: 2, shards: [3] });
  expect(waiting.bytes).toBeGreaterThanOrEqual(today.bytes);
});

test('an entry that does not tell its format is left alone, and one that does not tell more is tried', async () => {
  const { put, view } = await openTable(service);
  await put(ENTRY);
  await put({ ...ENTRY, sk: { S: idOf(6) }, format: { N: '2' } });
  const entries = await view('sink').segments.listEntries(3, soonEnough());
  const { groups, newer } = planDrain(entries, { nowMs: NOW_MS, batchLines: 100 });
  expect(newer.map(({ id }) => id)).toEqual([idOf(5)]);
  expect(groups.flatMap((group) => group.entries.map(({ id }) => id))).toEqual([idOf(6)]);
  // And is deleted where it lies.
  await view('sink').segments.deleteEntries(
    groups.flatMap((group) => group.entries),
    soonEnough(),
  );
  expect(await view('sink').segments.listEntries(3, soonEnough())).toHaveLength(1);
});

test('a payload that says nothing but its key is read and found under its id', async () => {
  const { put, view } = await openTable(service);
  const { segments, listPayloads } = view('sink');
  await put(PAYLOAD);
  await put({ ...PAYLOAD, pk: { S: `segment#sink#${idOf(6)}` }, sink: { S: 'sink' }, format: { N: '99' } });
  const read = await segments.readPayloads([idOf(5), idOf(6)], soonEnough());
  expect([...read].map(([id, { format, data }]) => [id, format, data.length]).sort()).toEqual([
    [idOf(5), Number.NaN, 0],
    [idOf(6), 99, 0],
  ]);
  // Whose it is cannot be guessed from a key: a name may hold anything.
  const { payloads } = await listPayloads(undefined, soonEnough());
  expect(payloads).toEqual([expect.objectContaining({ ...NOTHING_SAID, id: idOf(6), shard: 0, format: 99 })]);
  for (const { shard, id } of payloads) expect(await segments.hasEntry(shard, id, soonEnough())).toBe(false);
});

test('control is read beside what a version to come keeps there', async () => {
  const { put, view } = await openTable(service);
  const pk = { S: 'control#sink' };
  await put({ pk, sk: { S: 'decision' }, share: { N: '4' } });
  await put({ pk, sk: { S: 'breaker#target#db/' }, key: { S: 'target#db/' }, kind: { S: 'asleep' } });
  await put({ pk, sk: { S: 'waiting' }, segmentsByAge: { L: [] } });
  const { breakers, backlog: waiting } = await view('sink').readShared();
  // When it may be probed is not known: so nobody asks for the lease of its probe, which costs a write each time.
  expect(breakers).toEqual([expect.objectContaining({ key: 'target#db/', kind: 'asleep', probeAtMs: Number.NaN })]);
  expect(waiting).toEqual({ atMs: 0, bytes: 0, lines: 0, segments: 0, oldestMs: undefined, shards: [] });
});

test('marks and sinks that say nothing are none', async () => {
  const { put, view } = await openTable(service);
  await put({ pk: { S: 'suspect#sink#m' }, sk: { S: 'started' } });
  await put({ pk: { S: 'sinks' }, sk: { S: 'other' } });
  await put({ pk: { S: 'witness#sink' }, sk: { S: 'db/' } });
  expect([...(await view('sink').unfinishedMarks.read(['m'], soonEnough()))]).toEqual([['m', 0]]);
  expect(await view('sink').listSinks(soonEnough())).toEqual([
    { name: 'other', registeredAtMs: 0, flushedAtMs: undefined },
  ]);
  expect(await view('sink').referenceLines.read(segmentFor(entryOf(1)).target, soonEnough())).toBeUndefined();
});

test('a decision of a version to come is never written over, whatever its epoch', async () => {
  const { put, view } = await openTable(service);
  const newer = { pk: { S: 'control#sink' }, sk: { S: 'decision' }, format: { N: '2' }, epoch: { N: '5' } };
  await put({ ...newer, state: { S: '{"share":4}' } });
  for (const expected of [-1, 5]) expect(await view('sink').decisions.step(expected, decisionOf(6))).toBe('conflict');
  expect((await view('sink').readShared()).decision).toEqual({ format: 2, share: 4 });
});

test('a lowest latency too long to be added up is none: it must not look like one of no time at all', async () => {
  const { view } = await openTable(service);
  const { decisions } = view('sink');
  await decisions.report(1, { ...reportOf(1), lowestPowerSum: lowestPower(30_000), lowestCount: 1 });
  const found = (await decisions.reportsOf(1)) as ControlReport;
  expect([found.reports, found.lowestCount, lowestMsOf(found)]).toEqual([1, 0, undefined]);
});
