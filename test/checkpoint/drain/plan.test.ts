/** The plan of a drain: which segments are due, and which are joined. Covers `src/checkpoint/drain/plan.ts`. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { planDrain } from '../../../src/checkpoint/drain/plan.ts';
import type { IndexEntry } from '../../../src/checkpoint/segment-store.ts';
import { targetKey } from '../../../src/sink/ports.ts';
import { entry, NOW_MS, target } from '../make.ts';

const OPTIONS = { nowMs: NOW_MS, batchLines: 100 };
const MIB = 1024 * 1024;

/** Returns the groups as indexes of the given entries. */
const planOf = (entries: readonly IndexEntry[]): number[][] =>
  planDrain(entries, OPTIONS).groups.map((group) => group.entries.map((one) => entries.indexOf(one)));

describe('due segments', () => {
  test('joins due segments of one target, oldest first, and keeps other targets separate', () => {
    const [x, y] = [target('x'), target('x', 'a week')];
    const entries = [x, y, x, y, x].map((to) => entry({ target: to }));
    expect(planOf(entries)).toEqual([
      [0, 2, 4],
      [1, 3],
    ]);
    expect(planOf([...entries].reverse())).toEqual([
      [4, 2, 0],
      [3, 1],
    ]);
  });
  test('joins due segments up to 4 MiB of lines', () => {
    const sizes = [2 * MIB, 2 * MIB, 1, 4 * MIB, 4 * MIB + 1, 1];
    expect(planOf(sizes.map((lineBytes) => entry({ lineBytes })))).toEqual([[0, 1], [2], [3], [4], [5]]);
  });
  test('plans exactly the segments that are due', () => {
    expect(planOf([NOW_MS + 1, NOW_MS, NOW_MS - 1].map((dueMs) => entry({ dueMs })))).toEqual([[1, 2]]);
  });
  test.each<[string, Partial<IndexEntry>]>([
    ['that has failed', { failures: 1 }],
    ['that needs isolation', { wait: 'isolate' }],
    ['that is held', { wait: 'held' }],
  ])('plans a segment %s as a separate group', (_, more) => {
    const entries = [entry(), entry(more), entry(more), entry()];
    expect(planOf(entries).sort()).toEqual([[0, 3], [1], [2]]);
  });
  test('drains segments that failed while others were written last', () => {
    const entries = [
      entry({ failures: 3 }),
      entry({ failures: 1, target: target('x') }),
      entry(),
      entry({ wait: 'held' }),
    ];
    expect(planOf(entries)).toEqual([[2], [3], [0], [1]]);
  });
});

describe('remainders', () => {
  const later = { wait: 'buffered', dueMs: NOW_MS + 1 } as const;
  test('drains remainders when they are due', () => {
    expect(planOf([entry({ ...later, lines: 99 })])).toEqual([]);
    expect(planOf([entry({ wait: 'buffered', lines: 1 })])).toEqual([[0]]);
  });
  test('drains remainders early when they fill a batch', () => {
    expect(planOf([entry({ ...later, lines: 60 }), entry({ ...later, lines: 40 })])).toEqual([[0, 1]]);
    expect(planOf([entry({ ...later, lines: 60 }), entry({ ...later, lines: 39 })])).toEqual([]);
  });
  test('does not count remainders of other targets or segments with other wait reasons toward a batch', () => {
    const others = [entry({ ...later, lines: 90, target: target('x') }), entry({ lines: 500, dueMs: NOW_MS + 1 })];
    expect(planOf([entry({ ...later, lines: 60 }), ...others])).toEqual([]);
  });
  test('does not drain remainders of a target early because those of another target fill a batch', () => {
    const entries = [entry({ ...later, lines: 100 }), entry({ ...later, lines: 60, target: target('x') })];
    expect(planOf(entries)).toEqual([[0]]);
  });
  test('joins remainders with due segments', () => {
    expect(planOf([entry({ ...later, lines: 100 }), entry()])).toEqual([[0, 1]]);
  });
});

test('reports segments of a newer format, and neither drains nor counts them', () => {
  const entries = [
    entry({ format: 3, wait: 'buffered', lines: 99, dueMs: NOW_MS + 1 }),
    entry({ wait: 'buffered', lines: 1, dueMs: NOW_MS + 1 }),
    entry({ format: Number.NaN }),
  ];
  expect(planDrain(entries, OPTIONS)).toEqual({ groups: [], newer: [entries[0], entries[2]] });
});

test('plans each segment at most once and never joins more than the limit, for any backlog', () => {
  const some = fc.record({
    wait: fc.constantFrom('retry', 'isolate', 'held', 'buffered'),
    target: fc.constantFrom(target('x'), target('y'), target('x', 'z')),
    failures: fc.constantFrom(0, 0, 0, 1, 5),
    dueMs: fc.constantFrom(NOW_MS - 1, NOW_MS, NOW_MS + 1),
    lines: fc.integer({ min: 1, max: 80 }),
    lineBytes: fc.integer({ min: 1, max: 3 * MIB }),
    format: fc.constantFrom(1, 2, 3),
  });
  fc.assert(
    fc.property(fc.array(some, { maxLength: 30 }), (all) => {
      const entries = all.map((more) => entry(more));
      const { groups, newer } = planDrain(entries, OPTIONS);
      const tried = groups.flatMap((group) => group.entries);
      expect(new Set(tried).size).toBe(tried.length);
      for (const one of entries) {
        const isTried = tried.includes(one);
        if (one.format === 3) expect([isTried, newer.includes(one)]).toEqual([false, true]);
        else if (one.dueMs <= NOW_MS) expect(isTried).toBe(true);
        else if (isTried) expect(one.wait).toBe('buffered');
      }
      for (const group of groups) {
        expect(new Set([group.target, ...group.entries.map((one) => one.target)].map(targetKey)).size).toBe(1);
        const bytes = group.entries.reduce((sum, one) => sum + one.lineBytes, 0);
        expect(group.entries.length === 1 || bytes <= 4 * MIB).toBe(true);
      }
    }),
  );
});
