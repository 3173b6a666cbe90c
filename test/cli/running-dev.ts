/** Runs `dev` as a process, for tests of what it does while it runs and after it has ended. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';
import type { LocalAddresses } from '../../local/system.ts';
import { MAIN } from './running.ts';

/** A `dev` that is ready. */
export interface RunningDev {
  readonly addresses: LocalAddresses & { readonly console: string };
  /** Returns what it has printed on standard error. */
  err(): string;
  /** Ends the process, and returns its exit code, or null if the signal has ended it. */
  end(signal: 'SIGINT' | 'SIGTERM' | 'SIGKILL'): Promise<number | null>;
}

/**
 * Starts `dev --json` in a folder with a short batching window. It is killed after the test if it still runs. It gets only
 * the given environment variables and `PATH`.
 */
export const startDev = async (
  folder: string,
  args: readonly string[] = [],
  variables: Readonly<Record<string, string>> = {},
): Promise<RunningDev> => {
  const windowed = args.includes('--fifo') ? args : ['--window', '0.1', ...args];
  const child = spawn(process.execPath, [MAIN, 'dev', '--json', ...windowed], {
    cwd: folder,
    env: { PATH: process.env.PATH, ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const closed = once(child, 'close') as Promise<[code: number | null]>;
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await closed;
  });
  let [out, err] = ['', ''];
  child.stderr.on('data', (chunk) => {
    err += chunk;
  });
  const ready = new Promise<void>((resolve) => {
    child.stdout.on('data', (chunk) => {
      out += chunk;
      if (out.includes('\n')) resolve();
    });
  });
  await Promise.race([ready, closed]);
  if (out === '') throw new Error(`dev did not start: ${err}`);
  return {
    addresses: JSON.parse(out),
    err: () => err,
    end: async (signal) => {
      child.kill(signal);
      const [code] = await closed;
      return code;
    },
  };
};
