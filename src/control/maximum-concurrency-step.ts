/**
 * How many invocations there should be: as many as can have a request under way. It is the strongest means, because an
 * invocation that is not there need not wait, and the slowest: a change acts after 20 to 40 s.
 */

import type { MaximumConcurrencyOptions } from './control-options.ts';
import type { ControlReport } from './control-report.ts';
import { type ControlState, type MaximumConcurrency, rounded } from './control-state.ts';
import { EPOCH_MS } from './epochs.ts';

/** AWS applies a change within 20 to 40 s; what is seen before says nothing about it. */
export const SETTLING_MS = 45_000;
/** Weight of the newest epoch: the share of one epoch is noisy, and a change that was wrong costs two settling times. */
const SMOOTHING = 0.3;
/** The share that is aimed at: a little below one, so that the share can rise at once when the server can take more. */
const SHARE_AIM = 0.8;
/** It is left alone while the share stays between these. */
const SHARE_LOW = 0.6;
const SHARE_HIGH = 1.2;
/** Part of the limit that must be in use before it is raised: else it is not what hinders. */
const IN_USE_MIN = 0.8;

export const stepMaximumConcurrency = (
  state: ControlState,
  report: ControlReport,
  options: MaximumConcurrencyOptions | undefined,
  nowMs: number,
): readonly [ControlState, readonly string[]] => {
  const { maximumConcurrency: limit } = state;
  if (options === undefined || limit === undefined || report.wallMs === 0) return [state, []];
  const invocations = Math.min(report.wallMs / EPOCH_MS, limit.wanted);
  const fitting = rounded(limit.fitting * (1 - SMOOTHING) + SMOOTHING * invocations * state.share);
  const smoothed: MaximumConcurrency = { ...limit, fitting };
  const share = fitting / invocations;
  const tooMany = share < SHARE_LOW;
  const tooFew = share > SHARE_HIGH && invocations >= IN_USE_MIN * limit.wanted;
  if (nowMs - limit.changedMs < SETTLING_MS || !(tooMany || tooFew))
    return [{ ...state, maximumConcurrency: smoothed }, []];
  const wanted = Math.min(Math.max(Math.ceil(fitting / SHARE_AIM), options.min), options.max);
  if (wanted === limit.wanted) return [{ ...state, maximumConcurrency: smoothed }, []];
  return [
    { ...state, maximumConcurrency: { wanted, before: limit.wanted, changedMs: nowMs, fitting } },
    [`maximum concurrency ${limit.wanted} -> ${wanted}: share ${share.toFixed(2)}`],
  ];
};
