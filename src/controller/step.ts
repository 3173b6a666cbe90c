/** One step of the controller: from the previous decision and the reports of one epoch to the next decision. */

import { stepBatch } from './batch-step.ts';
import { stepMaximumConcurrency } from './concurrency-step.ts';
import { type Decision, rounded } from './decision.ts';
import { EPOCH_MS } from './epochs.ts';
import type { ControlOptions } from './options.ts';
import type { EpochReport } from './report.ts';
import { ALL_INSTANCES, type ShareContext, stepShare } from './share-step.ts';

/**
 * Returns the decision that follows from `previous` and from the sum of all reports of one epoch.
 *
 * The three parts are decided one after the other, because the limit follows from the new share. docs/control.md shows
 * the results in a model.
 *
 * @param asOfMs - Time at which the step is made.
 */
export const stepEpoch = (
  previous: Decision,
  { epoch, report }: EpochReport,
  options: ControlOptions,
  asOfMs: number,
  context: ShareContext = ALL_INSTANCES,
): Decision => {
  const endMs = (epoch + 1) * EPOCH_MS;
  const [batch, batchReasons] = stepBatch(previous, report, options.batch, endMs);
  const [share, shareReasons] = stepShare(batch, report, epoch, endMs, context);
  const [limit, limitReasons] = stepMaximumConcurrency(share, report, options.maximumConcurrency, endMs);
  return withEarlier(
    {
      ...limit,
      epoch,
      asOfMs,
      instances: rounded(report.weight),
      latencyMs: report.answered > 0 ? rounded(report.latencySumMs / report.answered) : previous.latencyMs,
      reasons: [...batchReasons, ...shareReasons, ...limitReasons],
    },
    previous,
  );
};

/** Limit for the decision as JSON, in bytes. With its keys, the item stays below 1 KB, the size of one write unit. */
export const STATE_BYTES_MAX = 900;
/** Earlier steps that are kept, at most. */
const EARLIER_MAX = 5;

/** Adds the reasons of the newest earlier steps, as far as they fit, so that `status` can explain the decision. */
const withEarlier = (next: Omit<Decision, 'earlier'>, { epoch, reasons, earlier }: Decision): Decision => {
  let kept = (reasons.length > 0 ? [{ epoch, reasons }, ...earlier] : earlier).slice(0, EARLIER_MAX);
  while (kept.length > 0 && JSON.stringify({ ...next, earlier: kept }).length > STATE_BYTES_MAX)
    kept = kept.slice(0, -1);
  return { ...next, earlier: kept };
};
