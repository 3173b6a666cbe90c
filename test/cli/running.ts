/** Commands as their users call them: a process with standard input, output, error, and an exit code. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

export const MAIN = fileURLToPath(new URL('../../cli/opengemini-sink.js', import.meta.url));

export interface Run {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Sees no variable of the shell but those given, and where programs are. */
export const run = async (
  args: readonly string[],
  input = '',
  variables: Readonly<Record<string, string>> = {},
): Promise<Run> => {
  const child = spawn(process.execPath, [MAIN, ...args], { env: { PATH: process.env.PATH, ...variables } });
  child.stdin.on('error', () => undefined).end(input);
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code, out, err };
};
