/**
 * Invokes the flush function when lines were stored that could not be written. Its schedule has an interval of a minute,
 * and most outages are shorter. Without new messages, only the flush function notices that the server is back.
 */

import type { Deadline } from '../sink/ports.ts';
import type { Clock } from './clock.ts';
import type { FlushClaim } from './state-table.ts';

/** Port to the flush function. May throw. */
export interface FlushFunction {
  /** Requests a run. Does not wait for it. */
  invoke(deadline: Deadline): Promise<void>;
}

/** Ports of the requests of one instance. */
export interface FlushRequestPorts {
  readonly clock: Pick<Clock, 'nowMs' | 'monotonicMs' | 'deadlineIn'>;
  readonly flushFunction: FlushFunction;
  /** Unique per instance. */
  readonly owner: string;
  /** Stores the claim. Returns `false` if another one is in force. May throw. */
  claim(claim: FlushClaim, nowMs: number, deadline: Deadline): Promise<boolean>;
  onFailure(error: unknown): void;
}

/** Time until the schedule has started a run in any case. */
const SCHEDULE_MS = 60_000;
/** Time limit of a request. The response to Lambda waits for it. */
const REQUEST_MS = 2_000;

/** Requests of one instance: one per minute at most, and one per minute of all instances. */
export class FlushRequests {
  readonly #ports: FlushRequestPorts;
  #nextMs = Number.NEGATIVE_INFINITY;
  #isWanted = false;

  constructor(ports: FlushRequestPorts) {
    this.#ports = ports;
  }

  /** Lines were stored that may be written as soon as the server works again. */
  linesStored(): void {
    this.#isWanted = true;
  }

  /** Requests a run if lines were stored and no run is under way or requested. Never throws. */
  async sendIfWanted(remainingMs: number): Promise<void> {
    const { clock, flushFunction, owner, claim, onFailure } = this.#ports;
    const isWanted = this.#isWanted;
    this.#isWanted = false;
    // Less than a minute ago a run was requested, which still waits for the server.
    if (!isWanted || clock.monotonicMs() < this.#nextMs) return;
    this.#nextMs = clock.monotonicMs() + SCHEDULE_MS;
    const nowMs = clock.nowMs();
    const deadline = clock.deadlineIn(Math.min(REQUEST_MS, remainingMs));
    try {
      if (await claim({ owner, untilMs: nowMs + SCHEDULE_MS }, nowMs, deadline)) await flushFunction.invoke(deadline);
    } catch (error) {
      onFailure(error);
    } finally {
      deadline.release();
    }
  }
}
