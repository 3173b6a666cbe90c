/**
 * The file in which `dev` writes the names of its system, so that other commands in the same folder find it.
 */

import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { LocalAddresses } from '../local/system.ts';

/** Folder of everything that `dev` stores, below the working directory. */
export const DEV_FOLDER = '.opengemini-sink';

/** Names of a running local system. */
export interface DevState {
  /** Process of `dev`. */
  readonly pid: number;
  readonly startedAtMs: number;
  /** Name of the sink in the state table. */
  readonly sink: string;
  readonly addresses: LocalAddresses;
}

const fileIn = (folder: string): string => join(folder, DEV_FOLDER, 'dev.json');

/** Writes the file, and creates its folder, which git ignores. */
export const writeDevState = (folder: string, state: DevState): void => {
  const file = fileIn(folder);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(join(dirname(file), '.gitignore'), '*\n');
  writeFileSync(file, `${JSON.stringify(state, undefined, 2)}\n`);
};

/** Removes the file if this process wrote it. */
export const removeDevState = (folder: string): void => {
  if (parsed(folder)?.pid === process.pid) rmSync(fileIn(folder), { force: true });
};

/** Returns the local system that runs in a folder, or undefined. The file of a process that was killed is ignored. */
export const readDevState = (folder: string): DevState | undefined => {
  const state = parsed(folder);
  return state !== undefined && isAlive(state.pid) ? state : undefined;
};

const parsed = (folder: string): DevState | undefined => {
  try {
    return JSON.parse(readFileSync(fileIn(folder), 'utf8')) as DevState;
  } catch {
    return undefined;
  }
};

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};
