/** The best result of a constant batch size and a constant concurrency, found by a sweep on the same model and seed. */

import { fixed } from './policies/fixed.ts';
import { run } from './run.ts';

const BATCHES = [500, 1_000, 2_000, 5_000];
const AT_ONCE = [1, 4];
const INVOCATIONS_PER_CORE = [2.5, 5, 10, 20];
const WARM_MS = 2_000;
const END_MS = 8_000;

/** The server and the limits for which the oracle is computed. */
export interface OracleQuestion {
  readonly seed: number;
  readonly cores: number;
  readonly roundTripMs: number;
  readonly speed: number;
  readonly invocationsMax: number;
  readonly inFlightMax: number;
  readonly batchLinesMax: number;
}

/**
 * Best lines per second. Latency is ignored, and the best of many runs is slightly lucky, so the oracle is
 * overestimated.
 */
export const askOracle = (question: OracleQuestion): number => {
  const { cores, invocationsMax, inFlightMax, batchLinesMax } = question;
  const batches = BATCHES.filter((lines) => lines <= batchLinesMax);
  const atOnce = AT_ONCE.filter((requests) => requests <= inFlightMax);
  const counts = new Set(INVOCATIONS_PER_CORE.map((count) => Math.min(invocationsMax, Math.ceil(count * cores))));
  let best = 0;
  for (const lines of batches)
    for (const requests of atOnce)
      for (const invocations of counts) best = Math.max(best, rateOf(question, lines, requests, invocations));
  return best;
};

const rateOf = (question: OracleQuestion, lines: number, atOnce: number, invocations: number): number => {
  const { seed, cores, roundTripMs, speed } = question;
  const [sink] = run({
    seed,
    cores,
    roundTripMs,
    sinks: [
      {
        policy: fixed(lines, atOnce),
        invocations,
        maximumConcurrency: undefined,
        mayMoveMaximumConcurrency: false,
        inFlightMax: atOnce,
        batchLinesMax: lines,
        startsAtOnce: true,
      },
    ],
    changes: [{ fromMs: 0, speed }],
    phaseEndsMs: [WARM_MS, END_MS],
  });
  return ((sink?.meters[1]?.lines ?? 0) / (END_MS - WARM_MS)) * 1_000;
};
