/** One step of the controller: the decision before, the reports of one epoch, the decision after. */

import { stepBatch } from './batch-step.ts';
import { stepMaximumConcurrency } from './concurrency-step.ts';
import { type Decision, rounded } from './decision.ts';
import { EPOCH_MS } from './epochs.ts';
import type { ControlOptions } from './options.ts';
import type { ControlReport } from './report.ts';
import { type ShareCircumstances, stepShare, TOGETHER } from './share-step.ts';

/** `report` is the sum of all of the epoch. `asOfMs` is when the step is made. */
export const stepEpoch = (
  state: Decision,
  epoch: number,
  report: ControlReport,
  options: ControlOptions,
  asOfMs: number,
  circumstances: ShareCircumstances = TOGETHER,
): Decision => {
  const endMs = (epoch + 1) * EPOCH_MS;
  const [batch, whyBatch] = stepBatch(state, report, options.batch, endMs);
  const [share, whyShare] = stepShare(batch, report, epoch, endMs, circumstances);
  const [limit, whyLimit] = stepMaximumConcurrency(share, report, options.maximumConcurrency, endMs);
  return withEarlier(
    {
      ...limit,
      epoch,
      asOfMs,
      instances: rounded(report.weight),
      latencyMs: report.answered > 0 ? rounded(report.latencySumMs / report.answered) : state.latencyMs,
      reasons: [...whyBatch, ...whyShare, ...whyLimit],
    },
    state,
  );
};

/** Of the state as JSON: with its keys it then stays below the kilobyte that one write unit pays for. */
export const STATE_BYTES_MAX = 900;
const EARLIER_MAX = 5;

/** For whoever asks why things are as they are. */
const withEarlier = (next: Omit<Decision, 'earlier'>, { epoch, reasons, earlier }: Decision): Decision => {
  let kept = (reasons.length > 0 ? [{ epoch, reasons }, ...earlier] : earlier).slice(0, EARLIER_MAX);
  while (kept.length > 0 && JSON.stringify({ ...next, earlier: kept }).length > STATE_BYTES_MAX)
    kept = kept.slice(0, -1);
  return { ...next, earlier: kept };
};
