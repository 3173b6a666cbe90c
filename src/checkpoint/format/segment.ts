/** What waits together: lines of one target, with the trace of their owners. */

import type { OwnedBatch } from '../../sink/ports.ts';

/** The message that an event came from; times in ms since 1970. */
export interface Trace {
  readonly messageId: string;
  readonly sentAtMs: number;
  /** When it was first received. */
  readonly firstSeenMs: number;
}

export interface Segment {
  /** `messageOf` counts in `traces`; `eventOf` is the event's place in its first message. */
  readonly lines: OwnedBatch;
  readonly traces: readonly Trace[];
}
