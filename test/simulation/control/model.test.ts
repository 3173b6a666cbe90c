/**
 * Checks the model, and the controller on it, with a few rows. `npm run simulate -- control` measures the whole table.
 */

import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { calibrate } from './calibration.ts';
import { measureRow, type Row, type RowPlan } from './measure.ts';

const USUAL = { invocations: 200, roundTripMs: 2, cores: 2, seeds: [24] } as const;
const row = (name: string, policy: string, more: Partial<RowPlan> = {}): Row =>
  measureRow({ ...USUAL, case: name, policy, ...more });

test('fits the model to the measured table with an error of less than a fifth', () => {
  const { rows, rmsErrorPercent } = calibrate();
  expect(rows.flatMap(({ modelled }) => modelled)).toHaveLength(18);
  expect(rmsErrorPercent).toBeGreaterThan(5);
  expect(rmsErrorPercent).toBeLessThan(20);
});

test('repeats a row of the model exactly with the same seed', () => {
  expect(row('one-instance', 'ours')).toEqual(row('one-instance', 'ours'));
});

describe('controller on the model', () => {
  test('keeps the server busy, its queue short, and the writes to the table few', () => {
    const { shareOfOracle, p99OverUnloaded, rejected, timedOut, ...units } = row('steady', 'ours');
    expect(shareOfOracle).toBeGreaterThan(0.9);
    expect(p99OverUnloaded).toBeLessThan(5);
    expect(rejected + timedOut).toBe(0);
    // The goal is 12 writes per million lines; 0.025 per invocation was the figure of the first simulation.
    expect(units.writesPerMillionLines).toBeLessThan(12);
    expect(units.writesPerInvocation).toBeLessThan(0.05);
    expect(units.writesPerInvocation).toBeGreaterThan(0);
  });
  test('keeps few requests waiting, unlike a constant batch size without a limit', () => {
    const [ours, fixed] = [
      row('steady', 'ours', { invocations: 800 }),
      row('steady', 'fixed-1000', { invocations: 800 }),
    ];
    expect(ours.p99Ms).toBeLessThan(fixed.p99Ms / 5);
    expect([ours.rejected, fixed.rejected > 1_000]).toEqual([0, true]);
    expect(ours.linesPerSecond).toBeGreaterThan(fixed.linesPerSecond);
  });
  test('causes no errors while the server is slow or the table is unavailable', () => {
    for (const name of ['slow', 'table-away']) {
      const { shareOfOracle, rejected, timedOut } = row(name, 'ours');
      expect([name, rejected + timedOut]).toEqual([name, 0]);
      expect(shareOfOracle).toBeGreaterThan(0.85);
    }
  });
  test('finds the concurrency limit from a distant start', () => {
    const wrong = 'wrong-maximum-concurrency';
    expect(row(wrong, 'ours', { maximumConcurrency: 250 }).p99OverUnloaded).toBeLessThan(5);
    const [low, kept] = ['ours', 'ours-mc5'].map((policy) => row(wrong, policy, { cores: 16, maximumConcurrency: 5 }));
    expect(low?.linesPerSecond).toBeGreaterThan(4 * (kept?.linesPerSecond ?? 0));
  });
  test('divides a server between a small and a large sink', () => {
    const { ratio } = row('two-sinks', 'ours', { invocations: 50 });
    expect(Math.max(ratio ?? 0, 1 / (ratio ?? 0))).toBeLessThan(1.5);
  });
});

test('prints the rows of the control simulation as one JSON object at the end', () => {
  const main = fileURLToPath(new URL('../main.ts', import.meta.url));
  const args = [main, 'control', '--case', 'one-instance', '--policy', 'ours,fixed-500', '--seeds', '24', '--json'];
  const last = execFileSync(process.execPath, args, { encoding: 'utf8' }).trimEnd().split('\n').at(-1) as string;
  const { cases } = JSON.parse(last);
  expect(cases.map(({ policy }: Row) => policy).sort()).toEqual(['fixed-500', 'ours']);
  expect(cases[0]).toMatchObject({ case: 'one-instance', shareOfOracle: expect.any(Number) });
});
