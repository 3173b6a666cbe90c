/**
 * Step for the share: the number of requests that each invocation may have in flight, so that all invocations together
 * keep the server just busy.
 *
 * The number of requests that fit is the server's rate times the latency of a request without a queue (Little's law). A
 * margin keeps the server busy at all times. There is no target latency, because a latency that is low for one server
 * is high for another. docs/control.md shows the results in a model.
 */

import { ATTEMPTS_MIN } from './batch-step.ts';
import { type Decision, rounded, type StepResult } from './decision.ts';
import { EPOCH_MS, hasLatencyProbe } from './epochs.ts';
import { type ControlReport, lowestMsOf } from './report.ts';

/** Epochs whose rates and lowest latencies are kept. At least one of them has a latency probe. */
export const EPOCHS_KEPT = 16;
/**
 * Time with too few requests after which earlier rates and latencies are dropped, because the server may have changed.
 */
export const SILENCE_MS = 30_000;
/** Relative margin on the number of requests that fit: many requests fluctuate by more than few. */
const MARGIN_FACTOR = 1.5;
/** Absolute margin, in requests: a server with few cores must not idle between two responses (docs/decisions/0024). */
const MARGIN_REQUESTS = 2;
/** Part of the attempts that may be throttled or time out before the server counts as overloaded. */
const CONGESTED_PART_MAX = 0.02;
/**
 * Factor on the kept rates in each epoch with overload: after several such epochs the earlier rates no longer matter.
 */
const OVERLOAD_RATE_FACTOR = 0.7;
/** Smallest share: one request in flight for a thousandth of the time. */
export const SHARE_MIN = 1 / 1_024;
/** Largest share, in requests. */
export const SHARE_MAX = 8;

/** Instances for which the share is decided. */
export interface ShareContext {
  /** Instances that divide `MARGIN_REQUESTS` among them: 1 for a report of all instances. */
  readonly dividedBy: number;
}

/** Context of a step from the reports of all instances. */
export const ALL_INSTANCES: ShareContext = { dividedBy: 1 };

/**
 * Returns the decision after the report of `epoch`, which ended at `nowMs`, and the reason if the share changed.
 *
 * An epoch with fewer than `ATTEMPTS_MIN` attempts changes nothing, except that the share returns to 1 after
 * `SILENCE_MS`. The share is between `SHARE_MIN` and `SHARE_MAX`.
 */
export const stepShare = (
  state: Decision,
  report: ControlReport,
  epoch: number,
  nowMs: number,
  { dividedBy }: ShareContext = ALL_INSTANCES,
): StepResult => {
  if (report.attempts - report.otherFailures < ATTEMPTS_MIN) return afterSilence(state, nowMs);
  const wasSilent = nowMs - state.heardMs > SILENCE_MS;
  const rate = (report.answered / EPOCH_MS) * 1_000;
  const isOverloaded = report.throttled + report.timedOut > CONGESTED_PART_MAX * report.attempts;
  const before = wasSilent ? [] : state.rates;
  const rates = append(isOverloaded ? before.map((one) => rounded(one * OVERLOAD_RATE_FACTOR)) : before, rate);
  const lowestMs = append(wasSilent ? [] : state.lowestMs, lowestMsOf(report));
  const measured: Decision = { ...state, rates, lowestMs, heardMs: nowMs };
  // A latency probe halves the requests in flight, so the number of wanted requests differs from that of other epochs.
  if (!isOverloaded && (lowestMs.length === 0 || hasLatencyProbe(epoch))) return [measured, []];
  const margin = MARGIN_REQUESTS / dividedBy;
  const wanted = Math.max(report.busyMs / EPOCH_MS, 1e-3);
  // Without a lowest latency, the number of requests that fit is unknown, but it is not above the present one.
  const fitting =
    lowestMs.length === 0
      ? state.share * wanted
      : (MARGIN_FACTOR * Math.max(...rates) * Math.min(...lowestMs)) / 1_000 + margin;
  // On overload, half of the requests that were in flight, but at least the margin and at most the number that fits.
  const allowed = isOverloaded ? Math.min(Math.max(report.latencySumMs / EPOCH_MS / 2, margin), fitting) : fitting;
  const share = rounded(Math.min(Math.max(allowed / wanted, SHARE_MIN), SHARE_MAX));
  const why = isOverloaded ? 'signs of overload' : `${allowed.toFixed(1)} requests fit`;
  const reasons =
    share === state.share ? [] : [`share ${state.share} -> ${share}: ${why}, ${wanted.toFixed(1)} wanted`];
  return [{ ...measured, share }, reasons];
};

const append = (values: readonly number[], value: number | undefined): readonly number[] =>
  value === undefined ? values : [...values, rounded(value)].slice(-EPOCHS_KEPT);

const afterSilence = (state: Decision, nowMs: number): StepResult => {
  if (nowMs - state.heardMs <= SILENCE_MS || state.rates.length === 0) return [state, []];
  const reasons = state.share === 1 ? [] : [`share ${state.share} -> 1: too few requests for 30 s`];
  return [{ ...state, share: 1, rates: [], lowestMs: [] }, reasons];
};
