/**
 * Watches files by reading them at an interval. This also finds a file that an editor has replaced by another one, on every
 * file system. A change counts when two consecutive reads agree, so that a file is not used while it is written.
 */

import { readFileSync } from 'node:fs';

/** Interval between two reads. */
const POLL_MS = 200;

/** A set of watched files. */
export interface WatchedFiles {
  /** Reads all files once, and returns those that have changed. */
  read(): readonly string[];
  /**
   * Begins to watch, for changes since the set was created.
   *
   * @param onChange - Receives the changed files. The next read waits for it.
   */
  start(onChange: (changed: readonly string[]) => Promise<void>): void;
  stop(): void;
}

interface Contents {
  /** What the last change contained, or the start. Undefined means that the file is missing. */
  used: string | undefined;
  /** What the last read found. */
  seen: string | undefined;
}

const contentOf = (file: string): string | undefined => {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return undefined;
  }
};

/**
 * Reads the files as they are now.
 *
 * @param files - Returns the files to watch. It is called at each read, because a file may name another one.
 */
export const readWatched = (files: () => readonly string[]): WatchedFiles => {
  const known = new Map<string, Contents>();
  const isChanged = (file: string): boolean => {
    const seen = contentOf(file);
    const contents = known.get(file);
    if (contents === undefined) {
      known.set(file, { used: seen, seen });
      return false;
    }
    const isStable = contents.seen === seen;
    contents.seen = seen;
    if (!isStable || contents.used === seen) return false;
    contents.used = seen;
    return true;
  };
  const read = (): readonly string[] => files().filter(isChanged);
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  const poll = async (onChange: (changed: readonly string[]) => Promise<void>): Promise<void> => {
    const changed = read();
    if (changed.length > 0) await onChange(changed);
    if (!isStopped) timer = setTimeout(() => void poll(onChange), POLL_MS);
  };
  read();
  return {
    read,
    start: (onChange) => void poll(onChange),
    stop: () => {
      isStopped = true;
      clearTimeout(timer);
    },
  };
};
