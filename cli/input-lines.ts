/** Lines of the files that a command names, or of standard input. */

import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { externalError, UsageError } from './usage-error.ts';

/** A line of the input that is not blank. */
export interface InputLine {
  readonly text: string;
  /** Number of the line in its file, from 1. Blank lines are counted, as in an editor. */
  readonly line: number;
  /** Number of the line in the whole input, from 1. */
  readonly place: number;
  /** The file as the user named it. Undefined for standard input. */
  readonly file: string | undefined;
}

/** The name of standard input among files. */
const STANDARD_INPUT = '-';

/** Help text of the argument. */
export const FILES_MEANING = 'files with one message body per line; standard input without a file, or for "-"';

/**
 * Yields the lines of the files in their order. Without a file it reads standard input.
 *
 * @throws {UsageError} before the first line if a file cannot be read, so that no part of the input is processed.
 */
export async function* inputLines(files: readonly string[]): AsyncGenerator<InputLine> {
  for (const file of files) await checkFile(file);
  let place = 0;
  for (const file of files.length === 0 ? [STANDARD_INPUT] : files) {
    const named = file === STANDARD_INPUT ? undefined : file;
    let line = 0;
    for await (const text of textsOf(named)) {
      line += 1;
      place += 1;
      if (text.trim() !== '') yield { text, line, place, file: named };
    }
  }
}

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

async function* textsOf(file: string | undefined): AsyncGenerator<string> {
  if (file === undefined && process.stdin.isTTY)
    process.stderr.write('Reading message bodies from the terminal, one per line, until Ctrl-D.\n');
  const input = file === undefined ? process.stdin : createReadStream(file);
  let failure: Error | undefined;
  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
  // The iterator of `lines` does not throw errors of its input.
  input.once('error', (error: Error) => {
    failure = error;
    lines.close();
  });
  yield* lines;
  if (failure !== undefined) throw externalError(`The file ${JSON.stringify(file)} cannot be read`, failure);
}
