/** Sends the letters of an archive, which `dlq purge` wrote, to a queue. The archive stays as it is. */

import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { MessageAttribute } from '../../src/sink/message.ts';
import { forEachConcurrent } from '../../src/sink/write/in-flight.ts';
import { externalError, UsageError } from '../usage-error.ts';
import { type Letter, reasonOf } from './letter.ts';
import type { LetterQueue, SentLetter } from './letter-queue.ts';

/** Letters of an archive. */
export interface ArchivedLetters {
  readonly letters: readonly SentLetter[];
  /** Letters of the state table, which are too large for a queue. */
  readonly tooLarge: number;
}

/**
 * Reads the letters of an archive. All of them are in memory, because a fault in the last line must be found before the
 * first letter is sent.
 *
 * @throws UsageError with the line for a file that is no archive.
 */
export const readArchive = async (
  file: string,
  wants: (letter: Pick<Letter, 'id' | 'reason'>) => boolean,
): Promise<ArchivedLetters> => {
  const letters: SentLetter[] = [];
  let tooLarge = 0;
  let line = 0;
  try {
    for await (const text of createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })) {
      line += 1;
      if (text.trim() === '') continue;
      const { place, ...letter } = letterOf(text, `${file}, line ${line}`);
      if (!wants({ id: letter.id, reason: reasonOf(letter.attributes) })) continue;
      if (place === 'table') tooLarge += 1;
      else letters.push(letter);
    }
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw externalError('The archive cannot be read', error);
  }
  return { letters, tooLarge };
};

const letterOf = (text: string, where: string): SentLetter & { readonly place: unknown } => {
  const fault = new UsageError(
    `${where}: expected a dead letter as "dlq purge" writes it, a JSON object with "id", "body", and "attributes". Nothing was sent.`,
  );
  let value: Partial<Record<string, unknown>>;
  try {
    value = JSON.parse(text);
  } catch {
    throw fault;
  }
  const { id, body, attributes, groupId, place } = value ?? {};
  const isGroup = groupId === undefined || typeof groupId === 'string';
  if (typeof id !== 'string' || typeof body !== 'string' || !isGroup || !areAttributes(attributes)) throw fault;
  return { id, body, attributes, groupId, place };
};

const areAttributes = (value: unknown): value is Readonly<Record<string, MessageAttribute>> =>
  typeof value === 'object' &&
  value !== null &&
  Object.values(value).every((one) => typeof one?.type === 'string' && typeof one?.value === 'string');

/** Sends letters. Returns the number that SQS has confirmed; fewer than all if the signal aborts. */
export const sendArchived = async (
  letters: readonly SentLetter[],
  target: LetterQueue,
  connections: number,
  signal: AbortSignal,
  onSent: (sent: number) => void,
): Promise<number> => {
  let sent = 0;
  // A FIFO queue keeps the order of the archive only if one letter is sent after the other.
  await forEachConcurrent(letters, target.isFifo ? 1 : connections, async (letter) => {
    if (signal.aborted) return;
    await target.send(letter);
    sent += 1;
    onSent(sent);
  });
  return sent;
};
