/**
 * What one instance, or many together, saw in one epoch: sums only, so that reports add up in any order and a store need
 * not understand them. Every figure is scaled by the weight of its report: of many instances only some report, and each
 * of these speaks for several.
 */

import type { Outcome } from '../sink/outcome.ts';

/** How requests end, as far as control cares. */
export const ANSWERS = ['answered', 'throttled', 'tooLarge', 'timedOut', 'otherFailures'] as const;
export type Answer = (typeof ANSWERS)[number];

/** All of one epoch. Times in ms; numbers are not whole once they are weighted. */
export interface ControlReport extends Readonly<Record<Answer, number>> {
  /** Requests that were really made, each attempt for itself. */
  readonly attempts: number;
  /** Requests whose batch was as large as it might be. */
  readonly fullBatches: number;
  /** Of the answered ones: a time limit is no latency, and a refusal comes at once. */
  readonly latencySumMs: number;
  /** `lowestPower` of each instance's lowest latency of its largest requests, summed, and how many instances had one. */
  readonly lowestPowerSum: number;
  readonly lowestCount: number;
  /** In which an invocation had something to send or waited for an answer, pauses included. */
  readonly busyMs: number;
  /** Whole invocations. */
  readonly wallMs: number;
  /** Instances that the reports speak for. */
  readonly weight: number;
}

export const EMPTY_REPORT: ControlReport = {
  attempts: 0,
  answered: 0,
  throttled: 0,
  tooLarge: 0,
  timedOut: 0,
  otherFailures: 0,
  fullBatches: 0,
  latencySumMs: 0,
  lowestPowerSum: 0,
  lowestCount: 0,
  busyMs: 0,
  wallMs: 0,
  weight: 0,
};

/** Names of the sums of a report, which are also the names under which a store keeps them. */
export const REPORT_SUMS = Object.keys(EMPTY_REPORT) as readonly (keyof ControlReport)[];

/** Returns the report in which each sum has the value that `sum` returns for its name. */
export const reportFrom = (sum: (name: keyof ControlReport) => number): ControlReport =>
  Object.fromEntries(REPORT_SUMS.map((name) => [name, sum(name)])) as unknown as ControlReport;

export const addReports = (a: ControlReport, b: ControlReport): ControlReport =>
  reportFrom((name) => a[name] + b[name]);

/** The same report, speaking for `weight` times as many instances. */
export const scaleReport = (report: ControlReport, weight: number): ControlReport =>
  reportFrom((name) => report[name] * weight);

/**
 * Sums have no minimum, but the mean of a high negative power comes close to it: one instance in a hundred that saw the
 * server without a queue is enough to bring the value within a factor of 1.8, one in ten within 1.3.
 */
const LOWEST_EXPONENT = -8;

export const lowestPower = (lowestMs: number): number => lowestMs ** LOWEST_EXPONENT;

/** The lowest latency of those that reported, nearly; undefined when none had one. */
export const lowestMsOf = ({ lowestPowerSum, lowestCount }: ControlReport): number | undefined =>
  lowestCount > 0 ? (lowestPowerSum / lowestCount) ** (1 / LOWEST_EXPONENT) : undefined;

/** Signs that there is too much under way, or that batches are too large. */
export const congestedAnswers = ({ throttled, timedOut, tooLarge }: ControlReport): number =>
  throttled + timedOut + tooLarge;

/** Undefined when the server was not asked. */
export const answerOf = (outcome: Outcome): Answer | undefined => {
  switch (outcome.kind) {
    // It has read and judged all lines: that is the same work.
    case 'written':
    case 'refused':
    case 'held':
      return 'answered';
    case 'too-large':
      return 'tooLarge';
    case 'throttled':
      return outcome.unexplained ? 'timedOut' : 'throttled';
    case 'withheld':
      return undefined;
    case 'unavailable':
    case 'denied':
    case 'misconfigured':
      return 'otherFailures';
  }
};
