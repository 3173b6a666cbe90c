import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ATTEMPTS_MIN, stepBatch } from '../../src/controller/batch-step.ts';
import { isMoving, stepMaximumConcurrency } from '../../src/controller/concurrency-step.ts';
import { type Decision, initialDecision, parseDecision } from '../../src/controller/decision.ts';
import { EPOCH_MS, hasProbe } from '../../src/controller/epochs.ts';
import type { BatchOptions } from '../../src/controller/options.ts';
import {
  addReports,
  answerOf,
  type ControlReport,
  congestedAnswers,
  EMPTY_REPORT,
  lowestMsOf,
  lowestPower,
  REPORT_SUMS,
  scaleReport,
} from '../../src/controller/report.ts';
import { SHARE_MAX, SHARE_MIN, stepShare } from '../../src/controller/share-step.ts';
import { STATE_BYTES_MAX, stepEpoch } from '../../src/controller/step.ts';
import { OPTIONS, reports, statesAt } from './arbitraries.ts';

/** Without a probe in it. */
const EPOCH = 500_001;
const NOW_MS = (EPOCH + 1) * EPOCH_MS;
const states = statesAt(NOW_MS);

const report = (members: Partial<ControlReport>): ControlReport => ({ ...EMPTY_REPORT, ...members });

/** A report of a quick server and full batches. */
const quick = report({ attempts: 100, answered: 100, fullBatches: 60, latencySumMs: 1_000 });

/** The batch size after one evaluation that begins from nothing. */
const batchAfter = (from: number, seen: ControlReport, options: Partial<BatchOptions> = {}): number => {
  const state = { ...initialDecision(OPTIONS), batchLines: from };
  const due = { ...state, evaluation: { ...state.evaluation, sinceMs: NOW_MS - 2_000 } };
  return stepBatch(due, seen, { ...OPTIONS.batch, ...options }, NOW_MS)[0].batchLines;
};

describe('reports', () => {
  test('add up in any order', () => {
    fc.assert(
      fc.property(reports, reports, (a, b) => {
        expect(addReports(a, b)).toEqual(addReports(b, a));
        expect(addReports(a, EMPTY_REPORT)).toEqual(a);
      }),
    );
  });
  test('speak for as many instances as their weight says, but are not more reports', () => {
    const scaled = scaleReport({ ...quick, weight: 1, reports: 1, latencyHistogram: [1, 2] }, 4);
    expect(scaled).toMatchObject({ attempts: 400, fullBatches: 240, weight: 4, reports: 1, latencyHistogram: [4, 8] });
  });
  test('consist of plain sums beside the histogram', () => {
    expect(REPORT_SUMS).not.toContain('latencyHistogram');
    expect(REPORT_SUMS.length).toBe(Object.keys(EMPTY_REPORT).length - 1);
  });
  test('come close to the lowest latency of many, though they only add up', () => {
    const lows = [5, ...new Array<number>(9).fill(40)];
    const sum = lows.map((ms) => report({ lowestPowerSum: lowestPower(ms), lowestCount: 1 })).reduce(addReports);
    expect(lowestMsOf(sum)).toBeGreaterThan(5);
    expect(lowestMsOf(sum)).toBeLessThan(7);
    expect(lowestMsOf(EMPTY_REPORT)).toBeUndefined();
  });
  test.each([
    [{ kind: 'written' }, 'answered'],
    [{ kind: 'refused', code: 'line-refused', text: '' }, 'answered'],
    [{ kind: 'held', text: '' }, 'answered'],
    [{ kind: 'too-large', text: '' }, 'tooLarge'],
    [{ kind: 'throttled', unexplained: false, text: '' }, 'throttled'],
    [{ kind: 'throttled', unexplained: true, text: '' }, 'timedOut'],
    [{ kind: 'unavailable', unexplained: true, text: '' }, 'otherFailures'],
    [{ kind: 'denied', scope: 'server', text: '' }, 'otherFailures'],
    [{ kind: 'misconfigured', databaseMissing: false, text: '' }, 'otherFailures'],
    [{ kind: 'withheld', text: '' }, undefined],
  ] as const)('count %j as %s', (outcome, answer) => {
    expect(answerOf(outcome)).toBe(answer);
  });
});

describe('the batch size', () => {
  test.each([
    ['grows by fifty lines when small', 300, quick, {}, 350],
    ['grows by a tenth when large', 1_000, quick, {}, 1_100],
    ['grows by a fifth when so configured', 1_000, quick, { growth: 'multiplicative' }, 1_200],
    ['stays below its maximum', 1_990, quick, {}, 2_000],
    ['stays above its minimum', 60, { ...quick, throttled: 1 }, {}, 50],
    ['shrinks after a 503', 1_000, { ...quick, throttled: 1 }, {}, 700],
    ['shrinks after a body that was too large', 1_000, { ...quick, tooLarge: 1 }, {}, 700],
    ['shrinks after a time limit', 1_000, { ...quick, timedOut: 1 }, {}, 700],
    ['shrinks when the server is slow', 1_000, { ...quick, latencySumMs: 50_100 }, {}, 700],
    ['stays between the thresholds', 1_000, { ...quick, latencySumMs: 10_000 }, {}, 1_000],
    ['stays when most batches were not full', 1_000, { ...quick, fullBatches: 49 }, {}, 1_000],
    ['stays after too few attempts', 1_000, { ...quick, attempts: 9, latencySumMs: 90 }, {}, 1_000],
    [
      'does not count what was not answered at all',
      1_000,
      { ...quick, otherFailures: 91, latencySumMs: 90 },
      {},
      1_000,
    ],
  ] as const)('%s', (_, from, seen, options, to) => {
    expect(batchAfter(from, seen, options)).toBe(to);
  });
  test('is evaluated once in an interval, over all that was seen in it', () => {
    let state: Decision = initialDecision(OPTIONS);
    const sizes: number[] = [];
    for (let epoch = 1; epoch <= 8; epoch++) {
      const options = { ...OPTIONS.batch, evaluationIntervalMs: 3 * EPOCH_MS };
      state = stepBatch(
        state,
        report({ ...quick, attempts: 4, fullBatches: 4, latencySumMs: 40 }),
        options,
        epoch * EPOCH_MS,
      )[0];
      sizes.push(state.batchLines);
    }
    expect(sizes).toEqual([500, 500, 500, 550, 550, 550, 605, 605]);
  });
  test('shrinks when the server has too much, even if no latency was ever low enough to be kept', () => {
    const seen = report({ attempts: 100, answered: 50, throttled: 50, latencySumMs: 50 * 3_000, busyMs: 400_000 });
    const [state] = stepShare(initialDecision(OPTIONS), seen, EPOCH, NOW_MS);
    expect(state.share).toBeLessThan(0.3);
  });
  test('is never larger for more congestion', () => {
    fc.assert(
      fc.property(states, reports, fc.nat(100), (state, seen, more) => {
        const worse = { ...seen, throttled: seen.throttled + more, attempts: seen.attempts + more };
        fc.pre(seen.attempts - seen.otherFailures >= ATTEMPTS_MIN);
        const [better] = stepBatch(state, seen, OPTIONS.batch, NOW_MS);
        // Answers that come at once lower the mean: latency is kept as it was.
        const slow = { ...worse, latencySumMs: (seen.latencySumMs / Math.max(1, seen.attempts)) * worse.attempts };
        const [after] = stepBatch(state, slow, OPTIONS.batch, NOW_MS);
        if (more > 0 || congestedAnswers(seen) > 0) expect(after.batchLines).toBeLessThanOrEqual(better.batchLines);
      }),
    );
  });
});

describe('the share', () => {
  test('lets as many requests be under way as fit in, and a little more', () => {
    // 500 a second of 6 ms each are three under way; 1.5 times that and two more are 6.5, of thirteen who wish.
    const seen = report({
      attempts: 1_000,
      answered: 1_000,
      latencySumMs: 20_000,
      lowestPowerSum: lowestPower(6),
      lowestCount: 1,
      busyMs: 26_000,
    });
    const [state, reasons] = stepShare({ ...initialDecision(OPTIONS), heardMs: NOW_MS }, seen, EPOCH, NOW_MS);
    expect(state.share).toBeCloseTo(0.5, 3);
    expect(reasons).toEqual(['share 1 -> 0.5: 6.5 requests fit in, 13.0 wish']);
  });
  test('is not moved by an epoch that asked for less on purpose', () => {
    const seen = report({ attempts: 1_000, answered: 1_000, lowestPowerSum: 1, lowestCount: 1, busyMs: 26_000 });
    const probe = Array.from({ length: 100 }, (_, index) => index).find(hasProbe) as number;
    const [state] = stepShare(initialDecision(OPTIONS), seen, probe, NOW_MS);
    expect([state.share, state.lowestMs]).toEqual([1, [1]]);
  });
  test('begins anew after a silence', () => {
    const old = { ...initialDecision(OPTIONS), share: 0.1, rates: [900], lowestMs: [1], heardMs: NOW_MS - 30_001 };
    expect(stepShare(old, EMPTY_REPORT, EPOCH, NOW_MS)[0]).toMatchObject({ share: 1, rates: [], lowestMs: [] });
    const seen = report({ attempts: 100, answered: 100, lowestPowerSum: lowestPower(9), lowestCount: 1, busyMs: 1 });
    expect(stepShare(old, seen, EPOCH, NOW_MS)[0]).toMatchObject({ rates: [50], lowestMs: [9] });
  });
  test('remembers sixteen epochs', () => {
    const seen = report({ attempts: 100, answered: 100, lowestPowerSum: lowestPower(9), lowestCount: 1, busyMs: 1 });
    const old = { ...initialDecision(OPTIONS), rates: new Array<number>(16).fill(1), heardMs: NOW_MS };
    expect(stepShare(old, seen, EPOCH, NOW_MS)[0].rates).toEqual([...new Array<number>(15).fill(1), 50]);
  });
  test('is never larger for more congestion', () => {
    fc.assert(
      fc.property(states, reports, fc.nat(500), (state, seen, turned) => {
        fc.pre(seen.answered >= turned && state.lowestMs.length > 0);
        const worse = { ...seen, answered: seen.answered - turned, throttled: seen.throttled + turned };
        const [better] = stepShare(state, seen, EPOCH, NOW_MS);
        expect(stepShare(state, worse, EPOCH, NOW_MS)[0].share).toBeLessThanOrEqual(better.share * 1.001);
      }),
    );
  });
});

describe('MaximumConcurrency', () => {
  const seen = report({ attempts: 1_000, answered: 1_000, latencySumMs: 20_000, wallMs: 40_000 });
  const stateOf = (share: number, limit: Partial<Decision['maximumConcurrency'] & object> = {}): Decision => ({
    ...initialDecision(OPTIONS),
    share,
    lowestMs: [6],
    maximumConcurrency: { wanted: 20, before: 20, changedMs: 0, fitting: 20 * share, epochs: 20, ...limit },
  });
  const wanted = (state: Decision, one = seen): number | undefined =>
    stepMaximumConcurrency(state, one, OPTIONS.maximumConcurrency, NOW_MS)[0].maximumConcurrency?.wanted;

  test.each([
    ['is lowered to what fits', wanted(stateOf(0.5)), 10],
    ['is left alone while the share is near one', wanted(stateOf(0.7)), 20],
    ['is raised a little further than what fits', wanted(stateOf(1.5)), 33],
    [
      'is raised far when the server has hardly been asked',
      wanted(stateOf(1.5), { ...seen, latencySumMs: 7_000 }),
      160,
    ],
    ['is not raised on quick refusals', wanted(stateOf(1.5), { ...seen, throttled: 1, latencySumMs: 7_000 }), 20],
    ['is not raised when it is not what hinders', wanted(stateOf(1.5), { ...seen, wallMs: 18_000 }), 20],
    ['waits for the time between two changes', wanted(stateOf(0.5, { changedMs: NOW_MS - 29_999 })), 20],
    [
      'waits until the last change acts',
      wanted(stateOf(0.5, { before: 90, epochs: 0, changedMs: NOW_MS - 31_000 })),
      20,
    ],
    ['is not moved without evidence', wanted(stateOf(0.5), { ...seen, attempts: 9 }), 20],
  ])('%s', (_, found, expected) => {
    expect(found).toBe(expected);
  });
  test('moves while it was changed lately, or is about to be, and there is room to move it', () => {
    const moves = (share: number, limit: Partial<Decision['maximumConcurrency'] & object> = {}, ageMs = 0): boolean =>
      isMoving({ ...stateOf(share, limit), asOfMs: NOW_MS - ageMs }, NOW_MS);
    expect([moves(1), moves(0.5), moves(1.5)]).toEqual([false, true, true]);
    expect(moves(1, { changedMs: NOW_MS - 50_000 })).toBe(true);
    // Nobody decides at present.
    expect(moves(0.5, {}, 11_000)).toBe(false);
    // There is no lower limit, no higher one, and here it does not hinder.
    expect(moves(0.5, { wanted: 2 })).toBe(false);
    expect(moves(1.5, { wanted: 1_000, fitting: 1_500 })).toBe(false);
    expect(moves(8, { fitting: 8 })).toBe(false);
  });
  test('learns nothing from what is seen before its last change acts', () => {
    const state = stateOf(0.5, { before: 90, wanted: 10, epochs: 0, changedMs: NOW_MS - 31_000 });
    const [before] = stepMaximumConcurrency(state, { ...seen, wallMs: 60_000 }, OPTIONS.maximumConcurrency, NOW_MS);
    const [after] = stepMaximumConcurrency(state, { ...seen, wallMs: 20_000 }, OPTIONS.maximumConcurrency, NOW_MS);
    expect([before.maximumConcurrency?.epochs, after.maximumConcurrency?.epochs]).toEqual([0, 1]);
  });
  test('is left alone without permission', () => {
    const state = stateOf(0.5);
    expect(stepMaximumConcurrency(state, seen, undefined, NOW_MS)).toEqual([state, []]);
  });
});

describe('one step', () => {
  test('keeps everything within its bounds, whatever was reported', () => {
    fc.assert(
      fc.property(states, reports, fc.integer({ min: 1, max: 100 }), (state, seen, instances) => {
        const next = stepEpoch(state, EPOCH, seen, OPTIONS, NOW_MS, { dividedBy: instances });
        expect(next.batchLines).toBeGreaterThanOrEqual(50);
        expect(next.batchLines).toBeLessThanOrEqual(2_000);
        expect(Number.isInteger(next.batchLines)).toBe(true);
        expect(next.share).toBeGreaterThanOrEqual(Math.min(state.share, SHARE_MIN) * 0.999);
        expect(next.share).toBeLessThanOrEqual(SHARE_MAX);
        expect(next.maximumConcurrency?.wanted).toBeGreaterThanOrEqual(2);
        expect(next.maximumConcurrency?.wanted).toBeLessThanOrEqual(1_000);
        expect(next.rates.length).toBeLessThanOrEqual(16);
      }),
      { numRuns: 1_000 },
    );
  });
  test('moves nothing without evidence', () => {
    fc.assert(
      fc.property(states, reports, (state, seen) => {
        const few = { ...seen, attempts: 9, answered: 9, throttled: 0, timedOut: 0, tooLarge: 0, otherFailures: 0 };
        const fresh = { ...state, heardMs: NOW_MS, evaluation: initialDecision(OPTIONS).evaluation };
        const next = stepEpoch(fresh, EPOCH, few, OPTIONS, NOW_MS);
        expect([next.batchLines, next.share, next.maximumConcurrency?.wanted]).toEqual([
          fresh.batchLines,
          fresh.share,
          fresh.maximumConcurrency?.wanted,
        ]);
        expect(next.reasons).toEqual([]);
      }),
    );
  });
  test('says why it moved what it moved', () => {
    fc.assert(
      fc.property(states, reports, (state, seen) => {
        const next = stepEpoch(state, EPOCH, seen, OPTIONS, NOW_MS);
        const moved = [
          next.batchLines !== state.batchLines,
          next.share !== state.share,
          next.maximumConcurrency?.wanted !== state.maximumConcurrency?.wanted,
        ].filter(Boolean);
        expect(next.reasons.length).toBe(moved.length);
      }),
    );
  });
  test('keeps the steps before that moved something, as many as have room', () => {
    fc.assert(
      fc.property(states, fc.array(reports, { minLength: 8, maxLength: 8 }), (first, seen) => {
        let state = first;
        for (const [index, one] of seen.entries()) {
          const next = stepEpoch(state, EPOCH + index, one, OPTIONS, NOW_MS);
          const { epoch, reasons, earlier } = state;
          const all = [...(reasons.length > 0 ? [{ epoch, reasons }] : []), ...earlier].slice(0, 5);
          const kept = next.earlier.length;
          expect(next.earlier).toEqual(all.slice(0, kept));
          // Not one less than there is room for.
          const oneMore = JSON.stringify({ ...next, earlier: all.slice(0, kept + 1) });
          if (kept < all.length) expect(oneMore.length).toBeGreaterThan(STATE_BYTES_MAX);
          state = next;
        }
      }),
      { numRuns: 300 },
    );
  });
  test('can be stored for one unit and read back', () => {
    fc.assert(
      fc.property(states, fc.array(reports, { minLength: 20, maxLength: 20 }), (state, seen) => {
        let next = state;
        for (const [index, one] of seen.entries()) next = stepEpoch(next, EPOCH + index, one, OPTIONS, NOW_MS);
        const text = JSON.stringify(next);
        expect(text.length).toBeLessThan(1_000);
        expect(parseDecision(JSON.parse(text), OPTIONS)).toEqual(next);
      }),
    );
  });
});

describe('what was stored', () => {
  const state = initialDecision(OPTIONS);
  test('is not understood when a newer version wrote it, nor when nobody did', () => {
    expect(parseDecision({ ...state, format: 2 }, OPTIONS)).toBeUndefined();
    expect(parseDecision({ ...state, share: 0 }, OPTIONS)).toBeUndefined();
    expect(parseDecision({ ...state, maximumConcurrency: { wanted: 'many' } }, OPTIONS)).toBeUndefined();
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(parseDecision(value, OPTIONS)).toBeUndefined();
      }),
    );
  });
  test('is understood with what a later version of this format has added', () => {
    expect(parseDecision({ ...state, added: 1 }, OPTIONS)).toMatchObject({ share: 1 });
  });
  test('is brought within the bounds that hold now', () => {
    const stored = { ...state, batchLines: 5_000 };
    expect(parseDecision(stored, OPTIONS)?.batchLines).toBe(2_000);
    expect(parseDecision(stored, { ...OPTIONS, maximumConcurrency: undefined })).not.toHaveProperty(
      'maximumConcurrency',
    );
    const { maximumConcurrency: _, ...without } = state;
    expect(parseDecision(without, OPTIONS)?.maximumConcurrency?.wanted).toBe(20);
  });
});
