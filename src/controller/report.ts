/**
 * Reports: what one instance, or several together, saw in one epoch.
 *
 * A report consists only of sums. Reports can therefore be added in any order, and a store can add them without
 * interpreting them. All sums are scaled by the weight of their report. If there are many instances, only some of them
 * report, and each of these represents several.
 */

import type { Outcome } from '../sink/outcome.ts';

/**
 * How an attempt ended, as far as the controller distinguishes it.
 *
 * - `answered`: the server processed the lines, even if it refused some.
 * - `throttled`: the server refused the request because it has too much load.
 * - `tooLarge`: the server refused the size of the body.
 * - `timedOut`: no response arrived within the time limit.
 * - `otherFailures`: any other failure. It does not indicate too much load.
 */
export const ANSWERS = ['answered', 'throttled', 'tooLarge', 'timedOut', 'otherFailures'] as const;
/** Kind of the end of an attempt. */
export type Answer = (typeof ANSWERS)[number];

/**
 * Sums of one epoch: the number of attempts per `Answer`, and the members below. Times are in ms. Weighted sums are not
 * whole numbers.
 */
export interface ControlReport extends Readonly<Record<Answer, number>> {
  /** Requests that were sent, including repetitions. */
  readonly attempts: number;
  /** Attempts whose batch was full, in lines or in bytes. */
  readonly fullBatches: number;
  /** Latencies of `answered` attempts only: a time limit is no latency, and a refusal returns immediately. */
  readonly latencySumMs: number;
  /** `lowestPower` of each instance's lowest latency of its largest requests (docs/decisions/0020). */
  readonly lowestPowerSum: number;
  /** Instances that had such a latency. */
  readonly lowestCount: number;
  /** Time in which an invocation had a batch to send or waited for a response, including pauses. */
  readonly busyMs: number;
  /** Time in which invocations ran. */
  readonly wallMs: number;
  /** Instances that the reports represent. */
  readonly weight: number;
}

/** A report without attempts. */
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

/** Names of the sums of a report. A store keeps the sums under the same names. */
export const REPORT_SUMS = Object.keys(EMPTY_REPORT) as readonly (keyof ControlReport)[];

/** Returns the report in which each sum has the value that `sum` returns for its name. */
export const reportFrom = (sum: (name: keyof ControlReport) => number): ControlReport =>
  Object.fromEntries(REPORT_SUMS.map((name) => [name, sum(name)])) as unknown as ControlReport;

/** Returns the sum of two reports. */
export const addReports = (a: ControlReport, b: ControlReport): ControlReport =>
  reportFrom((name) => a[name] + b[name]);

/** Returns a report that represents `weight` times as many instances. */
export const scaleReport = (report: ControlReport, weight: number): ControlReport =>
  reportFrom((name) => report[name] * weight);

/** Report of one instance, or of all, with its epoch. */
export interface EpochReport {
  readonly epoch: number;
  readonly report: ControlReport;
}

/**
 * Exponent of the soft minimum. Sums have no minimum, but the mean of a high negative power is close to it. If one
 * instance in a hundred measured the server without a queue, the result is at most 1.8 times the minimum; with one in
 * ten, 1.3 times. A higher power would exceed the digits that a store can add (docs/decisions/0020).
 */
const LOWEST_EXPONENT = -8;

/** Returns the summand of `lowestPowerSum` for one instance. */
export const lowestPower = (lowestMs: number): number => lowestMs ** LOWEST_EXPONENT;

/** Returns a value slightly above the lowest latency of all reports, or undefined if no report contains one. */
export const lowestMsOf = ({ lowestPowerSum, lowestCount }: ControlReport): number | undefined =>
  lowestCount > 0 ? (lowestPowerSum / lowestCount) ** (1 / LOWEST_EXPONENT) : undefined;

/** Returns the number of attempts that show that too many requests are in flight, or that batches are too large. */
export const congestedAnswers = ({ throttled, timedOut, tooLarge }: ControlReport): number =>
  throttled + timedOut + tooLarge;

/** Returns how an attempt counts in a report, or undefined if no request was sent. */
export const answerOf = (outcome: Outcome): Answer | undefined => {
  switch (outcome.kind) {
    // In all three cases the server has read and validated all lines, which is the same work.
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
