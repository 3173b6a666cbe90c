/** Runs commands as users call them: as a process with standard input, output, error, and an exit code. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

/** Path of the command's entry point. */
export const MAIN = fileURLToPath(new URL('../../cli/opengemini-sink.js', import.meta.url));

/** Result of one call. */
export interface Run {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/**
 * Runs a command until it exits. The process gets only the given environment variables and `PATH`.
 *
 * @param cwd - Working directory; that of the tests if absent.
 */
export const run = async (
  args: readonly string[],
  input = '',
  variables: Readonly<Record<string, string>> = {},
  cwd: string | undefined = undefined,
): Promise<Run> => {
  const child = spawn(process.execPath, [MAIN, ...args], { env: { PATH: process.env.PATH, ...variables }, cwd });
  child.stdin.on('error', () => undefined).end(input);
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code, out, err };
};
