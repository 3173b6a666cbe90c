/** Counts what one instance sees, epoch by epoch: invocations, attempts, and the time in which it wishes to send. */

import { EPOCH_MS, epochOf } from './epochs.ts';
import { type Answer, type ControlReport, EMPTY_REPORT, lowestPower } from './report.ts';

/** One attempt that was really made. */
export interface AttemptSeen {
  readonly answer: Answer;
  readonly latencyMs: number;
  readonly lines: number;
  readonly bytes: number;
  /** The batch was as large as it might be, in lines or in bytes. */
  readonly full: boolean;
}

export interface ClosedEpoch {
  readonly epoch: number;
  readonly report: ControlReport;
}

type Sums = Record<keyof ControlReport, number>;

const newSums = (): Sums => ({ ...EMPTY_REPORT });

/** Requests that much smaller than the largest one take as long as that: their latencies are compared. */
const ALIKE = 0.9;
/** What is the largest is forgotten by so much an epoch, so that smaller ones count when they are all there is. */
const FORGET_LARGEST = 0.9;

export class EpochCounter {
  #epoch = -1;
  #sums = newSums();
  /** Lines of the largest request of late, and the lowest latency of those like it in this epoch. */
  #largest = 0;
  #lowestMs = Number.POSITIVE_INFINITY;
  #invocationSinceMs: number | undefined;
  #wishes = 0;
  #busySinceMs = 0;

  invocationStarted(nowMs: number): void {
    this.#invocationSinceMs = nowMs;
    this.#wishes = 0;
  }

  invocationEnded(nowMs: number): void {
    this.#credit(nowMs);
    this.#invocationSinceMs = undefined;
    this.#wishes = 0;
  }

  /** A batch is ready to be sent, and may have to wait. */
  requestQueued(nowMs: number): void {
    if (this.#wishes === 0) this.#busySinceMs = nowMs;
    this.#wishes += 1;
  }

  /** It has its last answer. */
  requestDone(nowMs: number): void {
    if (this.#wishes === 0) return;
    this.#wishes -= 1;
    if (this.#wishes === 0) this.#sums.busyMs += Math.max(0, nowMs - this.#busySinceMs);
  }

  recordAttempt({ answer, latencyMs, lines, full }: AttemptSeen): void {
    const sums = this.#sums;
    sums.attempts += 1;
    sums[answer] += 1;
    if (full) sums.fullBatches += 1;
    if (answer !== 'answered') return;
    sums.latencySumMs += latencyMs;
    this.#compare(lines, latencyMs);
  }

  /** The epoch that has ended, when one has, and something happened in it. */
  turn(nowMs: number): ClosedEpoch | undefined {
    const epoch = epochOf(nowMs);
    if (epoch === this.#epoch) return undefined;
    const closed = this.#epoch;
    const endMs = (closed + 1) * EPOCH_MS;
    this.#credit(Math.min(endMs, nowMs));
    const sums = this.#sums;
    if (Number.isFinite(this.#lowestMs)) {
      sums.lowestPowerSum = lowestPower(this.#lowestMs);
      sums.lowestCount = 1;
    }
    this.#sums = newSums();
    this.#largest *= FORGET_LARGEST;
    this.#lowestMs = Number.POSITIVE_INFINITY;
    this.#epoch = epoch;
    // What lies between is nobody's: an instance that did not wake for a whole epoch may have been frozen.
    const startMs = epoch * EPOCH_MS;
    if (this.#invocationSinceMs !== undefined) this.#invocationSinceMs = startMs;
    if (this.#wishes > 0) this.#busySinceMs = startMs;
    return closed >= 0 && sums.wallMs > 0 ? { epoch: closed, report: { ...sums, weight: 1 } } : undefined;
  }

  #credit(untilMs: number): void {
    if (this.#invocationSinceMs !== undefined) this.#sums.wallMs += Math.max(0, untilMs - this.#invocationSinceMs);
    if (this.#wishes > 0) this.#sums.busyMs += Math.max(0, untilMs - this.#busySinceMs);
  }

  #compare(lines: number, latencyMs: number): void {
    if (lines * ALIKE > this.#largest) {
      this.#largest = lines;
      this.#lowestMs = latencyMs;
    } else if (lines >= this.#largest * ALIKE) this.#lowestMs = Math.min(this.#lowestMs, latencyMs);
  }
}
