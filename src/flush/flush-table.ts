/** What only the flush function reads and writes in the state table. */

import type { ListPayloads } from '../checkpoint/adopt-orphans.ts';
import type { Backlog } from '../checkpoint/capacity.ts';
import type { EventSourceLimit } from '../controller/decision-store.ts';
import type { Deadline } from '../sink/ports.ts';

/** A sink that stores, or has stored, something in the table. */
export interface RegisteredSink {
  readonly name: string;
  readonly registeredAtMs: number;
  /** When its flush function last completed a run; `undefined` if it never did. */
  readonly flushedAtMs: number | undefined;
}

/** The port of the flush function. Every call may throw. */
export interface FlushTable {
  readonly listPayloads: ListPayloads;
  writeBacklog(backlog: Backlog, deadline: Deadline): Promise<void>;
  writeLimit(limit: EventSourceLimit, deadline: Deadline): Promise<void>;
  registerFlush(nowMs: number, deadline: Deadline): Promise<void>;
  listSinks(deadline: Deadline): Promise<readonly RegisteredSink[]>;
  /** Whether any sink of the table, given by name, has stored segments. */
  hasBacklog(sink: string, deadline: Deadline): Promise<boolean>;
}
