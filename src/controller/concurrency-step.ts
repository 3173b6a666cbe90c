/**
 * How many invocations there should be: as many as can have a request under way. It is the strongest means, because an
 * invocation that is not there need not wait, and the slowest: a change acts after 20 to 40 s.
 */

import { ATTEMPTS_MIN } from './batch-step.ts';
import { type Decision, type MaximumConcurrency, rounded } from './decision.ts';
import { EPOCH_MS } from './epochs.ts';
import type { MaximumConcurrencyOptions } from './options.ts';
import { type ControlReport, congestedAnswers } from './report.ts';

/** Changes are at least so far apart: AWS takes that long to apply one. */
const APART_MS = 30_000;
/** By then a change acts, even if the number of invocations does not show it: it may be a minute until it is asked for. */
const SETTLED_MS = 100_000;
/** Part of the limit by which the number of invocations may miss it. */
const NEAR = 0.1;
/** Weight of the newest epoch: one epoch is noisy, and a change that was wrong costs two times of settling. */
const SMOOTHING = 0.3;
/**
 * Epochs with one limit before it is raised, and before it is lowered: what was just changed takes a while to settle, and
 * to have too few costs throughput, to have too many a little time only.
 */
const EPOCHS_TO_RAISE = 4;
const EPOCHS_TO_LOWER = 6;
/** It is left alone while the share stays between these. */
const SHARE_LOW = 0.6;
const SHARE_HIGH = 1.2;
/** It is raised a little further than it seems to need: a second raise would cost another half a minute. */
const RAISE = 1.1;
/** Part of the limit that must be in use before it is raised: else it is not what hinders. Short invocations leave gaps. */
const IN_USE_MIN = 0.5;
/** Mean latency over the lowest one below which the server has hardly been asked: how much it can take is not known. */
const IDLE_RATIO = 1.25;
/** Then it is raised as far, because the share holds back what turns out to be too much, at once and for little. */
const BOLD = 8;

/** What the event source takes. */
export const LIMIT_MIN = 2;
export const LIMIT_MAX = 1_000;

/** A decision older than that is of a time when nothing happened. */
const HEARD_MS = 10_000;

/** Whether the limit was changed lately, or is about to be: whoever sets it then looks again soon. */
export const isMoving = ({ maximumConcurrency, asOfMs, share }: Decision, nowMs: number): boolean => {
  if (maximumConcurrency === undefined || nowMs - asOfMs > HEARD_MS) return false;
  const { wanted, fitting, changedMs } = maximumConcurrency;
  if (nowMs - changedMs < SETTLED_MS) return true;
  // A sink with little to do has a high share all the time, and its limit does not hinder it.
  const isInUse = fitting / share >= IN_USE_MIN * wanted;
  return share < SHARE_LOW ? wanted > LIMIT_MIN : share > SHARE_HIGH && isInUse && wanted < LIMIT_MAX;
};

export const stepMaximumConcurrency = (
  state: Decision,
  report: ControlReport,
  options: MaximumConcurrencyOptions | undefined,
  nowMs: number,
): readonly [Decision, readonly string[]] => {
  const { maximumConcurrency: limit } = state;
  if (options === undefined || limit === undefined || report.wallMs === 0) return [state, []];
  if (report.attempts - report.otherFailures < ATTEMPTS_MIN) return [state, []];
  const invocations = report.wallMs / EPOCH_MS;
  const observed = observe(limit, invocations, state.share, nowMs);
  const kept: readonly [Decision, readonly string[]] = [{ ...state, maximumConcurrency: observed }, []];
  if (observed.epochs < EPOCHS_TO_RAISE || nowMs - limit.changedMs < APART_MS) return kept;
  const [wanted, reason] = wantedLimit(observed, invocations, state, report);
  const bounded = Math.min(Math.max(wanted, options.min), options.max);
  if (bounded === limit.wanted) return kept;
  return [
    {
      ...state,
      maximumConcurrency: { ...observed, wanted: bounded, before: limit.wanted, changedMs: nowMs, epochs: 0 },
    },
    [`maximum concurrency ${limit.wanted} -> ${bounded}: ${reason}`],
  ];
};

/** While a change is under way, what is seen belongs to the limit before it. */
const observe = (limit: MaximumConcurrency, invocations: number, share: number, nowMs: number): MaximumConcurrency => {
  const isThere =
    limit.wanted < limit.before
      ? invocations <= limit.wanted + Math.max(1, NEAR * limit.wanted)
      : invocations >= (limit.before + limit.wanted) / 2;
  const acts = limit.epochs > 0 || isThere || limit.changedMs === 0 || nowMs - limit.changedMs >= SETTLED_MS;
  if (!acts) return limit;
  const fitting = countedOn(invocations, limit) * share;
  const smoothed = limit.epochs === 0 ? fitting : limit.fitting + SMOOTHING * (fitting - limit.fitting);
  return { ...limit, fitting: rounded(smoothed), epochs: limit.epochs + 1 };
};

/** What the share is for: the limit if that is what there are, for between two invocations a place is not idle. */
const countedOn = (invocations: number, { wanted }: MaximumConcurrency): number =>
  invocations >= IN_USE_MIN * wanted ? wanted : invocations;

const wantedLimit = (
  limit: MaximumConcurrency,
  invocations: number,
  { lowestMs }: Decision,
  report: ControlReport,
): readonly [number, string] => {
  const isInUse = invocations >= IN_USE_MIN * limit.wanted;
  const share = limit.fitting / countedOn(invocations, limit);
  if (share < SHARE_LOW && limit.epochs >= EPOCHS_TO_LOWER)
    return [Math.ceil(limit.fitting), `the share is ${share.toFixed(2)}`];
  if (share <= SHARE_HIGH || !isInUse) return [limit.wanted, 'as it was'];
  // A busy server says so quickly: such answers make a low mean.
  if (congestedAnswers(report) > 0) return [limit.wanted, 'as it was'];
  if (lowestMs.length > 0 && report.latencySumMs / report.answered < IDLE_RATIO * Math.min(...lowestMs))
    return [limit.wanted * BOLD, 'the server is hardly asked'];
  return [Math.ceil(RAISE * limit.fitting), `the share is ${share.toFixed(2)}`];
};
