/** The file to which dead letters are written before they are deleted: one letter as JSON in each line. */

import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { externalError } from '../usage-error.ts';
import type { Letter } from './letter.ts';

/** Returns the name of an archive that the user does not name. */
export const archiveName = (now: Date): string =>
  `dead-letters-${now.toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z.ndjson`;

/** Where letters are written before they are deleted. */
export interface Archive {
  /** Returns when the letters are on the disk. */
  add(letters: readonly Letter[]): void;
  close(): void;
}

/** Opens a new file. Throws a `UsageError` if it exists or cannot be written. Without a name nothing is written. */
export const createArchive = (file: string | undefined): Archive => {
  if (file === undefined) return { add: () => undefined, close: () => undefined };
  const opened = opening(file);
  return {
    add: (letters) => {
      writeSync(opened, letters.map((letter) => `${JSON.stringify(archived(letter))}\n`).join(''));
      fsyncSync(opened);
    },
    close: () => closeSync(opened),
  };
};

const opening = (file: string): number => {
  try {
    return openSync(file, 'wx');
  } catch (error) {
    throw externalError('The archive cannot be written, so nothing was deleted', error, 'Choose another --archive.');
  }
};

const archived = ({ id, place, sentAtMs, groupId, body, attributes }: Letter): unknown => ({
  id,
  place,
  sentAt: sentAtMs,
  ...(groupId === undefined ? {} : { groupId }),
  attributes,
  body,
});
