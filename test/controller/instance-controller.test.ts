/**
 * The controller of one instance. Covers `src/controller/instance-controller.ts`, `epoch-counter.ts` and `pause.ts`.
 */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Decision, initialDecision } from '../../src/controller/decision.ts';
import { EpochCounter } from '../../src/controller/epoch-counter.ts';
import { EPOCH_MS, epochOf, hasLatencyProbe, isInLatencyProbe, lastSteppable } from '../../src/controller/epochs.ts';
import { InstanceController } from '../../src/controller/instance-controller.ts';
import { drawInFlightMax, meanPauseMs, Pause } from '../../src/controller/pause.ts';
import { EMPTY_REPORT, lowestMsOf } from '../../src/controller/report.ts';
import { OPTIONS } from './arbitraries.ts';

/** Start of an epoch that is neither a probe nor the epoch after one. */
const START_MS = 1_000_000_000;
const WRITTEN = { answer: 'answered', latencyMs: 10, lines: 500, full: true } as const;

const decision = (members: Partial<Decision>): Decision => ({
  ...initialDecision(OPTIONS),
  epoch: epochOf(START_MS) - 1,
  asOfMs: START_MS,
  ...members,
});

/** Runs one invocation with the given number of attempts between two times. */
const invoke = (control: InstanceController, fromMs: number, toMs: number, attempts: number, seen = WRITTEN): void => {
  control.invocationStarted(fromMs);
  for (let index = 0; index < attempts; index++) {
    const atMs = fromMs + (index * (toMs - fromMs)) / attempts;
    control.requestQueued(atMs);
    control.recordAttempt(seen, atMs);
    control.requestDone(atMs + (toMs - fromMs) / attempts / 2);
  }
  control.invocationEnded(toMs);
};

test('starts the tests of the instance controller at an epoch without a probe', () => {
  expect([START_MS % EPOCH_MS, hasLatencyProbe(epochOf(START_MS)), hasLatencyProbe(epochOf(START_MS) + 1)]).toEqual([
    0,
    false,
    false,
  ]);
});

describe('counter of an epoch', () => {
  test('splits the sums at the epoch boundary without losing any of a running invocation', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1, maxLength: 40 }), (steps) => {
        const sums = new EpochCounter();
        const reports = [sums.closeEpoch(START_MS)];
        let nowMs = START_MS;
        sums.invocationStarted(nowMs);
        sums.requestQueued(nowMs);
        for (const step of steps) {
          nowMs += step;
          reports.push(sums.closeEpoch(nowMs));
        }
        sums.requestDone(nowMs);
        sums.invocationEnded(nowMs);
        reports.push(sums.closeEpoch(nowMs + 2 * EPOCH_MS));
        const sumOf = (figure: 'wallMs' | 'busyMs'): number =>
          reports.reduce((sum, closed) => sum + (closed?.report[figure] ?? 0), 0);
        expect([sumOf('wallMs'), sumOf('busyMs')]).toEqual([nowMs - START_MS, nowMs - START_MS]);
        for (const closed of reports) expect(closed?.report.wallMs ?? 0).toBeLessThanOrEqual(EPOCH_MS);
      }),
    );
  });
  test('leaves out the epochs during which the instance was frozen', () => {
    const sums = new EpochCounter();
    sums.closeEpoch(START_MS);
    sums.invocationStarted(START_MS);
    expect(sums.closeEpoch(START_MS + 3 * EPOCH_MS)?.report.wallMs).toBe(EPOCH_MS);
    expect(sums.closeEpoch(START_MS + 4 * EPOCH_MS)?.report.wallMs).toBe(EPOCH_MS);
  });
  test('closes an epoch without activity without a report', () => {
    const sums = new EpochCounter();
    expect([sums.closeEpoch(START_MS), sums.closeEpoch(START_MS + EPOCH_MS)]).toEqual([undefined, undefined]);
  });
  test('counts the busy time of two concurrent requests once', () => {
    const sums = new EpochCounter();
    sums.closeEpoch(START_MS);
    sums.invocationStarted(START_MS);
    sums.requestQueued(START_MS + 100);
    sums.requestQueued(START_MS + 200);
    sums.requestDone(START_MS + 300);
    sums.requestDone(START_MS + 400);
    sums.invocationEnded(START_MS + 500);
    expect(sums.closeEpoch(START_MS + EPOCH_MS)?.report).toMatchObject({ busyMs: 300, wallMs: 500 });
  });
  test('reports the lowest latency of the largest requests, not of a remainder', () => {
    const sums = new EpochCounter();
    sums.closeEpoch(START_MS);
    sums.invocationStarted(START_MS);
    for (const [lines, latencyMs] of [
      [100, 2],
      [1_000, 12],
      [950, 9],
      [100, 1],
    ] as const)
      sums.recordAttempt({ ...WRITTEN, lines, latencyMs });
    sums.recordAttempt({ ...WRITTEN, answer: 'throttled', lines: 1_000, latencyMs: 1 });
    const first = sums.closeEpoch(START_MS + EPOCH_MS)?.report ?? EMPTY_REPORT;
    expect(lowestMsOf(first)).toBeCloseTo(9);
    sums.recordAttempt({ ...WRITTEN, lines: 100, latencyMs: 2 });
    expect(lowestMsOf(sums.closeEpoch(START_MS + 2 * EPOCH_MS)?.report ?? EMPTY_REPORT)).toBeUndefined();
  });
});

describe('counter of attempts', () => {
  const counted = (record: (sums: EpochCounter) => void) => {
    const sums = new EpochCounter();
    sums.closeEpoch(START_MS);
    sums.invocationStarted(START_MS);
    record(sums);
    return sums.closeEpoch(START_MS + EPOCH_MS)?.report ?? EMPTY_REPORT;
  };
  test('adds latencies, and counts full batches', () => {
    const { attempts, fullBatches, latencySumMs } = counted((sums) => {
      sums.recordAttempt({ ...WRITTEN, latencyMs: 10 });
      sums.recordAttempt({ ...WRITTEN, latencyMs: 30, full: false });
    });
    expect([attempts, fullBatches, latencySumMs]).toEqual([2, 1, 40]);
  });
  test('compares latencies of requests that have at least nine tenths of the lines of the largest', () => {
    const lowestAfter = (...requests: readonly (readonly [lines: number, latencyMs: number])[]) =>
      lowestMsOf(
        counted((sums) => {
          for (const [lines, latencyMs] of requests) sums.recordAttempt({ ...WRITTEN, lines, latencyMs });
        }),
      );
    expect(lowestAfter([1_000, 12], [900, 5])).toBeCloseTo(5);
    expect(lowestAfter([1_000, 12], [899, 5])).toBeCloseTo(12);
    // A slightly larger request does not replace the latency of the largest.
    expect(lowestAfter([900, 5], [1_000, 12])).toBeCloseTo(5);
    expect(lowestAfter([900, 5], [1_001, 12])).toBeCloseTo(12);
  });
  test('ignores the end of a request of an earlier invocation', () => {
    const { busyMs } = counted((sums) => {
      sums.requestDone(START_MS + 100);
      sums.requestQueued(START_MS + 200);
      sums.requestDone(START_MS + 300);
    });
    expect(busyMs).toBe(100);
  });
  test('counts no busy time before a request in a new epoch', () => {
    const sums = new EpochCounter();
    sums.closeEpoch(START_MS);
    sums.invocationStarted(START_MS);
    sums.closeEpoch(START_MS + EPOCH_MS);
    sums.invocationEnded(START_MS + EPOCH_MS + 10);
    expect(sums.closeEpoch(START_MS + 2 * EPOCH_MS)?.report.busyMs).toBe(0);
  });
});

describe('use of a share', () => {
  test('draws requests that match the share on average, from one request to the maximum', () => {
    const mean = (share: number): number => {
      const draws = Array.from({ length: 1_000 }, (_, index) => drawInFlightMax(share, index / 1_000, 4));
      return draws.reduce((sum, draw) => sum + draw, 0) / draws.length;
    };
    expect([mean(0.01), mean(1), mean(2.3), mean(8)]).toEqual([1, 1, 2.3, 4]);
  });
  test('pauses for a share below one so that a request is in flight for that share of the time', () => {
    // One request of 10 ms and a pause of 30 ms: a request is in flight for a quarter of the time.
    expect(meanPauseMs(0.25, 10)).toBe(30);
    expect([meanPauseMs(1, 10), meanPauseMs(3, 10)]).toEqual([0, 0]);
  });
  test('pauses for at most twice the mean, in slices, and never past the deadline', () => {
    const times = fc.integer({ min: 1, max: 5_000 });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 99 }), times, times, (percent, meanMs, leftMs) => {
        const random = percent / 100;
        const pause = new Pause(random);
        let waitedMs = 0;
        for (let slice = 1; slice > 1e-6 && waitedMs < leftMs; ) {
          slice = pause.sliceMs(meanMs, leftMs - waitedMs);
          expect(slice).toBeLessThanOrEqual(500);
          pause.waited(slice, meanMs);
          waitedMs += slice;
        }
        expect(waitedMs).toBeCloseTo(Math.min(2 * random * meanMs, leftMs), 2);
      }),
    );
  });
  test('ends a pause when the share has risen', () => {
    const pause = new Pause(0.9);
    pause.waited(500, 5_000);
    expect(pause.sliceMs(0, 60_000)).toBe(0);
  });
  test('derives pauses only from latencies of answered requests, not from time limits', () => {
    const control = new InstanceController(OPTIONS);
    control.applyDecision(decision({ share: 0.5 }));
    control.recordAttempt(WRITTEN, START_MS);
    control.recordAttempt({ ...WRITTEN, answer: 'timedOut', latencyMs: 10_000 }, START_MS + 10);
    expect(control.pauseMs(new Pause(0.5), START_MS + 20, 60_000)).toBe(10);
    control.recordAttempt({ ...WRITTEN, latencyMs: 20 }, START_MS + 30);
    expect(control.pauseMs(new Pause(0.5), START_MS + 40, 60_000)).toBeCloseTo(12);
    // After a long time, the newest latency has most of the weight.
    control.recordAttempt({ ...WRITTEN, latencyMs: 100 }, START_MS + 20_000);
    expect(control.pauseMs(new Pause(0.5), START_MS + 20_000, 60_000)).toBeGreaterThan(99);
  });
  test('halves the share of all instances during a probe, and only then', () => {
    const control = new InstanceController(OPTIONS);
    control.applyDecision(decision({ share: 0.8, asOfMs: START_MS + 60_000 }));
    const shares = Array.from({ length: 300 }, (_, index) => control.share(START_MS + 100 * index));
    const probing = Array.from({ length: 300 }, (_, index) => isInLatencyProbe(START_MS + 100 * index));
    expect(shares).toEqual(probing.map((one) => (one ? 0.4 : 0.8)));
    expect(probing.filter(Boolean).length).toBe(5);
  });
});

describe('report of an instance', () => {
  const active = (instances: number): InstanceController => {
    const control = new InstanceController(OPTIONS);
    control.applyDecision(decision({ instances }));
    invoke(control, START_MS, START_MS + 1_000, 20);
    return control;
  };
  test('reports each ended epoch once', () => {
    const control = active(10);
    expect(control.dueReport(START_MS + 1_500, 0)).toBeUndefined();
    const due = control.dueReport(START_MS + EPOCH_MS + 10, 0.99);
    expect(due).toMatchObject({ epoch: epochOf(START_MS), report: { attempts: 20, weight: 1 } });
    expect(control.dueReport(START_MS + EPOCH_MS + 20, 0)).toBeUndefined();
  });
  test('samples the reports of many instances and increases their weight accordingly', () => {
    expect(active(640).dueReport(START_MS + EPOCH_MS, 0.1)).toBeUndefined();
    const due = active(640).dueReport(START_MS + EPOCH_MS, 0.099);
    expect(due?.report).toMatchObject({ attempts: 200, weight: 10 });
  });
  /** Calls of an invocation that runs over the end of an epoch, and what each of the two epochs contains. */
  const late = START_MS + EPOCH_MS + 300;
  test.each<[string, (control: InstanceController) => void, readonly number[]]>([
    ['an attempt', (control) => control.recordAttempt(WRITTEN, late), [1_000, 500, 0, 600, 600, 1]],
    ['the end of a request', (control) => control.requestDone(late), [1_000, 500, 0, 600, 300, 0]],
    ['the next request', (control) => control.requestQueued(late), [1_000, 500, 0, 600, 600, 0]],
    ['the end of the invocation', (control) => control.invocationEnded(late), [1_000, 500, 0, 300, 300, 0]],
  ])('begins an epoch with %s', (_, call, expected) => {
    const control = new InstanceController(OPTIONS);
    control.invocationStarted(START_MS + 1_000);
    control.requestQueued(START_MS + 1_500);
    call(control);
    const first = control.dueReport(START_MS + EPOCH_MS + 400, 0)?.report ?? EMPTY_REPORT;
    control.invocationEnded(START_MS + EPOCH_MS + 600);
    const second = control.dueReport(START_MS + 2 * EPOCH_MS, 0)?.report ?? EMPTY_REPORT;
    expect([first, second].flatMap(({ wallMs, busyMs, attempts }) => [wallMs, busyMs, attempts])).toEqual(expected);
  });
  test('begins an epoch with an invocation, or with a request, without the time before it', () => {
    const control = active(10);
    control.invocationStarted(START_MS + EPOCH_MS + 300);
    control.invocationEnded(START_MS + EPOCH_MS + 400);
    const idle = control.dueReport(START_MS + 2 * EPOCH_MS, 0)?.report;
    expect(idle).toMatchObject({ wallMs: 100, busyMs: 0 });
    control.invocationStarted(START_MS + 2 * EPOCH_MS);
    control.requestQueued(START_MS + 3 * EPOCH_MS + 300);
    control.requestDone(START_MS + 3 * EPOCH_MS + 400);
    control.invocationEnded(START_MS + 3 * EPOCH_MS + 400);
    expect(control.dueReport(START_MS + 4 * EPOCH_MS, 0)?.report).toMatchObject({ wallMs: 400, busyMs: 100 });
  });
  test('does not report an epoch that is too old for the step', () => {
    expect(active(10).dueReport(START_MS + 3 * EPOCH_MS, 0)).toBeUndefined();
  });
});

describe('right to make a step', () => {
  /** Returns a controller that was active in the last three epochs. */
  const awake = (nowMs: number): InstanceController => {
    const control = new InstanceController(OPTIONS);
    invoke(control, nowMs - 3 * EPOCH_MS, nowMs - 1, 10);
    control.dueReport(nowMs, 1);
    return control;
  };
  test('makes a missing step when more than half an epoch has passed since the boundary', () => {
    const control = awake(START_MS + EPOCH_MS);
    const epoch = epochOf(START_MS);
    control.applyDecision(decision({ epoch: epoch - 1 }));
    expect(control.dueStep(START_MS + EPOCH_MS + 999)).toBeUndefined();
    expect(control.dueStep(START_MS + EPOCH_MS + 1_000)).toEqual({ expectedEpoch: epoch - 1, epoch });
    control.applyDecision(decision({ epoch }));
    expect(control.dueStep(START_MS + EPOCH_MS + 1_000)).toBeUndefined();
  });
  test('makes no step for an epoch without activity, so that a quiet sink reads no reports', () => {
    const control = new InstanceController(OPTIONS);
    control.applyDecision(decision({ epoch: epochOf(START_MS) - 1 }));
    expect(control.dueStep(START_MS + EPOCH_MS + 1_000)).toBeUndefined();
  });
  test('makes no step from a decision that it cannot parse or has not read', () => {
    const control = awake(START_MS);
    control.applyDecision('unreadable');
    expect(control.dueStep(START_MS)).toBeUndefined();
    control.applyDecision(undefined);
    expect(control.dueStep(START_MS)).toEqual({ expectedEpoch: -1, epoch: lastSteppable(START_MS) });
    control.tableUnavailable(START_MS);
    expect(control.dueStep(START_MS)).toBeUndefined();
  });
  test('replaces a decision whose epoch is far in the future', () => {
    const control = awake(START_MS);
    const ahead = epochOf(START_MS) + 1_000;
    control.applyDecision(decision({ epoch: ahead }));
    expect(control.dueStep(START_MS)).toEqual({ expectedEpoch: ahead, epoch: lastSteppable(START_MS) });
  });
  test('continues to read after the clock was set back', () => {
    const control = new InstanceController(OPTIONS);
    control.readStarted(START_MS);
    expect([control.isReadDue(START_MS - 1_000), control.isReadDue(START_MS - 20_000)]).toEqual([false, true]);
  });
  test('reads the shared decision every 1.5 s, and not while a read is in flight', () => {
    const control = new InstanceController(OPTIONS);
    expect(control.isReadDue(START_MS)).toBe(true);
    control.readStarted(START_MS);
    expect([control.isReadDue(START_MS + 1_499), control.isReadDue(START_MS + 1_500)]).toEqual([false, true]);
  });
});

describe('decision', () => {
  test('allows one request per instance after 30 s without a new decision, and keeps the batch size', () => {
    const control = new InstanceController(OPTIONS);
    control.applyDecision(decision({ share: 0.1, batchLines: 1_300 }));
    expect(control.share(START_MS + 28_100)).toBe(0.1);
    expect([control.share(START_MS + 30_001), control.batchLines(START_MS + 30_001)]).toEqual([1, 1_300]);
  });
  test('keeps share and requests in flight within their limits for a decision of any age', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1 / 1_024, max: 8, noNaN: true }),
        fc.integer({ min: 0, max: 10_000_000 }),
        (share, lateMs) => {
          const control = new InstanceController(OPTIONS);
          control.applyDecision(decision({ share }));
          const used = control.share(START_MS + lateMs);
          expect(used).toBeLessThanOrEqual(Math.max(share, 1));
          expect(control.inFlightMax(START_MS + lateMs, 0.999)).toBeLessThanOrEqual(OPTIONS.inFlightMax);
        },
      ),
    );
  });
  test('keeps the last decision for at least 40 s while the table is unavailable and no own report is better', () => {
    const control = new InstanceController(OPTIONS);
    control.applyDecision(decision({ share: 0.1 }));
    control.tableUnavailable(START_MS);
    expect(control.share(START_MS + 40_100)).toBe(0.1);
  });
});

describe('unavailable table', () => {
  /** Runs the given number of epochs without the table. */
  const alone = (control: InstanceController, epochs: number, seen = WRITTEN): number => {
    control.tableUnavailable(START_MS);
    for (let index = 0; index < epochs; index++)
      invoke(control, START_MS + index * EPOCH_MS, START_MS + index * EPOCH_MS + 1_900, 100, seen);
    return START_MS + epochs * EPOCH_MS;
  };
  test('keeps the decision for 6 s without the table, and then follows the reports of the instance', () => {
    const control = new InstanceController(OPTIONS);
    control.applyDecision(decision({ share: 0.1, instances: 10 }));
    alone(control, 3);
    expect([control.share(START_MS + 5_999), control.batchLines(START_MS + 5_999)]).toEqual([0.1, 500]);
    const nowMs = alone(control, 12);
    expect(control.share(nowMs)).not.toBe(0.1);
    expect(control.batchLines(nowMs)).toBeGreaterThan(500);
  });
  test('shrinks batches without the table when the server is overloaded', () => {
    const control = new InstanceController(OPTIONS);
    control.applyDecision(decision({ instances: 10 }));
    const nowMs = alone(control, 12, { ...WRITTEN, answer: 'throttled' } as never);
    expect(control.batchLines(nowMs)).toBeLessThan(500);
  });
  test('allows at most one request in flight without the table if it never read a decision', () => {
    const control = new InstanceController(OPTIONS);
    expect(control.share(alone(control, 12))).toBeLessThanOrEqual(1);
  });
  test('expects without the table the number of instances that follows from MaximumConcurrency', () => {
    const shareOf = (wanted: number): number => {
      const control = new InstanceController(OPTIONS);
      const maximumConcurrency = { wanted, before: 20, changedMs: START_MS, fitting: wanted, epochs: 0 };
      control.applyDecision(decision({ instances: 20, maximumConcurrency }));
      return control.share(alone(control, 12));
    };
    expect(shareOf(4)).toBeGreaterThan(shareOf(20));
  });
  test('follows its own reports during a pause that is longer than an epoch', () => {
    const control = new InstanceController(OPTIONS);
    control.applyDecision(decision({ instances: 10 }));
    const nowMs = alone(control, 12, { ...WRITTEN, answer: 'throttled' } as never);
    expect(control.share(nowMs)).toBeLessThan(1);
    control.invocationStarted(nowMs);
    control.requestQueued(nowMs);
    const pause = new Pause(0.5);
    for (let ms = 500; ms <= 40_000; ms += 500) control.paused(pause, 500, nowMs + ms);
    expect(control.share(nowMs + 40_000)).toBe(1);
  });
  test('decides alone only while the table is unavailable', () => {
    const control = new InstanceController(OPTIONS);
    control.applyDecision(decision({ share: 0.1, instances: 10 }));
    for (let index = 0; index < 6; index++)
      invoke(control, START_MS + index * EPOCH_MS, START_MS + index * EPOCH_MS + 1_900, 100);
    expect(control.share(START_MS + 6 * EPOCH_MS)).toBe(0.1);
  });
  test('keeps its own decision when the table has one of a newer version', () => {
    const control = new InstanceController(OPTIONS);
    control.applyDecision(decision({ instances: 10 }));
    const nowMs = alone(control, 12, { ...WRITTEN, answer: 'throttled' } as never);
    const own = control.share(nowMs);
    control.applyDecision('unreadable');
    expect([own < 1, control.share(nowMs)]).toEqual([true, own]);
  });
  test('moves the limit of the event source only as long as it may', () => {
    const limitOf = (control: InstanceController) =>
      control.nextDecision({ expectedEpoch: -1, epoch: epochOf(START_MS) }, EMPTY_REPORT, START_MS).maximumConcurrency;
    const control = new InstanceController({ ...OPTIONS, maximumConcurrency: undefined });
    expect(limitOf(control)).toBeUndefined();
    control.setLimits({ initial: 7, min: 2, max: 1_000 });
    expect(limitOf(control)?.wanted).toBe(7);
    control.setLimits(undefined);
    expect(limitOf(control)).toBeUndefined();
  });
  test('follows the shared decision again as soon as the table can be read', () => {
    const control = new InstanceController(OPTIONS);
    control.applyDecision(decision({ share: 0.1, instances: 10 }));
    const nowMs = alone(control, 12);
    control.applyDecision(decision({ share: 0.3, asOfMs: nowMs }));
    expect(control.share(nowMs)).toBe(0.3);
  });
});
