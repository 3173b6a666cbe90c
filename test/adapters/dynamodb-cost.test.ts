/**
 * Cost of the state table in write and read units, as the emulators count them. docs/operating/limits-and-costs.md
 * contains these figures ("What the state table costs").
 */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTableService, type TableService } from '../../local/table.ts';
import { systemClock } from '../../src/adapters/clock.ts';
import { ownedLines } from '../../src/checkpoint/format/owned-lines.ts';
import { type FlushResult, flush } from '../../src/flush/flush.ts';
import { Runtime } from '../../src/runtime/runtime.ts';
import type { StateTable } from '../../src/runtime/state-table.ts';
import { decisionOf, reportOf } from '../contract/state-table/decisions.ts';
import {
  breakerOf,
  entryOf,
  idOf,
  NOW_MS,
  PLAIN,
  putEntry,
  putPayload,
  soonEnough,
} from '../contract/state-table/made-up.ts';
import type { TableView } from '../contract/table-view.ts';
import { USUAL_OPTIONS } from '../controller/usual-options.ts';
import { message, noise } from '../sink/make.ts';
import { useAwsEnvironment } from './aws-access.ts';
import { itemBytes, meter, type Spent } from './capacity-meter.ts';
import { DYNAMODB_LOCAL, HAS_JAVA, startDynamoDbLocal } from './dynamodb-local.ts';
import { type OpenTable, openTable } from './open-table.ts';

const KB = 1_024;
const unitsOf = (bytes: number): number => Math.ceil(bytes / KB);

/** An instance of the sink on this table, with a server that accepts everything. */
const runtimeOn = (state: StateTable): Runtime =>
  new Runtime(
    {
      converter: {
        mapping: undefined,
        converter: 'line',
        decode: { input: 'auto', messageBytesMax: KB },
        target: PLAIN,
      },
      batch: USUAL_OPTIONS.batch,
      adaptive: true,
      batchBytes: KB * KB,
      inFlightMax: 4,
      invocationBytesMax: KB * KB,
      requestMs: 15_000,
      retry: { attemptsMax: 1, baseMs: 1, capMs: 1 },
      createDatabase: false,
      flushIntervalMs: 0,
      checkpointBytesMax: KB * KB * KB,
      sinkVersion: 'test',
    },
    {
      clock: systemClock,
      server: { write: async () => ({ kind: 'written' }), createDatabase: async () => true },
      credentialsMark: async () => '',
      deadLetters: undefined,
      state,
      events: {
        breakerOpened: () => undefined,
        breakerClosed: () => undefined,
        stepped: () => undefined,
        warning: (message, facts) => {
          throw new Error(`${message}: ${JSON.stringify(facts)}`);
        },
        segmentDamaged: ({ segment, damage }) => {
          throw new Error(`${segment}: ${damage}`);
        },
      },
      owner: 'one',
    },
  );

/** Lines that can hardly be compressed. */
const linesOf = (bytes: number) => {
  const values =
    noise(bytes)
      .replaceAll(/["\\]/g, '')
      .match(/.{1,480}/g) ?? [];
  const owners = new Uint32Array(values.length);
  return ownedLines(PLAIN, Buffer.from(values.map((value) => `m v="${value}" 1\n`).join('')), owners, owners);
};

const save = (runtime: Runtime, bytes: number): Promise<boolean> | undefined =>
  runtime.checkpoint?.save(linesOf(bytes), 'retry', [message('')], soonEnough());

const run = (runtime: Runtime, view: TableView): Promise<FlushResult> =>
  flush(runtime, { segments: view.segments, table: view, orphans: { from: undefined } }, 60_000);

const payloadOf = async ({ items }: OpenTable) => (await items()).find(({ pk }) => pk?.S?.startsWith('segment#')) ?? {};

const setUp = async (service: TableService) => {
  const table = await openTable(service);
  const view = table.view('sink');
  return { table, view, spent: meter(table.client) };
};

/** Reads: shared state; 16 shards, before and after; the scan for orphans; the list of sinks. */
const IDLE_RUN = { writes: 2, reads: 0.5 * (1 + 16 + 16 + 1 + 1), refused: 0 };

const costContract = (start: () => Promise<TableService>): void => {
  let service: TableService;
  beforeAll(async () => {
    service = await start();
  });
  afterAll(() => service.close());
  useAwsEnvironment(() => ({ AWS_ENDPOINT_URL_DYNAMODB: service.endpoint }));

  segmentCosts(() => service);
  runCosts(() => service);
  controlCosts(() => service);
};

const segmentCosts = (service: () => TableService): void => {
  test('a refused lease costs one write', async () => {
    const { table, view, spent } = await setUp(service());
    const lease = (owner: string) => view.segments.lease(15, owner.repeat(36), NOW_MS + 1, NOW_MS, soonEnough());
    await lease('1');
    expect(await spent.of(() => lease('2'))).toEqual({ writes: 0, reads: 0, calls: { UpdateItem: 1 }, refused: 1 });
    // DynamoDB charges a refused write by the size of the stored item, here less than 1 KB.
    const [item = {}] = await table.items();
    expect(unitsOf(itemBytes(item))).toBe(1);
  });

  test.each([1, 10, 100, 350])(
    'storing or deleting a segment with an item of %d KB costs that number of write units, plus one for its entry',
    async (kilobytes) => {
      const { table, view, spent } = await setUp(service());
      const entry = entryOf(1, { bytes: kilobytes * KB - 512 });
      expect(await spent.of(() => putPayload(view, entry, entry.bytes))).toMatchObject({ writes: kilobytes });
      expect(await spent.of(() => putEntry(view, entry))).toMatchObject({ writes: 1 });
      // The attributes other than the data never have more than half a kilobyte, unless names are long.
      expect(itemBytes(await payloadOf(table)) - entry.bytes).toBeLessThan(512);
      const deleted = await spent.of(async () => {
        await view.segments.deleteEntries([entry], soonEnough());
        await view.segments.deletePayloads([idOf(1)], soonEnough());
      });
      expect(deleted).toMatchObject({ writes: kilobytes + 1 });
    },
  );

  test('saving lines costs their packed size plus an entry, and the first time one write for registering the sink', async () => {
    const { table, view, spent } = await setUp(service());
    const runtime = runtimeOn(view);
    const first = await spent.of(() => save(runtime, 40_000) ?? Promise.reject());
    const units = unitsOf(itemBytes(await payloadOf(table)));
    expect(units).toBeGreaterThan(25);
    expect(first).toMatchObject({ writes: 1 + units + 1, reads: 0, calls: { UpdateItem: 1, PutItem: 2 } });
    const second = await spent.of(() => save(runtime, 40_000) ?? Promise.reject());
    expect(second).toMatchObject({ writes: units + 1, reads: 0 });
  });
};

const runCosts = (service: () => TableService): void => {
  test('draining a segment costs its size once more, and two writes for the lease', async () => {
    const { table, view, spent } = await setUp(service());
    const runtime = runtimeOn(view);
    await save(runtime, 40_000);
    const units = unitsOf(itemBytes(await payloadOf(table)));
    let result: FlushResult | undefined;
    const drained = await spent.of(async () => {
      result = await run(runtime, view);
    });
    expect(result?.drained).toMatchObject({ segmentsSettled: 1, leased: 1 });
    // Lease, entry, payload, release; a reference line, once per instance; and the two writes of every run.
    expect(drained.writes).toBe(1 + 1 + units + 1 + 1 + 2);
    expect(drained.calls).toMatchObject({ BatchGetItem: 1, BatchWriteItem: 2 });
    // The payload is read consistently: one unit for 4 KB. Its shard is listed twice more.
    expect(drained.reads).toBe(IDLE_RUN.reads + Math.ceil(units / 4) + 2 * 0.5);
  });

  test('a run of the flush function without a backlog costs two writes', async () => {
    const { view, spent } = await setUp(service());
    const runtime = runtimeOn(view);
    await run(runtime, view);
    const idle: Spent[] = [];
    for (let time = 0; time < 2; time++) idle.push(await spent.of(() => run(runtimeOn(view), view)));
    for (const one of idle)
      expect(one).toEqual({ ...IDLE_RUN, calls: { Query: 34, Scan: 1, PutItem: 1, UpdateItem: 1 } });
  });

  test('a normal invocation costs no write units and half a read unit', async () => {
    const { view, spent } = await setUp(service());
    const runtime = runtimeOn(view);
    await run(runtime, view);
    const fresh = runtimeOn(view);
    const spentBy = await spent.of(async () => {
      await fresh.beginInvocation(fresh.writers(() => undefined).probe, soonEnough());
      await fresh.endInvocation(soonEnough());
    });
    expect(spentBy).toEqual({ writes: 0, reads: 0.5, calls: { Query: 1 }, refused: 0 });
  });
};

const controlCosts = (service: () => TableService): void => {
  test('a report and a step of the controller cost one write each, whatever their size', async () => {
    const { view, spent } = await setUp(service());
    const { decisions } = view;
    const full = { earlier: Array.from({ length: 3 }, (_, place) => ({ epoch: place, reasons: ['x'.repeat(100)] })) };
    const report = await spent.of(() => decisions.report(1, reportOf(3)));
    const again = await spent.of(() => decisions.report(1, reportOf(4)));
    const first = await spent.of(() => decisions.step(-1, decisionOf(1, full)));
    const second = await spent.of(() => decisions.step(1, decisionOf(2, full)));
    for (const one of [report, again, first, second]) expect(one).toMatchObject({ writes: 1, reads: 0 });
    expect(await spent.of(() => decisions.reportsOf(1))).toMatchObject({ writes: 0, reads: 0.5 });
    // After another instance made the step, DynamoDB still charges one write unit. The emulators count none.
    expect(await spent.of(() => decisions.step(1, decisionOf(2)))).toMatchObject({ refused: 1 });
  });

  test('each transition of a breaker and each mark costs one write', async () => {
    const { view, spent } = await setUp(service());
    const { breakers, unfinishedMarks } = view;
    const again = breakerOf({ probes: 1, probeAtMs: NOW_MS + 9 });
    const steps: Readonly<Record<string, () => Promise<unknown>>> = {
      open: () => breakers.open(breakerOf()),
      lease: () => breakers.lease(breakerOf(), 'one', NOW_MS + 9, NOW_MS),
      reopen: () => breakers.reopen(again, 'one'),
      'lease again': () => breakers.lease(again, 'one', NOW_MS + 9, NOW_MS),
      close: () => breakers.close('server', 'one'),
      mark: () => unfinishedMarks.mark(new Map([['m', 1]]), soonEnough()),
      unmark: () => unfinishedMarks.unmark(['m'], soonEnough()),
    };
    for (const [step, work] of Object.entries(steps))
      expect(await spent.of(work), step).toMatchObject({ writes: 1, reads: 0, refused: 0 });
    await breakers.open(breakerOf());
    const late = await spent.of(() => breakers.open(breakerOf({ openedBy: 'two' })));
    expect(late).toEqual({ writes: 0, reads: 1, calls: { PutItem: 1, GetItem: 1 }, refused: 1 });
    await unfinishedMarks.mark(new Map([['m', 1]]), soonEnough());
    expect(await spent.of(() => unfinishedMarks.read(['m'], soonEnough()))).toMatchObject({ writes: 0, reads: 1 });
  });
};

describe('on dynalite', () => costContract(startTableService));

describe.skipIf(!HAS_JAVA)(`on ${DYNAMODB_LOCAL}`, () => costContract(startDynamoDbLocal));
