/** Cases: the changes of sinks and server during a run, and the measured phases. */

import type { Change } from './run.ts';

const SECOND = 1_000;
/** Time after which batches have grown and the first change of the limit has taken effect. */
const WARM_MS = 90 * SECOND;
/** Time at the start of each phase in which errors are not counted. */
const SETTLE_MS = 30 * SECOND;

/** A part of a run with separate figures. */
export interface Phase {
  readonly name: string;
  readonly endMs: number;
  /** Whether the phase is part of the figures. */
  readonly measured: boolean;
}

/** A case, and how it differs from an endless backlog. */
export interface Case {
  readonly name: string;
  readonly title: string;
  readonly changes: readonly Change[];
  readonly phases: readonly Phase[];
  /** Server that the oracle is computed for. */
  readonly oracle: { readonly speed: number; readonly coresFactor: number };
  /** End of the disturbance, after which throughput must recover. */
  readonly recoversFromMs?: number;
  /** Maximum number of invocations, which takes precedence over the plan. */
  readonly invocations?: number;
  /** Invocations of a second sink on the same server. */
  readonly secondInvocations?: number;
  readonly inFlightMax?: number;
  readonly batchLinesMax?: number;
  /** Initial value of `MaximumConcurrency`. */
  readonly maximumConcurrency?: number;
  readonly burstLines?: number;
}

const SAME = { speed: 1, coresFactor: 1 };
const phase = (name: string, endMs: number, measured = false): Phase => ({ name, endMs, measured });
const steadyPhases = [phase('warm', WARM_MS), phase('steady', 2 * WARM_MS, true)];

const BURST_LINES = 30_000_000;

/** All cases. */
export const CASES: readonly Case[] = [
  { name: 'steady', title: 'An endless backlog', changes: [], phases: steadyPhases, oracle: SAME },
  {
    name: 'slow',
    title: 'The server is five times slower for 60 s',
    changes: [
      { fromMs: WARM_MS, speed: 0.2 },
      { fromMs: WARM_MS + 60 * SECOND, speed: 1 },
    ],
    phases: [
      phase('warm', WARM_MS),
      phase('slow', WARM_MS + 60 * SECOND, true),
      phase('after', WARM_MS + 120 * SECOND),
    ],
    oracle: { speed: 0.2, coresFactor: 1 },
    recoversFromMs: WARM_MS + 60 * SECOND,
  },
  {
    name: 'away',
    title: 'The server is silent for 60 s',
    changes: [
      { fromMs: WARM_MS, speed: 0 },
      { fromMs: WARM_MS + 60 * SECOND, speed: 1 },
    ],
    phases: [
      phase('warm', WARM_MS),
      phase('away', WARM_MS + 60 * SECOND),
      phase('after', WARM_MS + 150 * SECOND, true),
    ],
    oracle: SAME,
    recoversFromMs: WARM_MS + 60 * SECOND,
  },
  {
    name: 'doubled',
    title: 'The server gets twice as many cores',
    changes: [{ fromMs: WARM_MS, cores: 2 }],
    phases: [phase('warm', WARM_MS), phase('doubled', WARM_MS + 120 * SECOND, true)],
    oracle: { speed: 1, coresFactor: 2 },
    recoversFromMs: WARM_MS,
  },
  {
    name: 'idle-burst',
    title: 'No events for 90 s, then 30 million lines in one burst',
    changes: [
      { fromMs: 60 * SECOND, lines: 0 },
      { fromMs: 150 * SECOND, lines: BURST_LINES },
    ],
    phases: [phase('warm', 60 * SECOND), phase('idle', 150 * SECOND), phase('burst', 270 * SECOND, true)],
    oracle: SAME,
    burstLines: BURST_LINES,
  },
  {
    name: 'two-sinks',
    title: 'Two sinks of 50 and 800 invocations on one server',
    changes: [],
    phases: steadyPhases,
    oracle: SAME,
    invocations: 50,
    secondInvocations: 800,
  },
  {
    name: 'one-instance',
    title: 'One invocation at a time',
    changes: [],
    phases: steadyPhases,
    oracle: SAME,
    invocations: 1,
  },
  {
    name: 'fifo',
    title: 'A FIFO queue of five groups: one request of each, bodies below 64 KiB',
    changes: [],
    phases: steadyPhases,
    oracle: SAME,
    invocations: 5,
    inFlightMax: 1,
    batchLinesMax: 500,
  },
  {
    name: 'table-away',
    title: 'The state table is unavailable for 60 s while a change of MaximumConcurrency is in progress',
    changes: [
      { fromMs: 30 * SECOND, tableAway: true },
      { fromMs: 90 * SECOND, tableAway: false },
    ],
    phases: [phase('warm', 30 * SECOND), phase('away', 90 * SECOND, true), phase('after', 150 * SECOND)],
    oracle: SAME,
  },
  {
    name: 'wrong-maximum-concurrency',
    title: 'MaximumConcurrency is 250 for 2 cores, or 5 for 16',
    changes: [],
    phases: steadyPhases,
    oracle: SAME,
  },
];

/** Phases for the model. The start of each measured phase is separate, because its errors do not count. */
export const cutPhases = ({
  phases,
}: Case): readonly { readonly endMs: number; readonly phase: Phase; readonly early: boolean }[] =>
  phases.flatMap((one, index) => {
    const startMs = phases[index - 1]?.endMs ?? 0;
    return [
      { endMs: Math.min(startMs + SETTLE_MS, one.endMs), phase: one, early: true },
      { endMs: one.endMs, phase: one, early: false },
    ];
  });
