/**
 * What one instance, or many together, saw in one epoch: sums only, so that reports add up in any order and a store need
 * not understand them. Every figure is scaled by the weight of its report: of many instances only some report, and each
 * of these speaks for several.
 */

import type { Outcome } from '../sink/outcome.ts';

/** How requests end, as far as control cares. */
export const ANSWERS = ['answered', 'throttled', 'tooLarge', 'timedOut', 'otherFailures'] as const;
export type Answer = (typeof ANSWERS)[number];

/** Buckets of the latency histogram: the first below 1 ms, each next one to twice as long, the last one without an end. */
export const LATENCY_BUCKETS = 16;

/** All of one epoch. Times in ms; numbers are not whole once they are weighted. */
export interface ControlReport extends Readonly<Record<Answer, number>> {
  readonly invocations: number;
  /** Requests that were really made, each attempt for itself. */
  readonly attempts: number;
  readonly lines: number;
  readonly bytes: number;
  /** Requests whose batch was as large as it might be. */
  readonly fullBatches: number;
  /** Of the answered ones: a time limit is no latency, and a refusal comes at once. */
  readonly latencySumMs: number;
  /** `LATENCY_BUCKETS` counts, of all attempts. */
  readonly latencyHistogram: readonly number[];
  /** `lowestPower` of each instance's lowest latency of its largest requests, summed, and how many instances had one. */
  readonly lowestPowerSum: number;
  readonly lowestCount: number;
  /** In which an invocation had something to send or waited for an answer, pauses included. */
  readonly busyMs: number;
  /** Whole invocations. */
  readonly wallMs: number;
  /** Instances that the reports speak for. */
  readonly weight: number;
  /** Reports that were really made; never scaled. */
  readonly reports: number;
}

export const EMPTY_REPORT: ControlReport = {
  invocations: 0,
  attempts: 0,
  answered: 0,
  throttled: 0,
  tooLarge: 0,
  timedOut: 0,
  otherFailures: 0,
  lines: 0,
  bytes: 0,
  fullBatches: 0,
  latencySumMs: 0,
  latencyHistogram: new Array<number>(LATENCY_BUCKETS).fill(0),
  lowestPowerSum: 0,
  lowestCount: 0,
  busyMs: 0,
  wallMs: 0,
  weight: 0,
  reports: 0,
};

/** The members of a report that are plain numbers: what a store has to add up beside the histogram. */
export const REPORT_SUMS = (Object.keys(EMPTY_REPORT) as (keyof ControlReport)[]).filter(
  (name): name is Exclude<keyof ControlReport, 'latencyHistogram'> => name !== 'latencyHistogram',
);

const mapReport = (
  sum: (name: (typeof REPORT_SUMS)[number]) => number,
  latencyHistogram: readonly number[],
): ControlReport => {
  const sums = Object.fromEntries(REPORT_SUMS.map((name) => [name, sum(name)]));
  return { ...(sums as unknown as ControlReport), latencyHistogram };
};

export const addReports = (a: ControlReport, b: ControlReport): ControlReport =>
  mapReport(
    (name) => a[name] + b[name],
    a.latencyHistogram.map((count, bucket) => count + (b.latencyHistogram[bucket] ?? 0)),
  );

/** The same report, speaking for `weight` times as many instances. */
export const scaleReport = (report: ControlReport, weight: number): ControlReport =>
  mapReport(
    (name) => (name === 'reports' ? report.reports : report[name] * weight),
    report.latencyHistogram.map((count) => count * weight),
  );

export const latencyBucket = (latencyMs: number): number =>
  latencyMs < 1 ? 0 : Math.min(LATENCY_BUCKETS - 1, 1 + Math.floor(Math.log2(latencyMs)));

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
