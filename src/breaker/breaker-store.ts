/** The port to the breakers that all instances share. */

import type { BreakerKey, OpenBreaker } from './breaker.ts';

/**
 * Any call may throw: what is unknown stays as it was known. And any call may be made again after its answer was lost, and
 * answers the same then.
 */
export interface BreakerStore {
  /** False when somebody else has opened it already, and has said why. */
  open(breaker: OpenBreaker): Promise<boolean>;
  /**
   * Takes the lease of the breaker's probe until `untilMs`: false when it is closed, when another has the lease at
   * `nowMs`, or when it is no longer the breaker that the caller has seen.
   */
  lease(seen: OpenBreaker, owner: string, untilMs: number, nowMs: number): Promise<boolean>;
  /** Writes what the probe has shown, and gives the lease up. False when the lease is another's by now. */
  reopen(breaker: OpenBreaker, owner: string): Promise<boolean>;
  /** False when the lease is another's by now. */
  close(key: BreakerKey, owner: string): Promise<boolean>;
}
