/** Items of a newer version, and items with missing attributes: reading them never throws. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTableService, type TableService } from '../../local/table.ts';
import { type Hold, onHoldOutcome } from '../../src/breaker/hold.ts';
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
const MISSING = { lines: 0, bytes: 0, lineBytes: 0, savedAtMs: 0, failures: 0, dueMs: 0 };

/** Entries that are stored next to a normal one, and how they are read. */
const ENTRIES: readonly (readonly [what: string, item: RawItem, read: object])[] = [
  [
    'with an unknown wait reason',
    { id: { S: idOf(5) }, shard: { N: '3' }, format: { N: '2' }, wait: { S: 'paced' }, dueMs: { N: '7' } },
    { id: idOf(5), format: 2, wait: 'retry', dueMs: 7 },
  ],
  [
    'with a higher format and unknown attributes',
    { format: { N: '99' }, bytes: { N: '12' }, parts: { L: [{ S: 'a' }] }, more: { M: {} } },
    { id: idOf(5), format: 99, bytes: 12 },
  ],
  [
    'without attributes other than its key',
    {},
    { ...MISSING, id: idOf(5), shard: 3, format: Number.NaN, wait: 'retry' },
  ],
  [
    'with attributes of other types',
    { id: { N: '5' }, shard: { S: 'x' }, format: { S: 'three' }, lines: { L: [] }, database: { BOOL: true } },
    { ...MISSING, id: idOf(5), shard: 3, format: Number.NaN },
  ],
];

test.each(ENTRIES)('an entry %s is listed, and does not break the backlog measurement', async (_, item, read) => {
  const { put, view } = await openTable(service);
  const normal = entryOf(1);
  await store(view('sink'), normal);
  await put({ ...ENTRY, ...item });
  const entries = await view('sink').segments.listEntries(3, soonEnough());
  expect(entries).toEqual([normal, expect.objectContaining(read)]);
  // The measured backlog must remain valid, because it is written to the table.
  const backlog = measureBacklog(entries, NOW_MS);
  await view('sink').writeBacklog(backlog, soonEnough());
  expect((await view('sink').readShared()).backlog).toEqual(backlog);
  expect(backlog).toMatchObject({ segments: 2, shards: [3] });
  expect(backlog.bytes).toBeGreaterThanOrEqual(normal.bytes);
});

test('an entry without a format is left unchanged, and an entry with a format only is drained', async () => {
  const { put, view } = await openTable(service);
  await put(ENTRY);
  await put({ ...ENTRY, sk: { S: idOf(6) }, format: { N: '2' } });
  const entries = await view('sink').segments.listEntries(3, soonEnough());
  const { groups, newer } = planDrain(entries, { nowMs: NOW_MS, batchLines: 100 });
  expect(newer.map(({ id }) => id)).toEqual([idOf(5)]);
  expect(groups.flatMap((group) => group.entries.map(({ id }) => id))).toEqual([idOf(6)]);
  // It is deleted under the key where it was found.
  await view('sink').segments.deleteEntries(
    groups.flatMap((group) => group.entries),
    soonEnough(),
  );
  expect(await view('sink').segments.listEntries(3, soonEnough())).toHaveLength(1);
});

test('a payload without attributes is read by its id, and listed if it names its sink', async () => {
  const { put, view } = await openTable(service);
  const { segments, listPayloads } = view('sink');
  await put(PAYLOAD);
  await put({ ...PAYLOAD, pk: { S: `segment#sink#${idOf(6)}` }, sink: { S: 'sink' }, format: { N: '99' } });
  const read = await segments.readPayloads([idOf(5), idOf(6)], soonEnough());
  expect([...read].map(([id, { format, data }]) => [id, format, data.length]).sort()).toEqual([
    [idOf(5), Number.NaN, 0],
    [idOf(6), 99, 0],
  ]);
  // The key does not identify the sink, because a name may contain any character.
  const { payloads } = await listPayloads(undefined, soonEnough());
  expect(payloads).toEqual([expect.objectContaining({ ...MISSING, id: idOf(6), shard: 0, format: 99 })]);
  for (const { shard, id } of payloads) expect(await segments.hasEntry(shard, id, soonEnough())).toBe(false);
});

test('shared state of a newer version is read without its unknown attributes', async () => {
  const { put, view } = await openTable(service);
  const pk = { S: 'control#sink' };
  await put({ pk, sk: { S: 'decision' }, share: { N: '4' } });
  await put({ pk, sk: { S: 'breaker#target#db/' }, key: { S: 'target#db/' }, kind: { S: 'asleep' } });
  await put({ pk, sk: { S: 'waiting' }, segmentsByAge: { L: [] } });
  const { breakers, backlog } = await view('sink').readShared();
  // The probe time is unknown. NaN is never due, so no instance tries to lease the probe, which would cost a write each
  // time.
  expect(breakers).toEqual([expect.objectContaining({ key: 'target#db/', kind: 'asleep', probeAtMs: Number.NaN })]);
  expect(backlog).toEqual({ atMs: 0, bytes: 0, lines: 0, segments: 0, oldestMs: undefined, shards: [] });
});

test('a hold without attributes, or with times that no date can have, is read as one that instances can obey', async () => {
  const { put, view } = await openTable(service);
  const key = { pk: { S: 'control#sink' }, sk: { S: 'hold' } };
  await put({ ...key, tickets: { L: [] } });
  expect((await view('sink').readShared()).hold).toEqual({ reason: '', sinceMs: 0, untilMs: undefined });
  await put({ ...key, sinceMs: { N: '1e20' }, untilMs: { N: '1e20' } });
  const { hold } = await view('sink').readShared();
  expect(hold).toMatchObject({ sinceMs: 8.64e15, untilMs: 8.64e15 });
  expect(onHoldOutcome(hold as Hold).kind).toBe('withheld');
});

test('marks, sinks and reference lines without attributes are read as empty', async () => {
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

test('a decision of a newer version is never overwritten, whatever its epoch', async () => {
  const { put, view } = await openTable(service);
  const newer = { pk: { S: 'control#sink' }, sk: { S: 'decision' }, format: { N: '2' }, epoch: { N: '5' } };
  await put({ ...newer, state: { S: '{"share":4}' } });
  for (const expected of [-1, 5]) expect(await view('sink').decisions.step(expected, decisionOf(6))).toBe('conflict');
  expect((await view('sink').readShared()).decision).toEqual({ format: 2, share: 4 });
});

test('a lowest latency that is too long to be added is left out, so that it does not look like 0 ms', async () => {
  const { view } = await openTable(service);
  const { decisions } = view('sink');
  await decisions.report(1, { ...reportOf(1), lowestPowerSum: lowestPower(30_000), lowestCount: 1 });
  const found = (await decisions.reportsOf(1)) as ControlReport;
  expect([found.attempts, found.lowestCount, lowestMsOf(found)]).toEqual([7.25, 0, undefined]);
});
