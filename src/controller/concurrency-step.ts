/**
 * Step for the event source's `MaximumConcurrency`: the number of invocations that can each have one request in flight.
 *
 * The limit is the controller's strongest means, because an invocation that does not run does not have to wait. It is
 * also the slowest, because a change takes effect after 20 to 40 s.
 */

import { ATTEMPTS_MIN } from './batch-step.ts';
import { type Decision, type MaximumConcurrency, rounded, type StepResult } from './decision.ts';
import { EPOCH_MS } from './epochs.ts';
import type { MaximumConcurrencyOptions } from './options.ts';
import { type ControlReport, congestedAnswers } from './report.ts';

/** Minimum time between two changes. AWS takes 20 to 40 s to apply one. */
const CHANGE_INTERVAL_MS = 30_000;
/**
 * Time after which a change counts as in effect, even if the number of invocations does not show it. It may take a
 * minute until the flush function requests the change.
 */
const IN_EFFECT_AFTER_MS = 100_000;
/** Part of the limit by which the number of invocations may differ from the limit and still count as equal. */
const TOLERANCE = 0.1;
/** Weight of the newest epoch. A single epoch is noisy, and a wrong change costs the time of two changes. */
const SMOOTHING = 0.3;
/**
 * Epochs with one limit before it is raised, and before it is lowered. The state after a change takes time to settle.
 * Too few invocations cost throughput, but too many cost only a little time.
 */
const EPOCHS_TO_RAISE = 4;
const EPOCHS_TO_LOWER = 6;
/** The limit does not change while the share is between these values. */
const SHARE_LOW = 0.6;
const SHARE_HIGH = 1.2;
/** Factor on the fitting limit for a raise. It is above 1, because a second raise would take half a minute more. */
const RAISE_FACTOR = 1.1;
/**
 * Part of the limit that must be in use before it is raised. Otherwise the limit is not the bottleneck. The value is
 * below 1, because short invocations leave gaps.
 */
const IN_USE_MIN = 0.5;
/** Mean latency, divided by the lowest one, below which the server has little load. Its capacity is then unknown. */
const LOW_LOAD_RATIO = 1.25;
/**
 * Factor on the limit in that case. The share holds back an excess immediately and at little cost
 * (docs/decisions/0024).
 */
const LOW_LOAD_FACTOR = 8;

/** Smallest `MaximumConcurrency` that AWS accepts. */
export const LIMIT_MIN = 2;
/** Largest `MaximumConcurrency` that AWS accepts. */
export const LIMIT_MAX = 1_000;

/** Maximum age of a decision that counts. A sink with an older one was last seen active when that decision was made. */
const LAST_SEEN_MS_MAX = 10_000;

/**
 * Returns whether the limit was changed recently or is about to be changed.
 *
 * The flush function then continues to read the decision, so that a change is requested soon (docs/decisions/0022).
 */
export const isMoving = ({ maximumConcurrency, asOfMs, share }: Decision, nowMs: number): boolean => {
  if (maximumConcurrency === undefined || nowMs - asOfMs > LAST_SEEN_MS_MAX) return false;
  const { wanted, fitting, changedMs } = maximumConcurrency;
  if (nowMs - changedMs < IN_EFFECT_AFTER_MS) return true;
  // A sink with little to do always has a high share, but the limit is not its bottleneck.
  const isInUse = fitting / share >= IN_USE_MIN * wanted;
  return share < SHARE_LOW ? wanted > LIMIT_MIN : share > SHARE_HIGH && isInUse && wanted < LIMIT_MAX;
};

/**
 * Returns the decision after the report of the epoch that ended at `nowMs`, and the reason if the limit changed.
 *
 * Nothing changes if `options` is undefined, which means that the controller must not move the limit, or if the report
 * contains fewer than `ATTEMPTS_MIN` attempts.
 */
export const stepMaximumConcurrency = (
  state: Decision,
  report: ControlReport,
  options: MaximumConcurrencyOptions | undefined,
  nowMs: number,
): StepResult => {
  const { maximumConcurrency: limit } = state;
  if (options === undefined || limit === undefined || report.wallMs === 0) return [state, []];
  if (report.attempts - report.otherFailures < ATTEMPTS_MIN) return [state, []];
  const invocations = report.wallMs / EPOCH_MS;
  const observed = observe(limit, invocations, state.share, nowMs);
  const unchanged: StepResult = [{ ...state, maximumConcurrency: observed }, []];
  if (observed.epochs < EPOCHS_TO_RAISE || nowMs - limit.changedMs < CHANGE_INTERVAL_MS) return unchanged;
  const [wanted, reason] = wantedLimit(observed, invocations, state, report);
  const bounded = Math.min(Math.max(wanted, options.min), options.max);
  if (bounded === limit.wanted) return unchanged;
  return [
    {
      ...state,
      maximumConcurrency: { ...observed, wanted: bounded, before: limit.wanted, changedMs: nowMs, epochs: 0 },
    },
    [`maximum concurrency ${limit.wanted} -> ${bounded}: ${reason}`],
  ];
};

/**
 * Adds what one epoch showed. Until the last change takes effect, the epochs belong to the previous limit and are
 * ignored.
 */
const observe = (limit: MaximumConcurrency, invocations: number, share: number, nowMs: number): MaximumConcurrency => {
  const showsChange =
    limit.wanted < limit.before
      ? invocations <= limit.wanted + Math.max(1, TOLERANCE * limit.wanted)
      : invocations >= (limit.before + limit.wanted) / 2;
  const isInEffect =
    limit.epochs > 0 || showsChange || limit.changedMs === 0 || nowMs - limit.changedMs >= IN_EFFECT_AFTER_MS;
  if (!isInEffect) return limit;
  const fitting = usableInvocations(invocations, limit) * share;
  const smoothed = limit.epochs === 0 ? fitting : limit.fitting + SMOOTHING * (fitting - limit.fitting);
  return { ...limit, fitting: rounded(smoothed), epochs: limit.epochs + 1 };
};

/**
 * Returns the number of invocations to which the share applies. This is the limit if it is in use, because the gap
 * between two invocations is not idle capacity. Otherwise it is the number of running invocations.
 */
const usableInvocations = (invocations: number, { wanted }: MaximumConcurrency): number =>
  invocations >= IN_USE_MIN * wanted ? wanted : invocations;

/** Returns the limit before the permitted range is applied, and the reason for a change. */
const wantedLimit = (
  limit: MaximumConcurrency,
  invocations: number,
  { lowestMs }: Decision,
  report: ControlReport,
): readonly [limit: number, reason: string] => {
  const isInUse = invocations >= IN_USE_MIN * limit.wanted;
  const share = limit.fitting / usableInvocations(invocations, limit);
  if (share < SHARE_LOW && limit.epochs >= EPOCHS_TO_LOWER)
    return [Math.ceil(limit.fitting), `the share is ${share.toFixed(2)}`];
  if (share <= SHARE_HIGH || !isInUse) return [limit.wanted, 'unchanged'];
  // An overloaded server refuses quickly, and such responses lower the mean latency.
  if (congestedAnswers(report) > 0) return [limit.wanted, 'unchanged'];
  if (lowestMs.length > 0 && report.latencySumMs / report.answered < LOW_LOAD_RATIO * Math.min(...lowestMs))
    return [limit.wanted * LOW_LOAD_FACTOR, 'the server has little load'];
  return [Math.ceil(RAISE_FACTOR * limit.fitting), `the share is ${share.toFixed(2)}`];
};
