/**
 * An operator's hold on a sink, as pure functions. While it is in force, no request is sent to the server, not even a
 * probe. It is stored next to the breakers, and all instances read it together with them.
 */

import type { Outcome } from '../sink/outcome.ts';
import type { Deadline } from '../sink/ports.ts';

/** A hold, as it is stored. */
export interface Hold {
  /** Reason that the operator gave. */
  readonly reason: string;
  readonly sinceMs: number;
  /** End of the hold; `undefined` if only an operator ends it. */
  readonly untilMs: number | undefined;
}

/** Port to the stored hold of one sink. Only operators use it, because instances never change a hold. */
export interface HoldStore {
  /** Stores the hold. It replaces an earlier one. */
  hold(hold: Hold, deadline: Deadline): Promise<void>;
  /** Deletes the hold, if there is one. */
  resume(deadline: Deadline): Promise<void>;
}

/** Whether the hold applies now. An expired hold needs no deletion. */
export const isInForce = (hold: Hold | undefined, nowMs: number): hold is Hold =>
  hold !== undefined && (hold.untilMs === undefined || nowMs < hold.untilMs);

/** Returns the outcome of a write while the hold is in force. */
export const onHoldOutcome = ({ reason, untilMs }: Hold): Outcome => {
  const end = untilMs === undefined ? '' : ` until ${new Date(untilMs).toISOString()}`;
  return { kind: 'withheld', text: `an operator paused the sink${end}: ${reason}` };
};
