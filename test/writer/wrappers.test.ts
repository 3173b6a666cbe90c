/** Retries, creation of databases, and observation of attempts. Covers `src/writer`. */

import { describe, expect, test } from 'vitest';
import type { Outcome } from '../../src/sink/outcome.ts';
import type { Batch, Deadline, Writer } from '../../src/sink/ports.ts';
import { creatingDatabase } from '../../src/writer/creating-database.ts';
import { type Attempt, observed } from '../../src/writer/observed.ts';
import { backoffMs, type DelayClock, retrying } from '../../src/writer/retrying.ts';

const batch = (database = 'db'): Batch => ({
  target: { database, retentionPolicy: undefined },
  body: Buffer.from('m v=1 1\n'),
  lines: 1,
});
const within = (ms: number): Deadline => ({ remainingMs: () => ms, signal: new AbortController().signal });
const WRITTEN: Outcome = { kind: 'written' };
const AWAY: Outcome = { kind: 'unavailable', unexplained: true, text: 'x' };
const THROTTLED: Outcome = { kind: 'throttled', unexplained: false, text: 'x' };
const denied = (text: string, scope: 'server' | 'target' = 'server'): Outcome => ({ kind: 'denied', scope, text });
const missing: Outcome = { kind: 'misconfigured', databaseMissing: true, text: 'database not found' };

const scripted = (...script: Outcome[]): Writer & { calls: number } => ({
  calls: 0,
  async write() {
    this.calls += 1;
    return script[Math.min(this.calls, script.length) - 1] as Outcome;
  },
});

const pauses = (): DelayClock & { readonly slept: number[] } => {
  const slept: number[] = [];
  return {
    slept,
    random: () => 0.5,
    sleep: async (ms) => {
      slept.push(ms);
    },
  };
};

const OPTIONS = { attemptsMax: 4, baseMs: 100, capMs: 250 };

describe('retrying', () => {
  test('waits with full jitter before a retry, doubling up to the cap', async () => {
    const pause = pauses();
    const writer = scripted(AWAY, THROTTLED, AWAY, WRITTEN);
    expect(await retrying(pause, OPTIONS)(writer).write(batch(), within(60_000))).toEqual(WRITTEN);
    expect(pause.slept).toEqual([50, 100, 125]);
  });
  test('stops after the maximum number of attempts, the first one included', async () => {
    const writer = scripted(AWAY);
    expect(await retrying(pauses(), OPTIONS)(writer).write(batch(), within(60_000))).toEqual(AWAY);
    expect(writer.calls).toBe(4);
  });
  test('does not retry when the wait would end after the deadline', async () => {
    const writer = scripted(AWAY);
    await retrying(pauses(), OPTIONS)(writer).write(batch(), within(50));
    expect(writer.calls).toBe(1);
  });
  test.each<Outcome>([
    WRITTEN,
    { kind: 'refused', code: 'expired', text: 'x' },
    { kind: 'held', text: 'x' },
    { kind: 'too-large', text: 'x' },
    denied('401'),
    missing,
  ])('sends one request after the outcome "$kind", which a retry would not change', async (outcome) => {
    const writer = scripted(outcome);
    await retrying(pauses(), OPTIONS)(writer).write(batch(), within(60_000));
    expect(writer.calls).toBe(1);
  });
  test('draws the delay from the whole range between zero and the limit', () => {
    expect(
      [0, 0.5, 0.999].map((random) => backoffMs(3, random, { attemptsMax: 9, baseMs: 100, capMs: 10_000 })),
    ).toEqual([0, 200, 399]);
  });
});

describe('creating a database', () => {
  const maker = (made: boolean): { createDatabase: () => Promise<boolean>; calls: number } => ({
    calls: 0,
    async createDatabase() {
      this.calls += 1;
      return made;
    },
  });
  test('creates a missing database once, and then writes the batch', async () => {
    const make = maker(true);
    const pause = pauses();
    const made = new Set<string>();
    expect(
      await creatingDatabase(
        make,
        pause,
        made,
      )(scripted(missing, missing, missing, WRITTEN)).write(batch(), within(60_000)),
    ).toEqual(WRITTEN);
    expect([make.calls, pause.slept]).toEqual([1, [250, 250, 250]]);
    expect(await creatingDatabase(make, pause, made)(scripted(missing)).write(batch(), within(60_000))).toEqual(
      missing,
    );
    expect(make.calls).toBe(1);
  });
  test('repeats a write six times while the database is not ready, and creates it again with the next batch', async () => {
    const [make, pause, made, writer] = [maker(true), pauses(), new Set<string>(), scripted(missing)];
    const creating = creatingDatabase(make, pause, made)(writer);
    expect(await creating.write(batch(), within(60_000))).toEqual(missing);
    expect([writer.calls, pause.slept.length, [...made]]).toEqual([1 + 6, 6, []]);
    await creating.write(batch(), within(60_000));
    expect(make.calls).toBe(2);
  });
  test.each([
    [250, 0],
    [251, 6],
  ])('repeats a write with %d ms left %d times', async (ms, repeats) => {
    const pause = pauses();
    await creatingDatabase(maker(true), pause, new Set())(scripted(missing)).write(batch(), within(ms));
    expect(pause.slept).toHaveLength(repeats);
  });
  test('creates no database after an outcome of another kind', async () => {
    const make = maker(true);
    expect(await creatingDatabase(make, pauses(), new Set())(scripted(AWAY)).write(batch(), within(60_000))).toBe(AWAY);
    expect(make.calls).toBe(0);
  });
  test('creates no database after other outcomes, and returns the first outcome when creating fails', async () => {
    const make = maker(false);
    const other: Outcome = { ...missing, databaseMissing: false };
    expect(await creatingDatabase(make, pauses(), new Set())(scripted(other)).write(batch(), within(60_000))).toEqual(
      other,
    );
    expect(make.calls).toBe(0);
    expect(await creatingDatabase(make, pauses(), new Set())(scripted(missing)).write(batch(), within(60_000))).toEqual(
      missing,
    );
    expect(make.calls).toBe(1);
  });
});

test('observes every attempt separately, without the delays between them', async () => {
  const attempts: Attempt[] = [];
  let ms = 0;
  const writer = observed(
    () => (ms += 10),
    (attempt) => attempts.push(attempt),
  )(scripted(AWAY, WRITTEN));
  await retrying(pauses(), OPTIONS)(writer).write(batch(), within(60_000));
  expect(attempts.map(({ outcome, latencyMs, lines, bytes }) => [outcome.kind, latencyMs, lines, bytes])).toEqual([
    ['unavailable', 10, 1, 8],
    ['written', 10, 1, 8],
  ]);
});
