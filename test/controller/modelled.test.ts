/**
 * The controller on the model of server and event source. The tests define the results that a change of a constant must
 * keep.
 */

import { describe, expect, test } from 'vitest';
import { calibrate } from '../simulation/control/calibration.ts';
import { Events } from '../simulation/control/events.ts';
import { measureRow, type RowPlan } from '../simulation/control/measure.ts';
import { planRows } from '../simulation/control/plan.ts';

const row = (plan: Partial<RowPlan>) =>
  measureRow({ case: 'steady', policy: 'ours', invocations: 200, roundTripMs: 2, cores: 2, seeds: [31], ...plan });

describe('model of server and event source', () => {
  test('fits the model to the measured table', () => {
    expect(calibrate().rmsErrorPercent).toBeLessThan(20);
  });
  test('returns the same row for the same seed', () => {
    expect(row({ case: 'table-away' })).toEqual(row({ case: 'table-away' }));
  });
  test('runs the events of the model in order of time', () => {
    const events = new Events();
    const seen: number[] = [];
    for (const time of [5, 1, 3, 1, 4]) events.at(time, () => seen.push(events.now));
    events.runUntil(4);
    expect([seen, events.now]).toEqual([[1, 1, 3, 4], 4]);
  });
  test('plans no row twice', () => {
    const all = { cases: undefined, policies: undefined, invocations: undefined, cores: undefined };
    const rows = planRows({ quick: false, roundTripsMs: undefined, seeds: undefined, ...all });
    expect(new Set(rows.map((one) => JSON.stringify(one))).size).toBe(rows.length);
  });
});

describe('controller on the model', () => {
  test('keeps a server busy without filling its queue', () => {
    const { shareOfOracle, p99OverUnloaded, rejectedTotal, timedOutTotal, writesPerMillionLines } = row({});
    expect(shareOfOracle).toBeGreaterThan(0.91);
    expect(p99OverUnloaded).toBeLessThan(4.5);
    expect(rejectedTotal + timedOutTotal).toBe(0);
    expect(writesPerMillionLines).toBeLessThan(12);
  });
  test.each([
    [2, 250],
    [2, 5],
  ])('finds the best number of invocations for %d cores, starting from %d', (cores, maximumConcurrency) => {
    const { shareOfOracle, p99OverUnloaded } = row({ case: 'wrong-maximum-concurrency', cores, maximumConcurrency });
    expect(shareOfOracle).toBeGreaterThan(0.91);
    expect(p99OverUnloaded).toBeLessThan(4.6);
  });
  test('divides a server between two sinks', () => {
    expect(row({ case: 'two-sinks' }).ratio).toBeLessThan(1.3);
    const { ratio } = row({ case: 'two-sinks', policy: 'ours-share' });
    expect(ratio).toBeGreaterThan(0.5);
    expect(ratio).toBeLessThan(2);
  });
  test('recovers from a slow server and from an unavailable one', () => {
    const slow = row({ case: 'slow' });
    expect([slow.rejected, slow.timedOut]).toEqual([0, 0]);
    expect(slow.shareOfOracle).toBeGreaterThan(0.9);
    expect(slow.recoverySeconds).toBeLessThan(25);
    const away = row({ case: 'away' });
    expect(away.receivesPerMessageP99).toBeLessThanOrEqual(3);
    expect(away.recoverySeconds).toBeLessThan(15);
  });
  test('continues to control without its table', () => {
    const { shareOfOracle, rejectedTotal, timedOutTotal } = row({ case: 'table-away' });
    expect(shareOfOracle).toBeGreaterThan(0.88);
    expect(rejectedTotal + timedOutTotal).toBe(0);
  });
});
