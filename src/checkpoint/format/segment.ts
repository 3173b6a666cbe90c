/** A segment: lines of one target that are stored together, with the traces of their owners. */

import type { OwnedBatch } from '../../sink/ports.ts';

/** The message that an event came from. Times are in ms since 1970. */
export interface Trace {
  readonly messageId: string;
  readonly sentAtMs: number;
  /** When the message was first received. */
  readonly firstSeenMs: number;
}

/** Lines of one target with the messages that they came from. */
export interface Segment {
  /** `messageOf` contains indexes of `traces`; `eventOf` contains the index of each event in its first message. */
  readonly lines: OwnedBatch;
  readonly traces: readonly Trace[];
}
