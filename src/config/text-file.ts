/** Reads the files that settings name. */

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

/**
 * Returns the text of a file. If it cannot be read, adds a fault and returns undefined.
 *
 * @param name - Name of the setting that names the file.
 */
export const readTextFile = (file: string, name: string, faults: string[]): string | undefined => {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    // A relative path is often written for another working directory.
    const resolved = resolve(file) === file ? '' : ` (resolved to ${resolve(file)})`;
    faults.push(
      `${name} names the file ${JSON.stringify(file)}, which cannot be read${resolved}: ${(error as Error).message}.`,
    );
    return undefined;
  }
};
