/** The paced writer pauses before requests while the share is below 1. Covers `src/controller/paced.ts`. */

import { beforeEach, describe, expect, test } from 'vitest';
import { initialDecision } from '../../src/controller/decision.ts';
import { InstanceController } from '../../src/controller/instance-controller.ts';
import { paced } from '../../src/controller/paced.ts';
import type { Batch, Writer } from '../../src/sink/ports.ts';
import { ManualClock } from '../runtime/manual-clock.ts';
import { USUAL_OPTIONS } from './usual-options.ts';

const TARGET = { database: 'db', retentionPolicy: undefined };
const BATCH: Batch = { target: TARGET, body: Buffer.from('m v=1 1\n'), lines: 1 };
const LATENCY_MS = 100;

let clock: ManualClock;
let control: InstanceController;
let withheld: boolean;
let slept: number[];
let synced: number;
/** Times of the requests. */
let sentAt: number[];

const server: Writer = {
  async write() {
    sentAt.push(clock.monotonicMs());
    return { kind: 'written' };
  },
};

/** Applies a shared decision with a share, and records a latency. */
const decide = (share: number): void => {
  const nowMs = clock.nowMs();
  control.applyDecision({ ...initialDecision(USUAL_OPTIONS), epoch: 1, asOfMs: nowMs, share });
  control.recordAttempt({ answer: 'answered', latencyMs: LATENCY_MS, lines: 1, full: false }, nowMs);
};

beforeEach(() => {
  clock = new ManualClock();
  // Not in a probe, which halves the share.
  clock.pass(1_000);
  control = new InstanceController(USUAL_OPTIONS);
  withheld = false;
  slept = [];
  synced = 0;
  sentAt = [];
  const { sleep } = clock;
  clock.sleep = async (ms) => {
    slept.push(ms);
    await sleep.call(clock, ms);
  };
});

const write = async (remainingMs = 60_000, writer: Writer = server) => {
  const deadline = clock.deadlineIn(remainingMs);
  const wrapper = paced({
    controller: control,
    clock,
    isWithheld: () => withheld,
    afterPause: async () => {
      synced += 1;
    },
  });
  const ended = await wrapper(writer).write(BATCH, deadline);
  deadline.release();
  return ended;
};
const pausedMs = (): number => slept.reduce((sum, ms) => sum + ms, 0);

describe('paced request', () => {
  test('sends a request immediately at a share of one or more', async () => {
    for (const share of [1, 2.5]) {
      decide(share);
      expect(await write()).toEqual({ kind: 'written' });
    }
    expect(slept).toEqual([]);
  });
  test('pauses before requests at a share below one, so that the share is kept on average', async () => {
    decide(0.2);
    for (let times = 0; times < 400; times++) {
      decide(0.2);
      await write();
    }
    // A latency of 100 ms in a fifth of the time leaves 400 ms without a request.
    expect(pausedMs() / 400).toBeGreaterThan(340);
    expect(pausedMs() / 400).toBeLessThan(460);
    expect(sentAt).toHaveLength(400);
  });
  test('does not pause during the last second before the deadline', async () => {
    decide(1 / 1_000);
    await write(5_000);
    expect(pausedMs()).toBeGreaterThan(3_900);
    expect(pausedMs()).toBeLessThanOrEqual(4_001);
    slept = [];
    await write(800);
    expect(slept).toEqual([]);
  });
  test('does not pause for a write that is withheld', async () => {
    decide(1 / 1_000);
    withheld = true;
    await write();
    expect(slept).toEqual([]);
  });
  test('stops a pause when writes are withheld', async () => {
    decide(1 / 1_000);
    const { sleep } = clock;
    clock.sleep = async (ms) => {
      await sleep.call(clock, ms);
      if (slept.length === 3) withheld = true;
    };
    await write();
    expect(slept).toHaveLength(3);
    // A pause may last as long as the invocation, so the shared state is read after each slice.
    expect(synced).toBe(3);
  });
});

test('counts the busy time of a request without its pause, even if the request throws', async () => {
  const failing: Writer = {
    async write() {
      await clock.sleep(300);
      throw new Error('a bug');
    },
  };
  control.invocationStarted(clock.nowMs());
  await expect(write(60_000, failing)).rejects.toThrow('a bug');
  clock.pass(400);
  control.invocationEnded(clock.nowMs());
  control.applyDecision(initialDecision(USUAL_OPTIONS));
  clock.pass(2_000);
  expect(control.dueReport(clock.nowMs(), 0)?.report).toMatchObject({ busyMs: 300, wallMs: 700 });
});
