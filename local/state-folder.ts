/**
 * The folder in which a local system keeps its state between two runs. Only one system uses a folder at a time. Every
 * part writes a change before it confirms the change, so the end of the process loses nothing that was confirmed
 * (docs/decisions/0038).
 */

import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Files of the parts of a local system. */
export interface StateFiles {
  /** SQLite database with the messages of the queues. */
  readonly queues: string;
  /** LevelDB folder with the tables. */
  readonly tables: string;
  /** File with the writes that the stand-in for openGemini has accepted. */
  readonly points: string;
}

/** Files in a locked folder. */
export interface StateFolder extends StateFiles {
  /** Releases the folder. The end of the process releases it too. */
  close(): void;
}

/** Thrown when another system uses the folder. */
export class StateFolderInUse extends Error {
  override readonly name = 'StateFolderInUse';
}

/** Error number of SQLite for a database that another connection has locked. */
const SQLITE_BUSY = 5;

/**
 * Opens a folder, and creates it if it is missing.
 *
 * @param isFresh - Whether to remove the state of earlier runs first.
 * @throws {StateFolderInUse} If another system uses the folder. Nothing is removed in that case.
 */
export const openStateFolder = (folder: string, isFresh: boolean): StateFolder => {
  mkdirSync(folder, { recursive: true });
  const lock = lockFolder(folder);
  const files = {
    queues: join(folder, 'queues.db'),
    tables: join(folder, 'tables'),
    points: join(folder, 'points.ndjson'),
  };
  if (isFresh) {
    const all = [...Object.values(files), `${files.queues}-wal`, `${files.queues}-shm`];
    for (const file of all) rmSync(file, { recursive: true, force: true });
  }
  return { ...files, close: () => lock.close() };
};

/** Locks the folder by an open transaction of SQLite, because the operating system releases it with the process. */
const lockFolder = (folder: string): DatabaseSync => {
  const lock = new DatabaseSync(join(folder, 'lock.db'), { timeout: 0 });
  try {
    lock.exec('BEGIN EXCLUSIVE');
    return lock;
  } catch (error) {
    lock.close();
    if ((error as { readonly errcode?: number }).errcode !== SQLITE_BUSY) throw error;
    throw new StateFolderInUse(`Another process uses the state in ${folder}`);
  }
};
