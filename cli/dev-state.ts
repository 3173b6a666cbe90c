/**
 * The file in which `dev` writes the names of its system, so that other commands in the same folder find it.
 */

import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openStateFolder, type StateFolder, StateFolderInUse } from '../local/state-folder.ts';
import type { LocalAddresses } from '../local/system.ts';
import { externalError, UsageError } from './usage-error.ts';

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

/** Creates the folder of `dev` below the working directory. Git ignores it. Returns its path. */
export const prepareDevFolder = (folder: string): string => {
  const path = join(folder, DEV_FOLDER);
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, '.gitignore'), '*\n');
  return path;
};

/**
 * Opens the state of earlier runs in the folder of `dev`.
 *
 * @param isFresh - Whether to forget it.
 * @throws UsageError if another `dev` uses it.
 */
export const openDevState = (folder: string, isFresh: boolean): StateFolder => {
  try {
    return openStateFolder(join(prepareDevFolder(folder), 'state'), isFresh);
  } catch (error) {
    if (!(error instanceof StateFolderInUse)) throw externalError('The state of the last run cannot be opened', error);
    const { pid } = parsed(folder) ?? {};
    const which = pid === undefined ? '' : ` (process ${pid})`;
    throw new UsageError(
      `Another "dev" runs in this folder${which}. End it first, or start this one in another folder.`,
    );
  }
};

/** Writes the file. */
export const writeDevState = (folder: string, state: DevState): void => {
  prepareDevFolder(folder);
  writeFileSync(fileIn(folder), `${JSON.stringify(state, undefined, 2)}\n`);
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
