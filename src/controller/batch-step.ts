/**
 * Step for the batch size: batches grow while the server responds quickly, and shrink when it is slow or overloaded.
 *
 * The batch size matters less for speed than expected (2,000 lines are within 4 % of the best). But with small batches,
 * a very slow server stays within the time limits and does not do the same work twice.
 */

import { type BatchEvaluation, type Decision, NO_EVALUATION, rounded, type StepResult } from './decision.ts';
import type { BatchOptions } from './options.ts';
import { type ControlReport, congestedAnswers } from './report.ts';

/** Minimum number of attempts for a decision. The mean of fewer is not meaningful. */
export const ATTEMPTS_MIN = 10;
/** Minimum part of full batches for growth. Otherwise the latency does not show how long larger batches would take. */
const FULL_PART_MIN = 0.5;
/** Additive growth: a tenth of the batch, but at least 50 lines. */
const ADDITIVE = { lines: 50, part: 0.1 };
const MULTIPLICATIVE_FACTOR = 1.2;
const DECREASE_FACTOR = 0.7;

/**
 * Returns the decision after the report of the epoch that ended at `nowMs`, and the reason if the batch size changed.
 *
 * Attempts are collected over `evaluationIntervalMs`, and longer if there are fewer than `ATTEMPTS_MIN`.
 */
export const stepBatch = (state: Decision, report: ControlReport, options: BatchOptions, nowMs: number): StepResult => {
  const evaluation = addAttempts(state.evaluation, report, nowMs);
  const isDue = nowMs - evaluation.sinceMs >= options.evaluationIntervalMs;
  if (!isDue || evaluation.attempts < ATTEMPTS_MIN) return [{ ...state, evaluation }, []];
  const [wanted, reason] = wantedLines(state.batchLines, evaluation, options);
  const batchLines = Math.min(Math.max(Math.round(wanted), options.linesMin), options.linesMax);
  const reasons = batchLines === state.batchLines ? [] : [`batch ${state.batchLines} -> ${batchLines}: ${reason}`];
  return [{ ...state, batchLines, evaluation: { ...NO_EVALUATION, sinceMs: nowMs } }, reasons];
};

const addAttempts = (evaluation: BatchEvaluation, report: ControlReport, nowMs: number): BatchEvaluation => ({
  // The first evaluation also covers a whole interval.
  sinceMs: evaluation.sinceMs === 0 ? nowMs : evaluation.sinceMs,
  attempts: rounded(evaluation.attempts + report.attempts - report.otherFailures),
  congested: rounded(evaluation.congested + congestedAnswers(report)),
  fullBatches: rounded(evaluation.fullBatches + report.fullBatches),
  latencySumMs: rounded(evaluation.latencySumMs + report.latencySumMs),
});

/** Returns the batch size before the limits of the configuration are applied, and the reason for a change. */
const wantedLines = (
  lines: number,
  { attempts, congested, fullBatches, latencySumMs }: BatchEvaluation,
  { growth, latencyLowMs, latencyHighMs }: BatchOptions,
): readonly [lines: number, reason: string] => {
  const latencyMs = latencySumMs / attempts;
  if (congested > 0) return [lines * DECREASE_FACTOR, `${Math.ceil(congested)} signs of overload`];
  if (latencyMs > latencyHighMs) return [lines * DECREASE_FACTOR, `${Math.round(latencyMs)} ms is high`];
  if (latencyMs >= latencyLowMs || fullBatches < FULL_PART_MIN * attempts) return [lines, 'unchanged'];
  const larger =
    growth === 'additive' ? lines + Math.max(ADDITIVE.lines, ADDITIVE.part * lines) : lines * MULTIPLICATIVE_FACTOR;
  return [larger, `${Math.round(latencyMs)} ms is low`];
};
