/** Runs commands in the folder of the program that has installed the package. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { inject } from 'vitest';
import { ENVIRONMENT } from './install-package.ts';

/** Result of one command. */
export interface Run {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command until it exits, by default in the folder of the program. */
export const run = async (
  command: string,
  args: readonly string[],
  input = '',
  { cwd = inject('consumer'), variables = {} }: { cwd?: string; variables?: Readonly<Record<string, string>> } = {},
): Promise<Run> => {
  const child = spawn(command, args, { cwd, env: { ...ENVIRONMENT, ...variables } });
  child.stdin.on('error', () => undefined).end(input);
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code, out, err };
};

/** Runs Node with these arguments. */
export const runNode = (args: readonly string[], input = ''): Promise<Run> => run(process.execPath, args, input);
