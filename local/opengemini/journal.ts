/**
 * File of everything that has changed the stand-in: accepted writes, and queries that are not only read. A stand-in that
 * starts with the file repeats them. A line is written before the client receives the reply.
 */

import { closeSync, openSync, readFileSync, truncateSync, writeSync } from 'node:fs';
import type { ByteText } from './byte-text.ts';

/** A write as the stand-in has accepted it. */
export interface JournalWrite {
  readonly kind: 'write';
  readonly database: ByteText;
  readonly policy: ByteText;
  readonly precision: string;
  readonly encoding: string;
  /** Body as it was sent, in base64. */
  readonly body: string;
  /** Times in nanoseconds that the write read from the server's clock, in their order. */
  readonly times: readonly string[];
}

/** Statements that are not only read. */
export interface JournalQuery {
  readonly kind: 'query';
  readonly query: string;
  /** Database of the request. */
  readonly database: string;
}

/** One line of the file. */
export type JournalEntry = JournalWrite | JournalQuery;

/** An open file. */
export interface Journal {
  append(entry: JournalEntry): void;
  close(): void;
}

const NEWLINE = 10;

/**
 * Opens a file, and creates it if it is missing. A last line that is not complete is removed, because its client has
 * received no reply.
 *
 * @param repeat - Receives each entry in order.
 * @throws If another line is not an entry.
 */
export const openJournal = (file: string, repeat: (entry: JournalEntry) => void): Journal => {
  const descriptor = openSync(file, 'a+');
  const bytes = readFileSync(descriptor);
  const end = bytes.lastIndexOf(NEWLINE) + 1;
  if (end < bytes.length) truncateSync(file, end);
  for (let from = 0, number = 1; from < end; number++) {
    const to = bytes.indexOf(NEWLINE, from);
    repeat(parse(bytes.toString('utf8', from, to), `${file}:${number}`));
    from = to + 1;
  }
  return {
    append: (entry) => void writeSync(descriptor, `${JSON.stringify(entry)}\n`),
    close: () => closeSync(descriptor),
  };
};

const parse = (line: string, place: string): JournalEntry => {
  try {
    return JSON.parse(line) as JournalEntry;
  } catch (cause) {
    throw new Error(`${place} is damaged. Start with --fresh to forget the state of earlier runs`, { cause });
  }
};
