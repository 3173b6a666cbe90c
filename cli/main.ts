/** `opengemini-sink`: runs the command that the arguments name, prints errors, and ends the process. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommanderError } from 'commander';
import { PACKAGE_ROOT } from '../local/package-root.ts';
import { createProgram } from './program.ts';
import { styled } from './terminal.ts';
import { UsageError } from './usage-error.ts';
import { userFolder } from './user-folder.ts';

/** Errors that a user can fix are printed as sentences. Any other error is a bug, and is printed with its stack. */
const errorText = (error: unknown): string => {
  if (error instanceof UsageError || (error as Error).name === 'ConfigError') {
    const [first = '', ...more] = (error as Error).message.split('\n');
    return [styled('red', first, process.stderr), ...more].join('\n');
  }
  const { bugs } = JSON.parse(readFileSync(join(PACKAGE_ROOT, 'package.json'), 'utf8'));
  return `${(error as Error).stack}\n\nThis is a bug in opengemini-sink. Report it at ${bugs}.`;
};

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // The reader has closed the pipe, as `head` does. This is not an error.
  if (error.code === 'EPIPE') process.exit();
  throw error;
});

try {
  const folder = userFolder(process.env);
  if (folder !== undefined) process.chdir(folder);
  await createProgram().parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) process.stderr.write(`${errorText(error)}\n`);
  // The parser ends the call with an error that has exit code 0 after `--help` and `--version`.
  process.exitCode = error instanceof CommanderError && error.exitCode === 0 ? 0 : 2;
}

// A module of the user, which `--handler` and `--preset` load, may keep a timer or a connection open.
const written = (stream: NodeJS.WriteStream): Promise<unknown> => new Promise((resolve) => stream.write('', resolve));
await Promise.all([written(process.stdout), written(process.stderr)]);
process.exit();
