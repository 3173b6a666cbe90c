/** What a sink stores in the state table, as one port. `adapters/dynamodb.ts` implements it. */

import type { OpenBreaker } from '../breaker/breaker.ts';
import type { BreakerStore } from '../breaker/breaker-store.ts';
import type { Backlog } from '../checkpoint/capacity.ts';
import type { ReferenceLineStore } from '../checkpoint/drain/reference-lines.ts';
import type { SegmentStore } from '../checkpoint/segment-store.ts';
import type { EventSourceLimit, SharedDecisions } from '../controller/decision-store.ts';
import type { Deadline } from '../sink/ports.ts';

/** What all instances of a sink share, read in one call. */
export interface SharedState {
  readonly breakers: readonly OpenBreaker[];
  /** As the flush function measured it last; `undefined` before the first time. */
  readonly backlog: Backlog | undefined;
  /** The controller's decision as it is stored, for `parseDecision`; `undefined` before the first one. */
  readonly decision: unknown;
  /** `undefined` where the event source's limit may not be moved. */
  readonly limit: EventSourceLimit | undefined;
}

/** Every call may throw. */
export interface StateTable {
  readonly segments: SegmentStore;
  readonly breakers: BreakerStore;
  readonly referenceLines: ReferenceLineStore;
  readonly decisions: SharedDecisions;
  /** Takes no deadline, because it has a short time limit of its own. */
  readShared(): Promise<SharedState>;
  /** Call it before the first segment is stored, so that no backlog is forgotten. */
  registerSink(nowMs: number, deadline: Deadline): Promise<void>;
}
