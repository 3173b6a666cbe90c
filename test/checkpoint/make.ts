/** Segments, entries and time for tests of the checkpoint, with defaults for everything that a test does not set. */

import { randomFrom } from '../../local/workload/random.ts';
import type { Segment, Trace } from '../../src/checkpoint/format/segment.ts';
import type { CheckpointClock } from '../../src/checkpoint/save.ts';
import type { IndexEntry } from '../../src/checkpoint/segment-store.ts';
import { ulid } from '../../src/checkpoint/ulid.ts';
import { lineText } from '../../src/sink/lines/batch.ts';
import type { Deadline, OwnedBatch, Target } from '../../src/sink/ports.ts';
import { TARGET } from '../sink/make.ts';

/** The time in the tests. */
export const NOW_MS = Date.UTC(2026, 0, 1);
/** A deadline that no test reaches. */
export const FOREVER: Deadline = { remainingMs: () => 60_000, signal: new AbortController().signal };
/** A deadline that has passed. */
export const OVER: Deadline = { remainingMs: () => 0, signal: AbortSignal.abort() };

/** Returns a target. */
export const target = (database: string, retentionPolicy?: string): Target => ({ database, retentionPolicy });

/** A clock that a test sets. */
export interface TestClock extends CheckpointClock {
  now: number;
}

/** Creates a clock with repeatable random numbers. */
export const testClock = (now: number = NOW_MS): TestClock => {
  const random = randomFrom(1);
  const clock: TestClock = { now, nowMs: () => clock.now, random: () => random.next() };
  return clock;
};

const NEWLINE = Buffer.from('\n');

/** Returns lines with their owners. By default, the lines belong to message 0 and to events 0, 1, 2, and so on. */
export const batchOf = (
  lines: readonly (string | Uint8Array)[],
  { to = TARGET, owners }: { to?: Target; owners?: readonly (readonly [message: number, event: number])[] } = {},
): OwnedBatch => {
  const parts = lines.flatMap((line) => [Buffer.from(line as string), NEWLINE]);
  let end = 0;
  return {
    target: to,
    body: Buffer.concat(parts),
    lines: lines.length,
    lineEnds: Uint32Array.from(lines, (_, index) => {
      end += (parts[2 * index] as Buffer).length + 1;
      return end;
    }),
    messageOf: Uint32Array.from(lines, (_, index) => owners?.[index]?.[0] ?? 0),
    eventOf: Uint32Array.from(lines, (_, index) => owners?.[index]?.[1] ?? index),
  };
};

/** Returns the trace of a message. */
export const trace = (messageId = 'message-1', more: Partial<Trace> = {}): Trace => ({
  messageId,
  sentAtMs: NOW_MS - 1_000,
  firstSeenMs: NOW_MS - 500,
  ...more,
});

/** Returns a segment of one message. */
export const segment = (lines: readonly string[], to: Target = TARGET, messageId = 'message-1'): Segment => ({
  lines: batchOf(lines, { to }),
  traces: [trace(messageId)],
});

/** Returns the content of a segment in a form that is comparable and short in the output of the test runner. */
export const contentOf = ({ lines, traces: of }: Segment): unknown => ({
  target: lines.target,
  lines: lines.lines,
  body: Buffer.from(lines.body).toString('latin1'),
  lineEnds: [...lines.lineEnds],
  owners: Array.from(lines.messageOf, (message, index) => [message, lines.eventOf[index]]),
  traces: of,
});

/** Returns the texts of the lines. */
export const textsOf = (batch: OwnedBatch): string[] =>
  Array.from({ length: batch.lines }, (_, index) => lineText(batch, index));

/** Returns lines that look like those of one host and differ only in their numbers. */
export const linesFor = (name: string, count: number): string[] =>
  Array.from({ length: count }, (_, i) => `cpu,host=${name} value=${i}.5,n=${i}i 1767225600000${100_000 + i}`);

let made = 0;

/** Returns an entry with a new id. */
export const entry = (more: Partial<IndexEntry> = {}): IndexEntry => ({
  shard: 0,
  // Ascending, in the order in which the entries are created.
  id: ulid(NOW_MS + made++, () => 0),
  format: 2,
  target: TARGET,
  lines: 1,
  bytes: 100,
  lineBytes: 500,
  savedAtMs: NOW_MS,
  wait: 'retry',
  failures: 0,
  dueMs: NOW_MS,
  ...more,
});
