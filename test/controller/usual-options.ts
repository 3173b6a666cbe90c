/** The defaults of configuration and template in the form that the controller receives. */

import type { ControlOptions } from '../../src/controller/options.ts';

/** The default options. */
export const USUAL_OPTIONS = {
  batch: {
    linesInitial: 500,
    linesMin: 50,
    linesMax: 2_000,
    growth: 'additive',
    latencyLowMs: 100,
    latencyHighMs: 500,
    evaluationIntervalMs: 2_000,
  },
  inFlightMax: 4,
  maximumConcurrency: { initial: 20, min: 2, max: 1_000 },
} as const satisfies ControlOptions;
