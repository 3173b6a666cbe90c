/** Port to everything that a sink stores in the state table. `adapters/dynamodb.ts` implements it. */

import type { OpenBreaker } from '../breaker/breaker.ts';
import type { BreakerStore } from '../breaker/breaker-store.ts';
import type { Hold } from '../breaker/hold.ts';
import type { Backlog } from '../checkpoint/capacity.ts';
import type { ReferenceLineStore } from '../checkpoint/drain/reference-lines.ts';
import type { SegmentStore } from '../checkpoint/segment-store.ts';
import type { EventSourceLimit, SharedDecisions } from '../controller/decision-store.ts';
import type { Deadline } from '../sink/ports.ts';

/** State that all instances of a sink share, read in one call. */
export interface SharedState {
  readonly breakers: readonly OpenBreaker[];
  /** Last measurement of the flush function; `undefined` before the first one. */
  readonly backlog: Backlog | undefined;
  /** The controller's decision as it is stored, for `parseDecision`; `undefined` before the first one. */
  readonly decision: unknown;
  /** `undefined` if the event source's limit must not be moved. */
  readonly limit: EventSourceLimit | undefined;
  /** The hold of an operator, which may have expired; `undefined` if there is none. */
  readonly hold: Hold | undefined;
}

/** The claim that a run of the flush function is under way or requested. */
export interface FlushClaim {
  /** The instance that made it. */
  readonly owner: string;
  readonly untilMs: number;
}

/** The state table of one sink. Every call may throw. */
export interface StateTable {
  readonly segments: SegmentStore;
  readonly breakers: BreakerStore;
  readonly referenceLines: ReferenceLineStore;
  readonly decisions: SharedDecisions;
  /** Reads the shared state. Takes no deadline, because it has a separate, short time limit. */
  readShared(): Promise<SharedState>;
  /**
   * Records that the sink stores segments. Call it before the first segment is stored, so that no backlog is
   * overlooked.
   */
  registerSink(nowMs: number, deadline: Deadline): Promise<void>;
  /** Stores the claim. Returns `false` if another instance's claim is in force at `nowMs`. */
  claimFlush(claim: FlushClaim, nowMs: number, deadline: Deadline): Promise<boolean>;
}
