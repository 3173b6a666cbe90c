/** Message bodies in the files that a command names, or in standard input. */

import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Option } from 'commander';
import { DOCUMENT_LENGTH_MAX, DocumentReader, type LineRange } from './document-reader.ts';
import { externalError, UsageError } from './usage-error.ts';

/** A message body of the input: a line that is not blank, or JSON that spans several lines. */
export interface InputDocument extends LineRange {
  /** Number of its first line in the whole input, from 1. */
  readonly place: number;
  /** The file as the user named it. Undefined for standard input. */
  readonly file: string | undefined;
}

/** How to read the input. */
export interface InputOptions {
  /** Whether every line is a body, as in line protocol. Otherwise JSON may span several lines. */
  readonly linesOnly?: boolean;
  /** Whether each file is one body, with all its lines. */
  readonly whole?: boolean | undefined;
}

/** The name of standard input among files. */
const STANDARD_INPUT = '-';

/** Help text of the argument. */
export const FILES_MEANING =
  'files with message bodies: one in each line, or JSON over several lines; standard input without a file, or for "-"';

/** Declares that each file is one body. */
export const wholeOption = (): Option =>
  new Option('--whole', 'take each file, or standard input, as one message body with all its lines');

/**
 * Yields the bodies of the files in their order. Without a file it reads standard input.
 *
 * @throws {UsageError} before the first body if a file cannot be read, so that no part of the input is processed.
 */
export async function* inputDocuments(
  files: readonly string[],
  { linesOnly = false, whole = false }: InputOptions = {},
): AsyncGenerator<InputDocument> {
  for (const file of files) await checkFile(file);
  let before = 0;
  for (const file of files.length === 0 ? [STANDARD_INPUT] : files) {
    const named = file === STANDARD_INPUT ? undefined : file;
    if (whole) {
      const body = await wholeBody(named);
      if (body.text.trim() !== '') yield { ...body, place: before + 1, file: named };
      before += body.lastLine;
      continue;
    }
    const reader = new DocumentReader(linesOnly);
    const placed = (range: LineRange): InputDocument => ({ ...range, place: before + range.line, file: named });
    for await (const line of linesOf(named)) for (const range of reader.push(line)) yield placed(range);
    for (const range of reader.end()) yield placed(range);
    before += reader.lines;
  }
}

/**
 * Reads a file as one body.
 *
 * @throws {UsageError} if it is longer than any body.
 */
const wholeBody = async (file: string | undefined): Promise<LineRange> => {
  let text = '';
  for await (const chunk of chunksOf(file, 'one message body')) {
    text += chunk;
    if (text.length > DOCUMENT_LENGTH_MAX)
      throw new UsageError(
        `${file === undefined ? 'Standard input' : `The file ${JSON.stringify(file)}`} has more than ${DOCUMENT_LENGTH_MAX / 1024 / 1024} MiB, the limit of one message body. Without --whole, each line is a body.`,
      );
  }
  return { text, line: 1, lastLine: text.split('\n').length - (text.endsWith('\n') ? 1 : 0) };
};

const checkFile = async (file: string): Promise<void> => {
  if (file === '') throw new UsageError('The name of a file must not be empty.');
  if (file === STANDARD_INPUT) return;
  try {
    if (!(await stat(file)).isDirectory()) return;
  } catch (error) {
    throw externalError(`The file ${JSON.stringify(file)} cannot be read`, error);
  }
  throw new UsageError(`${JSON.stringify(file)} is a folder. Name files.`);
};

/**
 * Yields the text of a file in pieces.
 *
 * @param expected - What is read, for someone who types it.
 */
async function* chunksOf(file: string | undefined, expected: string): AsyncGenerator<string> {
  if (file === undefined && process.stdin.isTTY)
    process.stderr.write(`Reading ${expected} from the terminal until Ctrl-D.\n`);
  const input = file === undefined ? process.stdin : createReadStream(file);
  try {
    for await (const chunk of input.setEncoding('utf8')) yield chunk as string;
  } catch (error) {
    throw externalError(`The file ${JSON.stringify(file)} cannot be read`, error);
  }
}

/**
 * Yields the lines of a file without their ends. Only line feeds end a line, because texts in JSON may contain the other
 * line separators of Unicode.
 */
async function* linesOf(file: string | undefined): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of chunksOf(file, 'message bodies, one per line,')) {
    const [first, ...others] = chunk.split('\n');
    if (others.length === 0) {
      rest += first;
      continue;
    }
    yield withoutReturn(rest + first);
    rest = others.pop() as string;
    for (const line of others) yield withoutReturn(line);
  }
  if (rest !== '') yield withoutReturn(rest);
}

const withoutReturn = (line: string): string => (line.endsWith('\r') ? line.slice(0, -1) : line);
