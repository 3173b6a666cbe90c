/**
 * The steps of the controller, and the reports and decisions that they use. Covers `src/controller/step.ts`, the three
 * steps, `report.ts` and `decision.ts`.
 */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ATTEMPTS_MIN, stepBatch } from '../../src/controller/batch-step.ts';
import { isMoving, stepMaximumConcurrency } from '../../src/controller/concurrency-step.ts';
import { type Decision, initialDecision, parseDecision } from '../../src/controller/decision.ts';
import { EPOCH_MS, hasLatencyProbe } from '../../src/controller/epochs.ts';
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

/** An epoch without a probe. */
const EPOCH = 500_001;
const NOW_MS = (EPOCH + 1) * EPOCH_MS;
const states = statesAt(NOW_MS);

const report = (members: Partial<ControlReport>): ControlReport => ({ ...EMPTY_REPORT, ...members });

/** A report of a fast server and full batches. */
const quick = report({ attempts: 100, answered: 100, fullBatches: 60, latencySumMs: 1_000 });

/** Returns the batch size after one evaluation that starts without earlier observations. */
const batchAfter = (from: number, seen: ControlReport, options: Partial<BatchOptions> = {}): number => {
  const state = { ...initialDecision(OPTIONS), batchLines: from };
  const due = { ...state, evaluation: { ...state.evaluation, sinceMs: NOW_MS - 2_000 } };
  return stepBatch(due, seen, { ...OPTIONS.batch, ...options }, NOW_MS)[0].batchLines;
};

describe('reports', () => {
  test('adds reports in any order', () => {
    fc.assert(
      fc.property(reports, reports, (a, b) => {
        expect(addReports(a, b)).toEqual(addReports(b, a));
        expect(addReports(a, EMPTY_REPORT)).toEqual(a);
      }),
    );
  });
  test('scales each of the 13 sums of a report by its weight', () => {
    const sums = Object.fromEntries(REPORT_SUMS.map((name, place) => [name, place + 1]));
    const scaled = Object.fromEntries(REPORT_SUMS.map((name, place) => [name, 4 * (place + 1)]));
    expect(REPORT_SUMS.length).toBe(13);
    expect(scaleReport(report(sums), 4)).toStrictEqual(scaled);
  });
  test('approximates the lowest latency of many reports from sums', () => {
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
  ] as const)('counts the outcome %j as %s', (outcome, answer) => {
    expect(answerOf(outcome)).toBe(answer);
  });
});

describe('batch size', () => {
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
    ['grows from ten attempts on', 1_000, { ...quick, attempts: 10, latencySumMs: 90 }, {}, 1_100],
    ['stays at the highest latency that is not high', 1_000, { ...quick, latencySumMs: 50_000 }, {}, 1_000],
    ['grows when half of the batches were full', 1_000, { ...quick, fullBatches: 50 }, {}, 1_100],
    [
      'is not affected by attempts that received no response',
      1_000,
      { ...quick, fullBatches: 100, otherFailures: 91, latencySumMs: 90 },
      {},
      1_000,
    ],
  ] as const)('the batch size %s', (_, from, seen, options, to) => {
    expect(batchAfter(from, seen, options)).toBe(to);
  });
  test.each<[string, Partial<ControlReport>, string]>([
    ['overload', { throttled: 1, timedOut: 2 }, 'batch 1000 -> 700: 3 signs of overload'],
    ['a high latency', { latencySumMs: 50_100 }, 'batch 1000 -> 700: 501 ms is high'],
    ['a low latency', {}, 'batch 1000 -> 1100: 10 ms is low'],
  ])('gives the reason of a change after %s', (_, members, reason) => {
    const evaluation = { ...initialDecision(OPTIONS).evaluation, sinceMs: NOW_MS - 2_000 };
    const state = { ...initialDecision(OPTIONS), batchLines: 1_000, evaluation };
    expect(stepBatch(state, { ...quick, ...members }, OPTIONS.batch, NOW_MS)[1]).toEqual([reason]);
  });
  test('evaluates the batch size once per interval, over all attempts of the interval', () => {
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
  test('reduces the share of an overloaded server even without a low latency to compare', () => {
    const seen = report({ attempts: 100, answered: 50, throttled: 50, latencySumMs: 50 * 3_000, busyMs: 400_000 });
    const [state] = stepShare(initialDecision(OPTIONS), seen, EPOCH, NOW_MS);
    expect(state.share).toBeLessThan(0.3);
  });
  test('never sets a larger batch size for more congestion', () => {
    fc.assert(
      fc.property(states, reports, fc.nat(100), (state, seen, more) => {
        const worse = { ...seen, throttled: seen.throttled + more, attempts: seen.attempts + more };
        fc.pre(seen.attempts - seen.otherFailures >= ATTEMPTS_MIN);
        const [better] = stepBatch(state, seen, OPTIONS.batch, NOW_MS);
        // Immediate responses lower the mean latency. The latency is therefore kept constant.
        const slow = { ...worse, latencySumMs: (seen.latencySumMs / Math.max(1, seen.attempts)) * worse.attempts };
        const [after] = stepBatch(state, slow, OPTIONS.batch, NOW_MS);
        if (more > 0 || congestedAnswers(seen) > 0) expect(after.batchLines).toBeLessThanOrEqual(better.batchLines);
      }),
    );
  });
});

describe('share', () => {
  /** 1,000 answers of 20 ms, 13 requests wanted, and 6 ms without a queue. */
  const busy = report({
    attempts: 1_000,
    answered: 1_000,
    latencySumMs: 20_000,
    lowestPowerSum: lowestPower(6),
    lowestCount: 1,
    busyMs: 26_000,
  });
  const heard = { ...initialDecision(OPTIONS), heardMs: NOW_MS };
  test('sets the share to the number of requests that fit, plus a small margin', () => {
    // 500 requests per second of 6 ms each are three in flight. 1.5 times that plus two is 6.5, of 13 requested.
    const [state, reasons] = stepShare(heard, busy, EPOCH, NOW_MS);
    expect(state.share).toBeCloseTo(0.5, 3);
    expect(reasons).toEqual(['share 1 -> 0.5: 6.5 requests fit, 13.0 wanted']);
  });
  test('uses the highest rate and the lowest latency of the last epochs', () => {
    const [state] = stepShare({ ...heard, rates: [1_000, 1], lowestMs: [12, 3] }, busy, EPOCH, NOW_MS);
    // 1,000 requests per second of 3 ms each are three in flight.
    expect(state.share).toBeCloseTo(0.5, 3);
  });
  test('counts as overloaded if more than 2 % of the attempts were throttled or timed out', () => {
    const reasonAfter = (throttled: number, timedOut: number) =>
      stepShare(heard, { ...busy, throttled, timedOut }, EPOCH, NOW_MS)[1].join();
    expect(reasonAfter(10, 10)).toBe('share 1 -> 0.5: 6.5 requests fit, 13.0 wanted');
    // Half of the 10 requests that were in flight.
    expect(reasonAfter(10, 11)).toBe('share 1 -> 0.3846: signs of overload, 13.0 wanted');
  });
  test('lets earlier rates fade while the server is overloaded', () => {
    const [state] = stepShare({ ...heard, rates: [1_000] }, { ...busy, throttled: 100 }, EPOCH, NOW_MS);
    expect(state.rates).toEqual([700, 500]);
  });
  test('keeps at least the margin of requests on overload', () => {
    const overloaded = { ...busy, throttled: 100, latencySumMs: 2_000 };
    expect(stepShare(heard, overloaded, EPOCH, NOW_MS)[0].share).toBeCloseTo(2 / 13, 3);
  });
  test('does not change the share as long as no latency is known', () => {
    const seen = { ...busy, lowestPowerSum: 0, lowestCount: 0 };
    expect(stepShare(heard, seen, EPOCH, NOW_MS)).toMatchObject([{ share: 1, rates: [500] }, []]);
  });
  test('gives no reason for a share that stays', () => {
    const [state] = stepShare(heard, busy, EPOCH, NOW_MS);
    expect(stepShare(state, busy, EPOCH, NOW_MS)[1]).toEqual([]);
  });
  test('decides from ten attempts with a response on', () => {
    const isDecided = (members: Partial<ControlReport>): boolean =>
      stepShare(heard, { ...busy, ...members }, EPOCH, NOW_MS)[0].rates.length > 0;
    expect([isDecided({ attempts: 9 }), isDecided({ attempts: 10 })]).toEqual([false, true]);
    expect([isDecided({ otherFailures: 991 }), isDecided({ otherFailures: 990 })]).toEqual([false, true]);
  });
  test('returns to a share of 1 after more than 30 s, and gives the reason', () => {
    const silent = { ...heard, share: 0.5, rates: [1] };
    expect(stepShare(silent, EMPTY_REPORT, EPOCH, NOW_MS + 30_000)).toEqual([silent, []]);
    const [state, reasons] = stepShare(silent, EMPTY_REPORT, EPOCH, NOW_MS + 30_001);
    expect([state.share, reasons]).toEqual([1, ['share 0.5 -> 1: too few requests for 30 s']]);
    expect(stepShare({ ...silent, share: 1 }, EMPTY_REPORT, EPOCH, NOW_MS + 30_001)[1]).toEqual([]);
  });
  test('keeps rates and latencies that are 30 s old', () => {
    const old = { ...heard, rates: [900], lowestMs: [1], heardMs: NOW_MS - 30_000 };
    expect(stepShare(old, busy, EPOCH, NOW_MS)[0]).toMatchObject({ rates: [900, 500], lowestMs: [1, 6] });
  });
  test('does not change the share for an epoch with a probe, which requests less on purpose', () => {
    const seen = report({ attempts: 1_000, answered: 1_000, lowestPowerSum: 1, lowestCount: 1, busyMs: 26_000 });
    const probe = Array.from({ length: 100 }, (_, index) => index).find(hasLatencyProbe) as number;
    const [state] = stepShare(initialDecision(OPTIONS), seen, probe, NOW_MS);
    expect([state.share, state.lowestMs]).toEqual([1, [1]]);
  });
  test('starts the share from its initial state after 30 s without reports', () => {
    const old = { ...initialDecision(OPTIONS), share: 0.1, rates: [900], lowestMs: [1], heardMs: NOW_MS - 30_001 };
    expect(stepShare(old, EMPTY_REPORT, EPOCH, NOW_MS)[0]).toMatchObject({ share: 1, rates: [], lowestMs: [] });
    const seen = report({ attempts: 100, answered: 100, lowestPowerSum: lowestPower(9), lowestCount: 1, busyMs: 1 });
    expect(stepShare(old, seen, EPOCH, NOW_MS)[0]).toMatchObject({ rates: [50], lowestMs: [9] });
  });
  test('remembers the rates of 16 epochs', () => {
    const seen = report({ attempts: 100, answered: 100, lowestPowerSum: lowestPower(9), lowestCount: 1, busyMs: 1 });
    const old = { ...initialDecision(OPTIONS), rates: new Array<number>(16).fill(1), heardMs: NOW_MS };
    expect(stepShare(old, seen, EPOCH, NOW_MS)[0].rates).toEqual([...new Array<number>(15).fill(1), 50]);
  });
  test('never sets a larger share for more congestion', () => {
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
  const withoutLimit = (share: number): Decision => {
    const { maximumConcurrency: _, ...others } = stateOf(share);
    return { ...others, asOfMs: NOW_MS };
  };
  const step = (state: Decision, one = seen) => stepMaximumConcurrency(state, one, OPTIONS.maximumConcurrency, NOW_MS);

  test.each<[string, Decision, ControlReport, number, string[]]>([
    ['is lowered to the number that fits', stateOf(0.5), seen, 10, ['20 -> 10: the share is 0.50']],
    ['stays unchanged while the share is near one', stateOf(0.7), seen, 20, []],
    ['is raised slightly above the number that fits', stateOf(1.5), seen, 33, ['20 -> 33: the share is 1.50']],
    [
      'is raised far above that number when the server was hardly used',
      stateOf(1.5),
      { ...seen, latencySumMs: 7_000 },
      160,
      ['20 -> 160: the server has little load'],
    ],
    [
      'is raised slightly when the server takes a quarter longer than the lowest latency',
      stateOf(1.5),
      { ...seen, latencySumMs: 7_500 },
      33,
      ['20 -> 33: the share is 1.50'],
    ],
    [
      'compares with the lowest of several latencies',
      { ...stateOf(1.5), lowestMs: [50, 6] },
      seen,
      33,
      ['20 -> 33: the share is 1.50'],
    ],
    [
      'is raised slightly as long as the lowest latency is unknown',
      { ...stateOf(1.5), lowestMs: [] },
      { ...seen, latencySumMs: 7_000 },
      33,
      ['20 -> 33: the share is 1.50'],
    ],
    ['stays unchanged after fast refusals', stateOf(1.5), { ...seen, throttled: 1, latencySumMs: 7_000 }, 20, []],
    ['stays unchanged at the largest share that does not raise it', stateOf(1.2), seen, 20, []],
    ['stays unchanged when it is not the bottleneck', stateOf(1.5), { ...seen, wallMs: 18_000 }, 20, []],
    [
      'is raised when half of it is in use',
      stateOf(1.5),
      { ...seen, wallMs: 20_000 },
      33,
      ['20 -> 33: the share is 1.50'],
    ],
    ['stays unchanged for 30 s after a change', stateOf(0.5, { changedMs: NOW_MS - 29_999 }), seen, 20, []],
    [
      'is changed again 30 s after a change',
      stateOf(0.5, { changedMs: NOW_MS - 30_000 }),
      seen,
      10,
      ['20 -> 10: the share is 0.50'],
    ],
    [
      'stays unchanged until the last change takes effect',
      stateOf(0.5, { before: 90, epochs: 0, changedMs: NOW_MS - 31_000 }),
      seen,
      20,
      [],
    ],
    ['is not raised in the third epoch', stateOf(1.5, { epochs: 2 }), seen, 20, []],
    ['is raised in the fourth epoch', stateOf(1.5, { epochs: 3 }), seen, 33, ['20 -> 33: the share is 1.50']],
    ['is not lowered in the fifth epoch', stateOf(0.5, { epochs: 4 }), seen, 20, []],
    ['is lowered in the sixth epoch', stateOf(0.5, { epochs: 5 }), seen, 10, ['20 -> 10: the share is 0.50']],
    ['stays unchanged without evidence', stateOf(0.5), { ...seen, attempts: 9 }, 20, []],
    ['is changed from ten attempts on', stateOf(0.5), { ...seen, attempts: 10 }, 10, ['20 -> 10: the share is 0.50']],
    ['does not count attempts without a response', stateOf(0.5), { ...seen, otherFailures: 991 }, 20, []],
    ['stays within the permitted range', stateOf(0.01), seen, 2, ['20 -> 2: the share is 0.01']],
    ['stays unchanged if it is at its minimum', stateOf(0.5, { wanted: 2, fitting: 1 }), seen, 2, []],
  ])('MaximumConcurrency %s', (_, state, one, wanted, reasons) => {
    const [next, given] = step(state, one);
    expect(next.maximumConcurrency?.wanted).toBe(wanted);
    expect(given).toEqual(reasons.map((reason) => `maximum concurrency ${reason}`));
  });
  test.each<[string, Partial<Decision['maximumConcurrency'] & object>, number, number]>([
    ['a lowered limit with at most two more invocations', { before: 90 }, 22, 1],
    ['not a lowered limit with more', { before: 90 }, 22.1, 0],
    ['a small lowered limit with one more invocation', { before: 90, wanted: 4 }, 5, 1],
    ['not a small lowered limit with more', { before: 90, wanted: 4 }, 5.1, 0],
    ['a raised limit from half of the way on', { before: 10 }, 15, 1],
    ['not a raised limit before', { before: 10 }, 14.9, 0],
    ['an unchanged limit from its number of invocations on', { before: 20 }, 20, 1],
    ['a limit that never changed', { before: 90, changedMs: 0 }, 60, 1],
    ['a limit that was changed 100 s ago', { before: 90, changedMs: NOW_MS - 100_000 }, 60, 1],
    ['not one that was changed later', { before: 90, changedMs: NOW_MS - 99_999 }, 60, 0],
    ['a limit that was already in effect', { before: 90, epochs: 2 }, 60, 3],
  ])('counts the epochs of %s', (_, limit, invocations, epochs) => {
    const state = stateOf(0.5, { changedMs: NOW_MS - 31_000, epochs: 0, ...limit });
    expect(step(state, { ...seen, wallMs: invocations * EPOCH_MS })[0].maximumConcurrency?.epochs).toBe(epochs);
  });
  test.each([
    ['from the first epoch', 0, 40_000, 10],
    ['smoothly from later ones', 2, 40_000, 73],
    ['for the whole limit if half of it is in use', 0, 20_000, 10],
    ['for the running invocations if less is in use', 0, 18_000, 4.5],
  ])('estimates the number that fits %s', (_, epochs, wallMs, fitting) => {
    const [next] = step(stateOf(0.5, { epochs, fitting: 100 }), { ...seen, wallMs });
    expect(next.maximumConcurrency?.fitting).toBe(fitting);
  });
  test.each<[string, Decision, ControlReport]>([
    ['has none', withoutLimit(0.5), seen],
    ['has no running time', stateOf(0.5), { ...seen, wallMs: 0 }],
  ])('changes nothing if the decision or report %s', (_, state, one) => {
    expect(step(state, one)).toEqual([state, []]);
  });
  test('reports MaximumConcurrency as moving after a recent change and before one that is possible', () => {
    const moves = (share: number, limit: Partial<Decision['maximumConcurrency'] & object> = {}, ageMs = 0): boolean =>
      isMoving({ ...stateOf(share, limit), asOfMs: NOW_MS - ageMs }, NOW_MS);
    expect([moves(1), moves(0.5), moves(1.5)]).toEqual([false, true, true]);
    // Shares that lower and raise nothing.
    expect([moves(0.6), moves(1.2)]).toEqual([false, false]);
    expect(moves(1, { changedMs: NOW_MS - 99_999 })).toBe(true);
    expect(moves(1, { changedMs: NOW_MS - 100_000 })).toBe(false);
    // The decision is too old.
    expect([moves(0.5, {}, 10_000), moves(0.5, {}, 10_001)]).toEqual([true, false]);
    // The limit cannot be lowered, cannot be raised, or does not restrict the sink.
    expect(moves(0.5, { wanted: 2 })).toBe(false);
    expect(moves(1.5, { wanted: 1_000, fitting: 1_500 })).toBe(false);
    expect([moves(8, { fitting: 79 }), moves(8, { fitting: 80 })]).toEqual([false, true]);
    expect(isMoving(withoutLimit(0.5), NOW_MS)).toBe(false);
  });
  test('ignores epochs before the last change of MaximumConcurrency takes effect', () => {
    const state = stateOf(0.5, { before: 90, wanted: 10, epochs: 0, changedMs: NOW_MS - 31_000 });
    const [before] = stepMaximumConcurrency(state, { ...seen, wallMs: 60_000 }, OPTIONS.maximumConcurrency, NOW_MS);
    const [after] = stepMaximumConcurrency(state, { ...seen, wallMs: 20_000 }, OPTIONS.maximumConcurrency, NOW_MS);
    expect([before.maximumConcurrency?.epochs, after.maximumConcurrency?.epochs]).toEqual([0, 1]);
  });
  test('leaves MaximumConcurrency unchanged without permission to move it', () => {
    const state = stateOf(0.5);
    expect(stepMaximumConcurrency(state, seen, undefined, NOW_MS)).toEqual([state, []]);
  });
});

describe('step', () => {
  test('keeps the latency of an epoch, and the earlier one if no request was answered', () => {
    const state = { ...initialDecision(OPTIONS), latencyMs: 7 };
    const latencyAfter = (seen: ControlReport) =>
      stepEpoch(state, { epoch: EPOCH, report: seen }, OPTIONS, NOW_MS).latencyMs;
    expect([latencyAfter(quick), latencyAfter(EMPTY_REPORT)]).toEqual([10, 7]);
  });
  test('ends its epoch, not a later one', () => {
    const heardAt = stepEpoch(initialDecision(OPTIONS), { epoch: EPOCH, report: quick }, OPTIONS, NOW_MS + 900).heardMs;
    expect(heardAt).toBe(NOW_MS);
  });
  test('keeps every value of a decision within its limits for any report', () => {
    fc.assert(
      fc.property(states, reports, fc.integer({ min: 1, max: 100 }), (state, seen, instances) => {
        const next = stepEpoch(state, { epoch: EPOCH, report: seen }, OPTIONS, NOW_MS, { dividedBy: instances });
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
  test('changes no value of a decision without evidence', () => {
    fc.assert(
      fc.property(states, reports, (state, seen) => {
        const few = { ...seen, attempts: 9, answered: 9, throttled: 0, timedOut: 0, tooLarge: 0, otherFailures: 0 };
        const fresh = { ...state, heardMs: NOW_MS, evaluation: initialDecision(OPTIONS).evaluation };
        const next = stepEpoch(fresh, { epoch: EPOCH, report: few }, OPTIONS, NOW_MS);
        expect([next.batchLines, next.share, next.maximumConcurrency?.wanted]).toEqual([
          fresh.batchLines,
          fresh.share,
          fresh.maximumConcurrency?.wanted,
        ]);
        expect(next.reasons).toEqual([]);
      }),
    );
  });
  test('states a reason for every value of a decision that it changes', () => {
    fc.assert(
      fc.property(states, reports, (state, seen) => {
        const next = stepEpoch(state, { epoch: EPOCH, report: seen }, OPTIONS, NOW_MS);
        const moved = [
          next.batchLines !== state.batchLines,
          next.share !== state.share,
          next.maximumConcurrency?.wanted !== state.maximumConcurrency?.wanted,
        ].filter(Boolean);
        expect(next.reasons.length).toBe(moved.length);
      }),
    );
  });
  test('keeps the largest number of earlier steps with changes that fits into the stored decision', () => {
    fc.assert(
      fc.property(states, fc.array(reports, { minLength: 8, maxLength: 8 }), (first, seen) => {
        let state = first;
        for (const [index, one] of seen.entries()) {
          const next = stepEpoch(state, { epoch: EPOCH + index, report: one }, OPTIONS, NOW_MS);
          const { epoch, reasons, earlier } = state;
          const all = [...(reasons.length > 0 ? [{ epoch, reasons }] : []), ...earlier].slice(0, 5);
          const kept = next.earlier.length;
          expect(next.earlier).toEqual(all.slice(0, kept));
          // One more step would not fit.
          const oneMore = JSON.stringify({ ...next, earlier: all.slice(0, kept + 1) });
          if (kept < all.length) expect(oneMore.length).toBeGreaterThan(STATE_BYTES_MAX);
          state = next;
        }
      }),
      { numRuns: 300 },
    );
  });
  test('stores a decision within one write unit and parses it back', () => {
    fc.assert(
      fc.property(states, fc.array(reports, { minLength: 20, maxLength: 20 }), (state, seen) => {
        let next = state;
        for (const [index, one] of seen.entries())
          next = stepEpoch(next, { epoch: EPOCH + index, report: one }, OPTIONS, NOW_MS);
        const text = JSON.stringify(next);
        expect(text.length).toBeLessThan(1_000);
        expect(parseDecision(JSON.parse(text), OPTIONS)).toEqual(next);
      }),
    );
  });
});

describe('first decision', () => {
  test('has the configured values and a share of 1', () => {
    expect(initialDecision(OPTIONS)).toMatchObject({
      epoch: -1,
      batchLines: 500,
      share: 1,
      maximumConcurrency: { wanted: 20, before: 20, changedMs: 0, fitting: 20, epochs: 0 },
      reasons: [],
      earlier: [],
    });
  });
  test('has no maximum concurrency if the controller must not move it', () => {
    expect(initialDecision({ ...OPTIONS, maximumConcurrency: undefined })).not.toHaveProperty('maximumConcurrency');
  });
});

describe('stored decision', () => {
  const state = initialDecision(OPTIONS);
  test('does not parse a decision of a newer version or any other value', () => {
    expect(parseDecision({ ...state, format: 2 }, OPTIONS)).toBeUndefined();
    expect(parseDecision({ ...state, share: 0 }, OPTIONS)).toBeUndefined();
    expect(parseDecision({ ...state, maximumConcurrency: { wanted: 'many' } }, OPTIONS)).toBeUndefined();
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(parseDecision(value, OPTIONS)).toBeUndefined();
      }),
    );
  });
  test.each<[string, unknown]>([
    ['epoch', 1.5],
    ['epoch', '1'],
    ['asOfMs', undefined],
    ['asOfMs', '1'],
    ['asOfMs', -1],
    ['asOfMs', Number.NaN],
    ['asOfMs', Number.POSITIVE_INFINITY],
    ['batchLines', 0],
    ['batchLines', '500'],
    ['share', -1],
    ['share', Number.POSITIVE_INFINITY],
    ['instances', null],
    ['latencyMs', true],
    ['heardMs', {}],
    ['rates', 1],
    ['rates', { every: 1 }],
    ['rates', [1, '2']],
    ['lowestMs', [1, -2]],
    ['evaluation', undefined],
    ['evaluation', []],
    ['evaluation', { sinceMs: 0, attempts: 0, congested: 0, fullBatches: 0 }],
    ['evaluation', { sinceMs: 0, attempts: 0, congested: 0, fullBatches: 0, latencySumMs: '0' }],
    ['reasons', 'text'],
    ['reasons', [1]],
    ['earlier', [null]],
    ['earlier', [{ epoch: 1.5, reasons: [] }]],
    ['earlier', [{ epoch: 1 }]],
    ['earlier', [{ epoch: 1, reasons: [1] }]],
    ['maximumConcurrency', []],
    ['maximumConcurrency', { wanted: 2, before: 2, changedMs: 0, fitting: 2 }],
  ])('does not parse a decision whose member %s is %j', (name, value) => {
    expect(parseDecision(state, OPTIONS)).toBeDefined();
    expect(parseDecision({ ...state, [name]: value }, OPTIONS)).toBeUndefined();
  });
  test('parses a decision with members that a later version of this format has added', () => {
    expect(parseDecision({ ...state, added: 1 }, OPTIONS)).toMatchObject({ share: 1 });
  });
  test('limits a stored decision to the current configuration', () => {
    const stored = { ...state, batchLines: 5_000 };
    expect(parseDecision(stored, OPTIONS)?.batchLines).toBe(2_000);
    expect(parseDecision(stored, { ...OPTIONS, maximumConcurrency: undefined })).not.toHaveProperty(
      'maximumConcurrency',
    );
    const { maximumConcurrency: _, ...without } = state;
    expect(parseDecision(without, OPTIONS)?.maximumConcurrency?.wanted).toBe(20);
  });
  test.each([
    [0, 2],
    [1.4, 2],
    [2.6, 3],
    [20, 20],
    [30, 30],
    [30.4, 30],
    [31, 30],
    [65_536, 30],
  ])(
    'limits the stored maximum concurrency %d to the whole number %d that the configuration permits',
    (wanted, expected) => {
      const options = { ...OPTIONS, maximumConcurrency: { initial: 20, min: 2, max: 30 } };
      const stored = { ...state, maximumConcurrency: { wanted, before: 50, changedMs: 1, fitting: 40, epochs: 3 } };
      expect(parseDecision(stored, options)?.maximumConcurrency).toEqual({
        ...stored.maximumConcurrency,
        wanted: expected,
      });
    },
  );
});
