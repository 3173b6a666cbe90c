/**
 * Sends letters of the state table back. They are too large for a queue, so their events are converted here, and the
 * points travel as canonical events, as letters of the backlog do.
 */

import type { KeptLetter } from '../../src/adapters/dynamodb/large-letters.ts';
import type { Message } from '../../src/sink/message.ts';
import type { DeadLetter } from '../../src/sink/ports.ts';
import { refuse } from '../../src/sink/refusal.ts';
import { DEAD_LETTER_BYTES_MAX, deadLetterBytes, lineLetter } from '../../src/sink/settle/dead-letter.ts';
import type { Conversion } from '../../src/testing/convert-messages.ts';
import { VERSION } from '../../src/version.ts';
import type { Desk } from './desk.ts';
import { type Letter, messageOf } from './letter.ts';
import type { LetterQueue } from './letter-queue.ts';

/** What became of the letters of the table. */
export interface TableResult {
  /** Letters whose points were all sent, and which were deleted. */
  readonly sent: number;
  /** Letters that the mapping refuses, or with a point that is too large for the queue. They stay. */
  readonly refused: number;
  /** Letters that were not converted, because no mapping was given. They stay. */
  readonly unconverted: number;
}

/** Settings of one run. */
export interface TableOptions {
  wants(letter: Pick<Letter, 'id' | 'reason'>): boolean;
  /** Converts a message with the mapping of the function; undefined if none was given. */
  readonly convert: ((message: Message) => Conversion) | undefined;
  readonly signal: AbortSignal;
}

/** Sends the points of all letters that the table keeps. */
export const redriveTable = async (
  { table }: Desk,
  target: LetterQueue,
  { wants, convert, signal }: TableOptions,
): Promise<TableResult> => {
  const result = { sent: 0, refused: 0, unconverted: 0 };
  if (table === undefined || signal.aborted) return result;
  const kept = (await table.list(signal)).filter(({ id, attributes }) =>
    wants({ id, reason: attributes.reason ?? '' }),
  );
  for (const head of kept) {
    if (signal.aborted) break;
    if (convert === undefined) result.unconverted += 1;
    else if (await sendPoints(await table.read(head, signal), head, target, convert)) {
      await table.delete(head, signal);
      result.sent += 1;
    } else result.refused += 1;
  }
  return result;
};

/** Sends all points of a letter. Returns `false` if one cannot be sent; then none is. */
const sendPoints = async (
  letter: Letter,
  { id }: KeptLetter,
  target: LetterQueue,
  convert: (message: Message) => Conversion,
): Promise<boolean> => {
  const message = messageOf(letter);
  const { lines, refusals } = convert(message);
  const points = lines.map(({ text, eventIndex }) => pointLetter(text, message, eventIndex, letter));
  if (refusals.length > 0 || points.length === 0) return false;
  if (points.some((point) => deadLetterBytes(point) > DEAD_LETTER_BYTES_MAX)) return false;
  for (const [index, { body, attributes, groupId }] of points.entries()) {
    const texts = Object.entries(attributes).map(([name, value]) => [name, { type: 'String', value }] as const);
    await target.send({ ...letter, id: `${id}-${index}`, body, attributes: Object.fromEntries(texts), groupId });
  }
  return true;
};

const pointLetter = (line: string, message: Message, eventIndex: number, { reason, detail }: Letter): DeadLetter => {
  const { origin } = message;
  const source = {
    messageId: origin?.messageId ?? message.id,
    sentAtMs: origin?.sentAtMs ?? message.sentAtMs,
    firstReceivedAtMs: origin?.firstReceivedAtMs ?? message.firstReceivedAtMs,
    eventIndex: (origin?.eventIndex ?? 0) + eventIndex,
  };
  return lineLetter(line, source, refuse(reason as 'too-large', detail), false, VERSION);
};
