/**
 * How many requests each invocation may have under way, so that all together keep the server just busy: what it takes per
 * second, times the latency that a request has when nobody stands before it, is what fits in (Little's law); a little more
 * keeps it busy at all times. No latency is aimed at: what is quick for one server is slow for another.
 */

import { ATTEMPTS_MIN } from './batch-step.ts';
import { type Decision, rounded } from './decision.ts';
import { EPOCH_MS, hasProbe } from './epochs.ts';
import { type ControlReport, lowestMsOf } from './report.ts';

/** Epochs that are remembered: at least one probe is among them. */
export const EPOCHS_KEPT = 16;
/** After such a silence the server may be another. */
export const SILENCE_MS = 30_000;
/** Of what fits in: the fluctuation of many requests needs more room than that of few. */
const GAIN = 1.5;
/** In requests: a server of few cores must not stand still between two answers. */
const SPARE = 2;
/** Part of the answers that may say "too much" before it is believed. */
const CONGESTED_PART_MAX = 0.02;
/** After that many, what the server took before is no measure any more. */
const FORGET = 0.7;
export const SHARE_MIN = 1 / 1_024;
export const SHARE_MAX = 8;

export interface ShareCircumstances {
  /** Instances that divide the spare requests among them: 1 for a report of all. */
  readonly dividedBy: number;
}

export const TOGETHER: ShareCircumstances = { dividedBy: 1 };

/** State after the reports of `epoch`, which ended at `nowMs`, and why the share moved, if it did. */
export const stepShare = (
  state: Decision,
  report: ControlReport,
  epoch: number,
  nowMs: number,
  { dividedBy }: ShareCircumstances = TOGETHER,
): readonly [Decision, readonly string[]] => {
  if (report.attempts - report.otherFailures < ATTEMPTS_MIN) return afterSilence(state, nowMs);
  const fresh = nowMs - state.heardMs > SILENCE_MS;
  const rate = (report.answered / EPOCH_MS) * 1_000;
  const congested = report.throttled + report.timedOut > CONGESTED_PART_MAX * report.attempts;
  const before = fresh ? [] : state.rates;
  const rates = keep(congested ? before.map((one) => rounded(one * FORGET)) : before, rate);
  const lowestMs = keep(fresh ? [] : state.lowestMs, lowestMsOf(report));
  const heard: Decision = { ...state, rates, lowestMs, heardMs: nowMs };
  // Half as much was asked for: how many wish to send is not what it would be else.
  if (!congested && (lowestMs.length === 0 || hasProbe(epoch))) return [heard, []];
  const spare = SPARE / dividedBy;
  const wishing = Math.max(report.busyMs / EPOCH_MS, 1e-3);
  // Without a floor nobody knows what fits in: then it is certain only that it is not more than before.
  const fitting =
    lowestMs.length === 0 ? state.share * wishing : (GAIN * Math.max(...rates) * Math.min(...lowestMs)) / 1_000 + spare;
  const allowed = congested ? Math.min(Math.max(report.latencySumMs / EPOCH_MS / 2, spare), fitting) : fitting;
  const share = rounded(Math.min(Math.max(allowed / wishing, SHARE_MIN), SHARE_MAX));
  const why = congested ? 'answers say that it is too much' : `${allowed.toFixed(1)} requests fit in`;
  const reasons = share === state.share ? [] : [`share ${state.share} -> ${share}: ${why}, ${wishing.toFixed(1)} wish`];
  return [{ ...heard, share }, reasons];
};

const keep = (values: readonly number[], value: number | undefined): readonly number[] =>
  value === undefined ? values : [...values, rounded(value)].slice(-EPOCHS_KEPT);

const afterSilence = (state: Decision, nowMs: number): readonly [Decision, readonly string[]] => {
  if (nowMs - state.heardMs <= SILENCE_MS || state.rates.length === 0) return [state, []];
  const reasons = state.share === 1 ? [] : [`share ${state.share} -> 1: nothing was heard for long`];
  return [{ ...state, share: 1, rates: [], lowestMs: [] }, reasons];
};
