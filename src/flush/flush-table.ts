/** Port to the items of the state table that only the flush function reads or writes. */

import type { ListPayloads } from '../checkpoint/adopt-orphans.ts';
import type { Backlog } from '../checkpoint/capacity.ts';
import type { EventSourceLimit } from '../controller/decision-store.ts';
import type { Deadline } from '../sink/ports.ts';

/** A sink that has stored segments in the table at least once. */
export interface RegisteredSink {
  readonly name: string;
  readonly registeredAtMs: number;
  /** When its flush function last completed a run; `undefined` if it has not completed any. */
  readonly flushedAtMs: number | undefined;
}

/** The port of the flush function. Every call may throw. */
export interface FlushTable {
  readonly listPayloads: ListPayloads;
  /** Publishes the measured backlog to all instances. */
  writeBacklog(backlog: Backlog, deadline: Deadline): Promise<void>;
  /** Publishes the limit of the event source to all instances. */
  writeLimit(limit: EventSourceLimit, deadline: Deadline): Promise<void>;
  /** Records that the flush function of this sink completed a run. */
  registerFlush(nowMs: number, deadline: Deadline): Promise<void>;
  listSinks(deadline: Deadline): Promise<readonly RegisteredSink[]>;
  /** Whether any sink of the table, given by name, has stored segments. */
  hasBacklog(sink: string, deadline: Deadline): Promise<boolean>;
}
