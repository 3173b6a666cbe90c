/** When `flush` makes another run, and when it ends. Covers `cli/flush/`. */

import { describe, expect, test } from 'vitest';
import { drainedBetween, type FlushEnd, type FlushState, flushEnd } from '../../cli/flush/flush-end.ts';
import { type FlushProgress, flushRuns } from '../../cli/flush/flush-runs.ts';
import { endText } from '../../cli/flush/flush-text.ts';
import { breakerOf, entryOf, NOW_MS } from '../contract/state-table/made-up.ts';

const due = (number: number) => entryOf(number, { dueMs: NOW_MS, lines: 10 });
const stateOf = (more: Partial<FlushState> = {}): FlushState => ({
  entries: [due(1)],
  breakers: [],
  hold: undefined,
  nowMs: NOW_MS,
  ...more,
});
const HOLD = { reason: 'an upgrade', sinceMs: NOW_MS - 60_000, untilMs: undefined };
const server = breakerOf({ probeAtMs: NOW_MS + 5_000, text: 'refused' });
const target = breakerOf({ key: 'target#db/', probeAtMs: NOW_MS - 1 });

describe('the end of the runs', () => {
  test.each<[string, Partial<FlushState>, number, FlushEnd | undefined]>([
    ['an empty table', { entries: [], hold: HOLD, breakers: [server] }, 0, { kind: 'empty' }],
    ['a hold', { hold: HOLD, breakers: [server] }, 0, { kind: 'paused', hold: HOLD }],
    ['an expired hold', { hold: { ...HOLD, untilMs: NOW_MS } }, 0, undefined],
    ['an open breaker of the server', { breakers: [target, server] }, 0, { kind: 'breaker-open', breaker: server }],
    ['a due probe', { breakers: [{ ...server, probeAtMs: NOW_MS }] }, 0, undefined],
    ['an open breaker of a target', { breakers: [target] }, 2, undefined],
    [
      'an open breaker after runs without a change',
      { breakers: [target] },
      3,
      { kind: 'breaker-open', breaker: target },
    ],
    ['two runs without a change', {}, 2, undefined],
    ['three runs without a change', {}, 3, { kind: 'no-progress' }],
    [
      'segments that are due later',
      { entries: [entryOf(1, { dueMs: NOW_MS + 9 }), entryOf(2, { dueMs: NOW_MS + 5 }), entryOf(3, { format: 99 })] },
      0,
      { kind: 'not-due', dueMs: NOW_MS + 5 },
    ],
    [
      'segments in a newer format',
      { entries: [entryOf(3, { format: 99, dueMs: 0 })] },
      0,
      { kind: 'not-due', dueMs: undefined },
    ],
  ])('is decided with %s', (_, state, idleRuns, end) => {
    expect(flushEnd(stateOf(state), idleRuns)).toEqual(end);
  });

  test.each<[FlushEnd, string]>([
    [{ kind: 'empty' }, 'The backlog is empty.'],
    [
      { kind: 'paused', hold: HOLD },
      'The sink is paused (began 60 s ago, until it is resumed: an upgrade). Run "resume" first.',
    ],
    [
      { kind: 'breaker-open', breaker: server },
      'The circuit breaker server is open (unavailable): refused\nThe next probe is in 5 s. The flush function drains the backlog after the breaker closes.',
    ],
    [{ kind: 'breaker-open', breaker: target }, 'A probe is due.'],
    [{ kind: 'not-due', dueMs: NOW_MS + 30_000 }, 'No remaining segment is due. The next one is due in 30 s.'],
    [{ kind: 'not-due', dueMs: undefined }, 'The remaining segments have a newer format.'],
    [{ kind: 'no-progress' }, 'Check its log.'],
    [{ kind: 'interrupted' }, 'Stopped on request.'],
  ])('%j is explained', (end, text) => {
    expect(endText(end, NOW_MS)).toContain(text);
  });
});

test('segments that left the table or were rescheduled are a change, and new segments are not', () => {
  const [one, two, three] = [due(1), due(2), due(3)];
  expect(drainedBetween([one, two], [two])).toEqual({ lines: 10, hasChanged: true });
  expect(drainedBetween([one], [{ ...one, dueMs: NOW_MS + 1 }])).toEqual({ lines: 0, hasChanged: true });
  expect(drainedBetween([one], [{ ...one, failures: 1 }])).toEqual({ lines: 0, hasChanged: true });
  expect(drainedBetween([one], [one, three])).toEqual({ lines: 0, hasChanged: false });
});

describe('runs', () => {
  /** A table whose state changes with each run, and what `flushRuns` did with it. */
  const flushed = async (states: readonly FlushState[], interruptAfter = Number.POSITIVE_INFINITY) => {
    let runs = 0;
    const shown: [FlushProgress, boolean][] = [];
    const outcome = await flushRuns({
      readState: async () => states[Math.min(runs, states.length - 1)] as FlushState,
      invoke: async () => {
        runs += 1;
      },
      isInterrupted: () => runs >= interruptAfter,
      onProgress: (progress, isRunning) => shown.push([progress, isRunning]),
      pause: async (signal) => {
        while (!signal.aborted) await Promise.resolve();
      },
    });
    return { outcome, shown, runs };
  };

  test('continue until the table is empty, and count the lines that left it', async () => {
    const { outcome, shown } = await flushed([
      stateOf({ entries: [due(1), due(2), due(3)] }),
      stateOf({ entries: [due(2), due(3)], nowMs: NOW_MS + 1_000 }),
      stateOf({ entries: [], nowMs: NOW_MS + 2_000 }),
    ]);
    const end = { kind: 'empty' };
    expect(outcome).toEqual({ end, segments: 0, lines: 0, drainedLines: 30, elapsedMs: 2_000, runs: 2 });
    expect(shown.map(([{ segments, lines, runs }]) => [segments, lines, runs])).toEqual([
      [3, 30, 0],
      [2, 20, 1],
      [0, 0, 2],
    ]);
  });

  test('stop after three runs that change nothing, and count again after a change', async () => {
    const [all, fewer] = [stateOf({ entries: [due(1), due(2)] }), stateOf({ entries: [due(2)] })];
    const { outcome, runs } = await flushed([all, all, all, fewer]);
    expect([outcome.end.kind, runs]).toEqual(['no-progress', 6]);
  });

  test('stop before the next run after an interruption', async () => {
    const { outcome, runs } = await flushed([stateOf()], 1);
    expect([outcome.end.kind, runs]).toEqual(['interrupted', 1]);
  });

  test('show the table during a run, and read it once more after its end', async () => {
    const states = [stateOf({ entries: [due(1), due(2)] }), stateOf({ entries: [due(2)] }), stateOf({ entries: [] })];
    let reads = 0;
    let end = (): void => undefined;
    const shown: string[] = [];
    const outcome = await flushRuns({
      readState: async () => states[Math.min(reads++, 2)] as FlushState,
      invoke: () =>
        new Promise((resolve) => {
          end = resolve;
        }),
      isInterrupted: () => false,
      onProgress: ({ segments }, isRunning) => {
        shown.push(`${segments} ${isRunning}`);
        if (isRunning) end();
      },
      pause: async () => undefined,
    });
    expect(shown.slice(0, 2)).toEqual(['2 false', '1 true']);
    expect([shown.at(-1), outcome.runs, outcome.end.kind]).toEqual(['0 false', 1, 'empty']);
  });

  test('end with the error of a run', async () => {
    const failing = flushRuns({
      readState: async () => stateOf(),
      invoke: async () => {
        throw new Error('no such function');
      },
      isInterrupted: () => false,
      onProgress: () => undefined,
      pause: async () => undefined,
    });
    await expect(failing).rejects.toThrow('no such function');
  });
});
