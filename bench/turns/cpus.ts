/**
 * CPUs of the processes. All contestants run on the same CPU, because two CPUs of one machine rarely have the same
 * speed. The helper threads of Node.js (garbage collection, compilation) share it, as they share the CPU of a small
 * Lambda function.
 */

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** CPUs of the contestants and of their servers. Undefined where processes cannot be pinned. */
export interface Cpus {
  readonly contestants: number | undefined;
  readonly servers: number | undefined;
}

/** Returns the numbers in a list of CPUs, for example `0-2,5`. An empty list contains none. */
export const cpusIn = (list: string): number[] =>
  [...list.matchAll(/(\d+)(?:-(\d+))?/g)].flatMap(([, first, last = first]) =>
    Array.from({ length: Number(last) - Number(first) + 1 }, (_, index) => Number(first) + index),
  );

/** Returns the CPUs that this process may use. Empty where the system does not report them, that is, not on Linux. */
const allowedCpus = (): number[] => {
  try {
    return cpusIn(/^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '');
  } catch {
    return [];
  }
};

/** Returns the last allowed CPU for the contestants, because the system uses the first one more, and the first for servers. */
export const chooseCpus = (): Cpus => {
  const allowed = allowedCpus();
  const canPin = allowed.length > 1 && spawnSync('taskset', ['--version']).status === 0;
  return canPin ? { contestants: allowed.at(-1), servers: allowed[0] } : { contestants: undefined, servers: undefined };
};

/** Returns the command line that starts a program on one CPU. */
export const pinned = (cpu: number | undefined, command: readonly string[]): readonly string[] =>
  cpu === undefined ? command : ['taskset', '-c', String(cpu), ...command];
