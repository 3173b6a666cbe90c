/** Counts attempts, running time, and the time with batches to send, for one instance and each epoch. */

import { EPOCH_MS, epochOf } from './epochs.ts';
import { type Answer, type ControlReport, EMPTY_REPORT, type EpochReport, lowestPower } from './report.ts';

/** One attempt for which a request was sent. */
export interface AttemptSeen {
  readonly answer: Answer;
  readonly latencyMs: number;
  readonly lines: number;
  /** Whether the batch was as large as permitted, in lines or in bytes. */
  readonly full: boolean;
}

type Sums = Record<keyof ControlReport, number>;

const newSums = (): Sums => ({ ...EMPTY_REPORT });

/**
 * Requests with at least this part of the lines of the largest one take about as long, so their latencies are compared.
 */
const SIMILAR_SIZE = 0.9;
/** Factor per epoch on the size of the largest request, so that smaller requests count if there are no larger ones. */
const LARGEST_DECAY = 0.9;

/** Counter of one instance, which runs at most one invocation at a time. */
export class EpochCounter {
  #epoch = -1;
  #sums = newSums();
  /** Lines of the largest recent request. */
  #largest = 0;
  /** Lowest latency in this epoch of requests of similar size. */
  #lowestMs = Number.POSITIVE_INFINITY;
  #invocationSinceMs: number | undefined;
  /** Requests that are queued or in flight. */
  #requests = 0;
  #busySinceMs = 0;

  invocationStarted(nowMs: number): void {
    this.#invocationSinceMs = nowMs;
    this.#requests = 0;
  }

  invocationEnded(nowMs: number): void {
    this.#addTimeUntil(nowMs);
    this.#invocationSinceMs = undefined;
    this.#requests = 0;
  }

  /** A batch is ready to be sent, and may have to pause first. */
  requestQueued(nowMs: number): void {
    if (this.#requests === 0) this.#busySinceMs = nowMs;
    this.#requests += 1;
  }

  /** A queued batch has received its last response. */
  requestDone(nowMs: number): void {
    if (this.#requests === 0) return;
    this.#requests -= 1;
    if (this.#requests === 0) this.#sums.busyMs += Math.max(0, nowMs - this.#busySinceMs);
  }

  recordAttempt({ answer, latencyMs, lines, full }: AttemptSeen): void {
    const sums = this.#sums;
    sums.attempts += 1;
    sums[answer] += 1;
    if (full) sums.fullBatches += 1;
    if (answer !== 'answered') return;
    sums.latencySumMs += latencyMs;
    this.#updateLowest(lines, latencyMs);
  }

  /**
   * Starts the epoch of `nowMs` if it is a new one, and returns the report of the ended epoch.
   *
   * Returns undefined if the epoch has not ended, or if no invocation ran in it.
   */
  closeEpoch(nowMs: number): EpochReport | undefined {
    const epoch = epochOf(nowMs);
    if (epoch === this.#epoch) return undefined;
    const closed = this.#epoch;
    const endMs = (closed + 1) * EPOCH_MS;
    this.#addTimeUntil(Math.min(endMs, nowMs));
    const sums = this.#sums;
    if (Number.isFinite(this.#lowestMs)) {
      sums.lowestPowerSum = lowestPower(this.#lowestMs);
      sums.lowestCount = 1;
    }
    this.#sums = newSums();
    this.#largest *= LARGEST_DECAY;
    this.#lowestMs = Number.POSITIVE_INFINITY;
    this.#epoch = epoch;
    // Epochs in between are not counted: an instance that did nothing for a whole epoch may have been frozen.
    const startMs = epoch * EPOCH_MS;
    if (this.#invocationSinceMs !== undefined) this.#invocationSinceMs = startMs;
    if (this.#requests > 0) this.#busySinceMs = startMs;
    return closed >= 0 && sums.wallMs > 0 ? { epoch: closed, report: { ...sums, weight: 1 } } : undefined;
  }

  #addTimeUntil(untilMs: number): void {
    if (this.#invocationSinceMs !== undefined) this.#sums.wallMs += Math.max(0, untilMs - this.#invocationSinceMs);
    if (this.#requests > 0) this.#sums.busyMs += Math.max(0, untilMs - this.#busySinceMs);
  }

  #updateLowest(lines: number, latencyMs: number): void {
    if (lines * SIMILAR_SIZE > this.#largest) {
      this.#largest = lines;
      this.#lowestMs = latencyMs;
    } else if (lines >= this.#largest * SIMILAR_SIZE) this.#lowestMs = Math.min(this.#lowestMs, latencyMs);
  }
}
