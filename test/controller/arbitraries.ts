/** Generated decisions and reports: likely ones, and ones at the extremes. */

import fc from 'fast-check';
import { type Decision, initialDecision } from '../../src/controller/decision.ts';
import type { ControlOptions } from '../../src/controller/options.ts';
import { type ControlReport, EMPTY_REPORT, lowestPower } from '../../src/controller/report.ts';
import { USUAL_OPTIONS } from './usual-options.ts';

/** Options of the generated decisions. */
export const OPTIONS: ControlOptions = USUAL_OPTIONS;

const count = (max: number): fc.Arbitrary<number> => fc.integer({ min: 0, max });
const positive = (min: number, max: number): fc.Arbitrary<number> => fc.double({ min, max, noNaN: true });

/** The counts of the outcomes, such as `answered`, add up to `attempts`. */
export const reports: fc.Arbitrary<ControlReport> = fc
  .record({
    answered: count(5_000),
    throttled: fc.oneof(fc.constant(0), count(500)),
    timedOut: fc.oneof(fc.constant(0), count(50)),
    tooLarge: fc.oneof(fc.constant(0), count(5)),
    otherFailures: fc.oneof(fc.constant(0), count(50)),
    fullPart: positive(0, 1),
    latencyMs: positive(0.1, 10_000),
    lowestMs: fc.option(positive(0.1, 10_000), { nil: undefined }),
    busyPart: positive(0, 1),
    instances: positive(0.1, 2_000),
  })
  .map(({ fullPart, latencyMs, lowestMs, busyPart, instances, ...answers }) => {
    const attempts = Object.values(answers).reduce((sum, one) => sum + one, 0);
    return {
      ...EMPTY_REPORT,
      ...answers,
      attempts,
      fullBatches: fullPart * attempts,
      latencySumMs: latencyMs * attempts,
      lowestPowerSum: lowestMs === undefined ? 0 : lowestPower(Math.min(lowestMs, latencyMs)),
      lowestCount: lowestMs === undefined ? 0 : 1,
      wallMs: 2_000 * instances,
      busyMs: 2_000 * instances * busyPart,
      weight: instances,
    };
  });

const recent = (nowMs: number): fc.Arbitrary<number> => fc.oneof(fc.constant(0), positive(nowMs - 120_000, nowMs));

/** Returns decisions that are possible at the time `nowMs`. */
export const statesAt = (nowMs: number): fc.Arbitrary<Decision> =>
  fc
    .record({
      batchLines: fc.integer({ min: 50, max: 2_000 }),
      share: positive(1 / 1_024, 8),
      rates: fc.array(positive(0, 10_000), { maxLength: 16 }),
      lowestMs: fc.array(positive(0.1, 10_000), { maxLength: 16 }),
      heardMs: recent(nowMs),
      wanted: fc.integer({ min: 2, max: 1_000 }),
      before: fc.integer({ min: 2, max: 1_000 }),
      changedMs: recent(nowMs),
      fitting: positive(0, 8_000),
      epochs: count(20),
      attempts: count(100),
      congested: count(5),
      fullBatches: count(100),
      latencySumMs: positive(0, 100_000),
      sinceMs: recent(nowMs),
    })
    .map((random) => {
      const { batchLines, share, rates, lowestMs, heardMs } = random;
      const { wanted, before, changedMs, fitting, epochs } = random;
      const { attempts, congested, fullBatches, latencySumMs, sinceMs } = random;
      return {
        ...initialDecision(OPTIONS),
        ...{ batchLines, share, rates, lowestMs, heardMs },
        maximumConcurrency: { wanted, before, changedMs, fitting, epochs },
        evaluation: { sinceMs, attempts, congested, fullBatches, latencySumMs },
      };
    });
