/**
 * Everything that a sink keeps in the state table, as one port: what waits, the breakers, the marks of suspects, and who
 * uses the table. `dynamodb.ts` is the real one.
 */

import type { OpenBreaker } from '../breaker/breaker.ts';
import type { BreakerStore } from '../breaker/breaker-store.ts';
import type { Backlog } from '../checkpoint/capacity.ts';
import type { ReferenceLineStore } from '../checkpoint/drain/reference-lines.ts';
import type { SegmentStore } from '../checkpoint/segment-store.ts';
import type { EventSourceLimit, SharedDecisions } from '../controller/decision-store.ts';
import type { Deadline } from '../sink/ports.ts';

/** What all instances of a sink share, read at once. */
export interface SharedState {
  readonly breakers: readonly OpenBreaker[];
  /** As it was last summed up; undefined before the first time. */
  readonly backlog: Backlog | undefined;
  /** The controller's, as it is stored: for `parseControlState`; undefined before the first. */
  readonly decision: unknown;
  /** Undefined where nobody may move it. */
  readonly limit: EventSourceLimit | undefined;
}

/** Every call may throw. */
export interface StateTable {
  readonly segments: SegmentStore;
  readonly breakers: BreakerStore;
  readonly referenceLines: ReferenceLineStore;
  readonly decisions: SharedDecisions;
  /** Without a deadline, because it has a short time limit of its own. */
  readShared(): Promise<SharedState>;
  /** To be awaited before the first segment is stored, so that no sink is forgotten. */
  registerSink(nowMs: number, deadline: Deadline): Promise<void>;
}
