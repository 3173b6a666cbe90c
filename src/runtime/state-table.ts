/**
 * Everything that a sink keeps in the state table, as one port: what waits, the breakers, the marks of suspects, and who
 * uses the table. `dynamodb.ts` is the real one.
 */

import type { OpenBreaker } from '../breaker/breaker.ts';
import type { BreakerStore } from '../breaker/breaker-store.ts';
import type { ListPayloads } from '../checkpoint/adopt-orphans.ts';
import type { Waiting } from '../checkpoint/capacity.ts';
import type { WitnessStore } from '../checkpoint/drain/reference-lines.ts';
import type { SegmentStore } from '../checkpoint/segment-store.ts';
import type { EventSourceLimit, SharedDecisions } from '../controller/decision-store.ts';
import type { SuspectStore } from '../ingest/poison-watch.ts';
import type { Deadline } from '../sink/deadline.ts';

/** What all instances of a sink share, read at once. */
export interface ControlView {
  readonly breakers: readonly OpenBreaker[];
  /** As it was last summed up; undefined before the first time. */
  readonly waiting: Waiting | undefined;
  /** The controller's, as it is stored: for `parseControlState`; undefined before the first. */
  readonly decision: unknown;
  /** Undefined where nobody may move it. */
  readonly limit: EventSourceLimit | undefined;
}

/** A sink that keeps something in the table, or has kept it once. */
export interface RegisteredSink {
  readonly name: string;
  readonly registeredAtMs: number;
  /** When its flush function last came to its end; undefined when it never did. */
  readonly flushedAtMs: number | undefined;
}

/** Every call may throw. */
export interface StateTable {
  readonly segments: SegmentStore;
  readonly breakers: BreakerStore;
  readonly suspects: SuspectStore;
  readonly witnesses: WitnessStore;
  readonly decisions: SharedDecisions;
  /** Without a deadline, because it has a short time limit of its own. */
  readControl(): Promise<ControlView>;
  /** To be awaited before the first segment is stored, so that no sink is forgotten. */
  registerSink(nowMs: number, deadline: Deadline): Promise<void>;
}

/** What only the flush function does with it. Every call may throw. */
export interface FlushTable {
  readonly listPayloads: ListPayloads;
  writeWaiting(waiting: Waiting, deadline: Deadline): Promise<void>;
  writeLimit(limit: EventSourceLimit, deadline: Deadline): Promise<void>;
  registerFlush(nowMs: number, deadline: Deadline): Promise<void>;
  listSinks(deadline: Deadline): Promise<readonly RegisteredSink[]>;
  /** Whether segments of any sink in the table wait. */
  hasWaiting(sink: string, deadline: Deadline): Promise<boolean>;
}
