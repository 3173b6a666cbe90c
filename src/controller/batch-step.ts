/**
 * How large a batch may be: larger while the server answers quickly, smaller when it is slow or has too much. It matters
 * less for speed than one thinks (2,000 lines are within 4 % of the best), but small batches are what keeps a very slow
 * server from running into time limits, and its work from being done twice.
 */

import { type BatchEvaluation, type Decision, NO_EVALUATION, rounded } from './decision.ts';
import type { BatchOptions } from './options.ts';
import { type ControlReport, congestedAnswers } from './report.ts';

/** Below that a mean says nothing. */
export const ATTEMPTS_MIN = 10;
/** If most batches were not full, their latency says nothing about larger ones. */
const FULL_PART_MIN = 0.5;
const ADDITIVE = { lines: 50, part: 0.1 };
const MULTIPLICATIVE = 1.2;
const DECREASE = 0.7;

/** State after the reports of one epoch that ended at `nowMs`, and why the batch size moved, if it did. */
export const stepBatch = (
  state: Decision,
  report: ControlReport,
  options: BatchOptions,
  nowMs: number,
): readonly [Decision, readonly string[]] => {
  const evaluation = addAttempts(state.evaluation, report, nowMs);
  const isDue = nowMs - evaluation.sinceMs >= options.evaluationIntervalMs;
  if (!isDue || evaluation.attempts < ATTEMPTS_MIN) return [{ ...state, evaluation }, []];
  const [wanted, reason] = wantedLines(state.batchLines, evaluation, options);
  const batchLines = Math.min(Math.max(Math.round(wanted), options.linesMin), options.linesMax);
  const reasons = batchLines === state.batchLines ? [] : [`batch ${state.batchLines} -> ${batchLines}: ${reason}`];
  return [{ ...state, batchLines, evaluation: { ...NO_EVALUATION, sinceMs: nowMs } }, reasons];
};

const addAttempts = (evaluation: BatchEvaluation, report: ControlReport, nowMs: number): BatchEvaluation => ({
  // The first reports are a whole interval's.
  sinceMs: evaluation.sinceMs === 0 ? nowMs : evaluation.sinceMs,
  attempts: rounded(evaluation.attempts + report.attempts - report.otherFailures),
  congested: rounded(evaluation.congested + congestedAnswers(report)),
  fullBatches: rounded(evaluation.fullBatches + report.fullBatches),
  latencySumMs: rounded(evaluation.latencySumMs + report.latencySumMs),
});

const wantedLines = (
  lines: number,
  { attempts, congested, fullBatches, latencySumMs }: BatchEvaluation,
  { growth, latencyLowMs, latencyHighMs }: BatchOptions,
): readonly [number, string] => {
  const latencyMs = latencySumMs / attempts;
  if (congested > 0) return [lines * DECREASE, `${Math.ceil(congested)} answers say that it is too much`];
  if (latencyMs > latencyHighMs) return [lines * DECREASE, `${Math.round(latencyMs)} ms is slow`];
  if (latencyMs >= latencyLowMs || fullBatches < FULL_PART_MIN * attempts) return [lines, 'as it was'];
  const larger =
    growth === 'additive' ? lines + Math.max(ADDITIVE.lines, ADDITIVE.part * lines) : lines * MULTIPLICATIVE;
  return [larger, `${Math.round(latencyMs)} ms is quick`];
};
