/** The unchanged production controller. Only its calls to the table are events here instead of promises. */

import { LIMIT_MAX, LIMIT_MIN } from '../../../../src/controller/concurrency-step.ts';
import { InstanceController } from '../../../../src/controller/instance-controller.ts';
import type { ControlOptions } from '../../../../src/controller/options.ts';
import { Pause } from '../../../../src/controller/pause.ts';
import { between } from '../dice.ts';
import { type InstancePolicy, type PolicyMaker, type PolicyWorld, START_MS } from '../policy.ts';

const BATCH = {
  linesInitial: 500,
  linesMin: 50,
  growth: 'additive',
  latencyLowMs: 100,
  latencyHighMs: 500,
  evaluationIntervalMs: 2_000,
} as const;
/** Largest clock difference from the true time, in both directions. */
const SKEW_MS = 50;

const MAXIMUM_CONCURRENCY = { min: LIMIT_MIN, max: LIMIT_MAX };

/** The policy of this project. */
export const ours: PolicyMaker = (world) => {
  const { maximumConcurrency: initial, mayMoveMaximumConcurrency, batchLinesMax, inFlightMax } = world;
  const options: ControlOptions = {
    batch: { ...BATCH, linesInitial: Math.min(BATCH.linesInitial, batchLinesMax), linesMax: batchLinesMax },
    inFlightMax,
    maximumConcurrency:
      mayMoveMaximumConcurrency && initial !== undefined ? { initial, ...MAXIMUM_CONCURRENCY } : undefined,
  };
  return () => instancePolicy(world, options);
};

const instancePolicy = (world: PolicyWorld, options: ControlOptions): InstancePolicy => {
  const { events, dice, table } = world;
  const control = new InstanceController(options);
  const skewMs = START_MS + between(dice, -SKEW_MS, SKEW_MS);
  const nowMs = (): number => events.now + skewMs;
  let isSyncing = false;

  // The same steps as `syncWithTable` in src/controller/sync.ts.
  const sync = (): void => {
    if (isSyncing) return;
    const due = control.dueReport(nowMs(), dice());
    if (due === undefined) {
      if (control.isReadDue(nowMs())) read();
      return;
    }
    isSyncing = true;
    table.report(due.epoch, due.report, (error) => {
      isSyncing = false;
      if (error !== undefined) control.tableUnavailable(nowMs());
      else if (control.isReadDue(nowMs())) read();
    });
  };
  const read = (): void => {
    isSyncing = true;
    control.readStarted(nowMs());
    table.read((error, decision) => {
      if (error !== undefined) {
        isSyncing = false;
        control.tableUnavailable(nowMs());
        return;
      }
      control.applyDecision(decision);
      step();
    });
  };
  const step = (): void => {
    const due = control.dueStep(nowMs());
    if (due === undefined) {
      isSyncing = false;
      return;
    }
    table.reportsOf(due.epoch, (error, report) => {
      if (error !== undefined || report === undefined) {
        isSyncing = false;
        return;
      }
      const next = control.nextDecision(due, report, nowMs());
      table.step(due.expectedEpoch, next, (failed, result) => {
        isSyncing = false;
        if (failed !== undefined || result !== 'stepped') return;
        control.applyDecision(next);
        world.decided(next);
      });
    });
  };
  const pauseOn = (pause: Pause, deadlineMs: number, go: () => void): void => {
    const ms = control.pauseMs(pause, nowMs(), deadlineMs - events.now);
    if (ms <= 0) {
      go();
      return;
    }
    events.after(ms, () => {
      control.paused(pause, ms, nowMs());
      sync();
      pauseOn(pause, deadlineMs, go);
    });
  };

  return {
    batchLines: () => control.batchLines(nowMs()),
    requestsAtOnce: (luck) => control.inFlightMax(nowMs(), luck),
    invocationStarted: () => {
      control.invocationStarted(nowMs());
      sync();
    },
    invocationEnded: () => control.invocationEnded(nowMs()),
    wished: () => control.requestQueued(nowMs()),
    granted: () => control.requestDone(nowMs()),
    pause: (deadlineMs, go) => pauseOn(new Pause(dice()), deadlineMs, go),
    attempted: (seen) => {
      control.recordAttempt(seen, nowMs());
      sync();
    },
  };
};
