/**
 * The shared state and the composed writers of an instance. Covers `src/runtime/runtime.ts` and
 * `src/runtime/writer.ts`.
 */

import { beforeEach, describe, expect, test } from 'vitest';
import { SERVER } from '../../src/breaker/breaker.ts';
import type { Outcome } from '../../src/sink/outcome.ts';
import type { Attempt } from '../../src/writer/observed.ts';
import { batchOf, FOREVER } from '../checkpoint/make.ts';
import { AWAY, batchesOf, delivery, lineOf, REFUSED, SinkInMemory, WRONG_PASSWORD } from './sink-in-memory.ts';

let world: SinkInMemory;

beforeEach(() => {
  world = new SinkInMemory();
});

const readings = (): number => world.tableCalls.filter(({ name }) => name === 'readShared').length;
const NO_DATABASE: Outcome = { kind: 'misconfigured', databaseMissing: true, text: 'database not found' };

describe('shared state', () => {
  test('reads the shared state at most once in 1.5 s, regardless of the number of writes', async () => {
    const runtime = world.runtime({ settings: batchesOf(1) });
    await world.ingest(runtime, [delivery('a', [1, 2, 3, 4, 5])]);
    expect(readings()).toBe(1);
    world.clock.pass(1_499);
    await world.ingest(runtime, [delivery('a', [1, 2, 3])]);
    expect(readings()).toBe(1);
    world.clock.pass(1);
    await world.ingest(runtime, [delivery('a', [1, 2, 3])]);
    expect(readings()).toBe(2);
  });
  test('keeps the last shared state while the table cannot be read, and does not read it again at every write', async () => {
    world.answer = () => WRONG_PASSWORD;
    await world.ingest(world.runtime(), [delivery('a', [1])]);
    const other = world.runtime({ owner: 'other' });
    await other.syncIfDue();
    world.tableFault = ({ name }) => (name === 'readShared' ? 'refused' : undefined);
    world.clock.pass(2_000);
    world.takeJournal();
    await world.ingest(other, [delivery('b', [2])]);
    expect([other.isOpen(SERVER), world.journal, readings()]).toEqual([true, [], 3]);
    expect(world.warnings).toEqual(['Failed to read the shared state.']);
  });
});

describe('probes of nodes', () => {
  beforeEach(() => {
    world.nodes = {
      startDue: ({ database }) => world.journal.push(`probe nodes for ${database}`),
      finish: async () => {
        world.journal.push('finish probes of nodes');
      },
      unhealthyNodes: () => ['a', 'b'],
    };
  });

  test('begin before the writes of an invocation, and end with it', async () => {
    const runtime = world.runtime();
    await world.ingest(runtime, [delivery('a', [1])]);
    const nodes = world.journal.filter((call) => /nodes|write/.test(call));
    expect(nodes[0]).toMatch(/^probe nodes for /);
    expect(nodes.filter((call) => call === 'finish probes of nodes')).toHaveLength(1);
    expect(nodes.at(-1)).toBe('finish probes of nodes');
    expect(runtime.unhealthyNodes()).toBe(2);
  });
  test('begin in the runs of the flush function and without a state table', async () => {
    await world.flush(world.runtime());
    expect(world.journal).toContain('finish probes of nodes');
    world.takeJournal();
    await world.ingest(world.runtime({ table: false }), [delivery('a', [1])]);
    expect(world.journal.filter((call) => call.startsWith('probe nodes'))).not.toEqual([]);
  });
  test('end after an error', async () => {
    world.tableFault = ({ name }) => (name === 'listEntries' ? 'refused' : undefined);
    await expect(world.flush(world.runtime())).rejects.toThrow('refused');
    expect(world.journal).toContain('finish probes of nodes');
  });
  test('do not begin while the breaker of the server is open', async () => {
    world.answer = () => WRONG_PASSWORD;
    const runtime = world.runtime();
    await world.ingest(runtime, [delivery('a', [1])]);
    world.takeJournal();
    await world.ingest(runtime, [delivery('b', [2])]);
    expect(world.journal.filter((call) => call.startsWith('probe nodes'))).toEqual([]);
  });
});

describe('control I/O between requests', () => {
  /** Requests of an invocation or a flush run that take 2 s each, and readings of the shared state meanwhile. */
  const count = async (run: () => Promise<unknown>): Promise<{ requests: number; reads: number }> => {
    world.latencyMs = 2_000;
    world.takeJournal();
    const before = readings();
    await run();
    return { requests: world.givenMs.splice(0).length, reads: readings() - before };
  };

  test('reads the shared state before each batch of an invocation', async () => {
    const runtime = world.runtime({ settings: { ...batchesOf(1), inFlightMax: 1 } });
    const counts = await count(() => world.ingest(runtime, [delivery('a', [1, 2, 3, 4, 5])]));
    expect(counts).toEqual({ requests: 5, reads: 5 });
  });
  test('reads the shared state before each further piece of a refused batch', async () => {
    world.answer = (lines) => (lines.some((line) => line.includes('v=3')) ? REFUSED : { kind: 'written' });
    const counts = await count(() => world.ingest(world.runtime(), [delivery('a', [1, 2, 3, 4])]));
    // All four lines, each half, and each line of the second half.
    expect(counts).toEqual({ requests: 5, reads: 5 });
  });
  test('reads the shared state before each batch of a drain', async () => {
    for (const value of [1, 2, 3]) await world.wait([value], { shard: 0, id: `01KDVDNA0${value}CR961DJS96NHR6QE` });
    const runtime = world.runtime({ settings: { ...batchesOf(1), inFlightMax: 1 } });
    const counts = await count(() => world.flush(runtime));
    expect(counts).toEqual({ requests: 3, reads: 3 });
  });
  test('reads the shared state before each piece of a batch that failed without a reason', async () => {
    const failed: Outcome = { kind: 'unavailable', unexplained: true, text: 'HTTP 500' };
    await world.wait([1, 2], { failures: 5, wait: 'isolate' });
    world.answer = (lines) => (lines.length > 1 ? failed : { kind: 'written' });
    const counts = await count(() => world.flush(world.runtime()));
    // Both lines, an empty write in place of a reference line, and each line. The empty write is part of its piece.
    expect(counts).toEqual({ requests: 4, reads: 3 });
  });
});

describe('writer', () => {
  /** Writes one batch. Returns its outcome, its attempts, and the number of databases created. */
  const write = async (answers: readonly Outcome[], createDatabase: boolean) => {
    let request = 0;
    world.answer = () => answers[Math.min(request++, answers.length - 1)] as Outcome;
    const runtime = world.runtime({
      settings: { createDatabase, retry: { attemptsMax: 3, baseMs: 10, capMs: 10 } },
    });
    const attempts: Attempt[] = [];
    const outcome = await runtime.writers((one) => attempts.push(one)).writer.write(batchOf([lineOf(1)]), FOREVER);
    return { outcome: outcome.kind, attempts: attempts.map((one) => one.outcome.kind), made: world.databasesMade };
  };

  test('retries requests that may succeed, and observes each attempt', async () => {
    expect(await write([AWAY, AWAY, { kind: 'written' }], false)).toMatchObject({
      outcome: 'written',
      attempts: ['unavailable', 'unavailable', 'written'],
    });
  });
  test('creates a missing database if that is permitted, before a breaker counts the failure', async () => {
    expect(await write([NO_DATABASE, { kind: 'written' }], true)).toEqual({
      outcome: 'written',
      attempts: ['misconfigured', 'written'],
      made: 1,
    });
    expect(world.items.breakers.size).toBe(0);
  });
  test('creates no database if that is not permitted', async () => {
    expect(await write([NO_DATABASE], false)).toEqual({
      outcome: 'misconfigured',
      attempts: ['misconfigured'],
      made: 0,
    });
    expect(world.items.breakers.size).toBe(1);
  });
});

describe('database that could not be created at first', () => {
  const creating = { settings: { createDatabase: true } };
  /** The server does not let the sink create the database, and the database's breaker is open for all instances. */
  const missing = async () => {
    world.makesDatabases = false;
    world.answer = () => (world.makesDatabases && world.databasesMade > 1 ? { kind: 'written' } : NO_DATABASE);
    const runtime = world.runtime(creating);
    await world.ingest(runtime, [delivery('a', [1])]);
    expect([world.databasesMade, world.items.breakers.size]).toEqual([1, 1]);
    return runtime;
  };

  test('tries to create a missing database only with the probes of its breaker', async () => {
    const runtime = await missing();
    world.clock.pass(1_000);
    await world.ingest(runtime, [delivery('b', [2])]);
    expect(world.databasesMade).toBe(1);
    world.clock.pass(1_500);
    await world.ingest(runtime, [delivery('c', [3])]);
    expect([world.databasesMade, world.items.breakers.size]).toEqual([2, 1]);
  });
  test.each(['ingest', 'flush'] as const)(
    'creates a missing database in a run of %s when the server allows it, and writes the backlog',
    async (by) => {
      await missing();
      world.makesDatabases = true;
      world.clock.pass(2_500);
      const other = world.runtime({ ...creating, owner: 'other' });
      if (by === 'ingest') await world.ingest(other, [delivery('b', [2])]);
      await world.flush(other);
      expect([world.databasesMade, world.items.breakers.size, world.stored.has(lineOf(1))]).toEqual([2, 0, true]);
    },
  );
});

test('stores and drains nothing and keeps breakers local without a state table', async () => {
  const runtime = world.runtime({ table: false });
  expect(runtime.checkpoint).toBeUndefined();
  world.answer = () => WRONG_PASSWORD;
  const { report, drained } = await world.ingest(runtime, [delivery('a', [1])]);
  expect([report.returned, drained, runtime.isOpen(SERVER)]).toEqual([[0], undefined, true]);
  expect([world.tableCalls, world.items.breakers.size]).toEqual([[], 0]);
});
