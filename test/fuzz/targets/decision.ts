/** Stored decisions of the controller. */

import { initialDecision, isDecision, parseDecision } from '../../../src/controller/decision.ts';
import { addReports, EMPTY_REPORT } from '../../../src/controller/report.ts';
import { STATE_BYTES_MAX, stepEpoch } from '../../../src/controller/step.ts';
import { parseWithExactKeys } from '../../../src/sink/json/escaped-keys.ts';
import { USUAL_OPTIONS } from '../../controller/usual-options.ts';
import { inputOf, must, mustEqual, selected, type Target } from '../target.ts';

const OPTIONS = [
  USUAL_OPTIONS,
  { ...USUAL_OPTIONS, maximumConcurrency: undefined },
  {
    ...USUAL_OPTIONS,
    batch: { ...USUAL_OPTIONS.batch, linesMin: 200, linesMax: 200, growth: 'multiplicative' as const },
  },
];

const busy = {
  ...EMPTY_REPORT,
  attempts: 100,
  answered: 90,
  fullBatches: 80,
  latencySumMs: 9_000,
  lowestPowerSum: 1e-3,
  lowestCount: 2,
  busyMs: 1_800,
  wallMs: 2_000,
  weight: 2,
};
const REPORTS = [
  EMPTY_REPORT,
  busy,
  { ...busy, answered: 10, throttled: 60, timedOut: 20, tooLarge: 10, latencySumMs: 60_000 },
  addReports(busy, { ...EMPTY_REPORT, attempts: 50, otherFailures: 50 }),
];

/** Parses JSON with exact keys. V8 may read a key with an escape as another one, which changes members that no code reads. */
const parse = (text: string): unknown => {
  try {
    JSON.parse(text);
    return parseWithExactKeys(text, Number);
  } catch {
    return undefined;
  }
};

const EPOCH_MAX = 1e9;

export const target: Target = {
  meaning: 'stored decisions of the controller, and the steps that follow them',
  selectors: 2,
  seeds: () =>
    OPTIONS.flatMap((options, index) =>
      REPORTS.map((report, at) => {
        const first = stepEpoch(initialDecision(options), { epoch: 1, report }, options, 4_000);
        return inputOf([index, at], JSON.stringify(stepEpoch(first, { epoch: 2, report: busy }, options, 6_000)));
      }),
    ),
  run: (input) => {
    const options = selected(OPTIONS, input[0]);
    const report = selected(REPORTS, input[1]);
    const stored = parse(Buffer.from(input.subarray(2)).toString('utf8'));
    const decision = parseDecision(stored, options);
    if (decision === undefined) return must(!isDecision(stored), 'a decision is not parsed');
    must(
      decision.batchLines >= options.batch.linesMin && decision.batchLines <= options.batch.linesMax,
      'a batch exceeds its limits',
      decision.batchLines,
    );
    // As JSON, because a decision that was read from -0 is stored as 0.
    mustEqual(
      JSON.stringify(parseDecision(parse(JSON.stringify(decision)), options)),
      JSON.stringify(decision),
      'a decision changes when it is stored again',
    );
    if (decision.epoch > EPOCH_MAX || decision.epoch < -1) return;
    const next = stepEpoch(decision, { epoch: decision.epoch + 1, report }, options, decision.asOfMs + 2_000);
    must(parseDecision(parse(JSON.stringify(next)), options) !== undefined, 'the next decision cannot be read', next);
    must(
      next.batchLines >= options.batch.linesMin && next.batchLines <= options.batch.linesMax,
      'the next batch exceeds its limits',
      next,
    );
    must(next.share > 0 && Number.isFinite(next.share), 'the next share is no share', next);
    const earlier = JSON.stringify(next).length <= STATE_BYTES_MAX || next.earlier.length === 0;
    must(earlier, 'the next decision is larger than its item', next);
  },
};
