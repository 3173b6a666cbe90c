/** The port to the breakers that all instances of a sink share. */

import type { BreakerKey, OpenBreaker } from './breaker.ts';

/**
 * Shared breakers of one sink. Every call may throw; the instance then keeps its current state. If a response is lost,
 * the call may be repeated and returns the same result.
 */
export interface BreakerStore {
  /** Stores an open breaker. Returns `false` if another instance has already opened it; the first reason is kept. */
  open(breaker: OpenBreaker): Promise<boolean>;
  /**
   * Takes the lease of the breaker's probe until `untilMs`. Returns `false` if the breaker is closed, if another
   * instance holds the lease at `nowMs`, or if the stored breaker differs from `seen`.
   */
  lease(seen: OpenBreaker, owner: string, untilMs: number, nowMs: number): Promise<boolean>;
  /** Stores the result of the probe and releases the lease. Returns `false` if another instance holds the lease. */
  reopen(breaker: OpenBreaker, owner: string): Promise<boolean>;
  /** Deletes the breaker. Returns `false` if another instance holds the lease. */
  close(key: BreakerKey, owner: string): Promise<boolean>;
}
