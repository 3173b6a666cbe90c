/**
 * The emulators of SQS and DynamoDB. They are optional peer dependencies, because a program that embeds the sink does not
 * need them and they would double its installation. A clone of the project has them as development dependencies, whose
 * versions are those that it is tested with.
 */

import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import { join } from 'node:path';
import { PACKAGE_ROOT } from './package-root.ts';

const EMULATORS = ['dynalite', 'fauxqs'] as const;

/** Thrown when emulators are not installed. The message contains the command that installs them. */
export class EmulatorsMissing extends Error {
  override readonly name = 'EmulatorsMissing';
}

/**
 * Checks that all emulators are installed.
 *
 * @param isInstalled - Whether a package is found, by its name.
 * @throws {EmulatorsMissing} With all that are missing.
 */
export const assertEmulators = (isInstalled: (name: string) => boolean = isFound): void => {
  const missing = EMULATORS.filter((name) => !isInstalled(name));
  if (missing.length === 0) return;
  const names = missing.join(' and ');
  throw new EmulatorsMissing(
    `The local system needs ${names}, which ${missing.length === 1 ? 'is' : 'are'} not installed. ${remedyFor(missing)}`,
  );
};

/** Returns the sentence with the command that installs the versions that the project is tested with. */
export const remedyFor = (names: readonly (typeof EMULATORS)[number][]): string => {
  const { devDependencies } = JSON.parse(readFileSync(join(PACKAGE_ROOT, 'package.json'), 'utf8'));
  return `Run "npm install --save-dev ${names.map((name) => `${name}@${devDependencies[name]}`).join(' ')}".`;
};

const isFound = (name: string): boolean => {
  try {
    return findPackageJSON(name, import.meta.url) !== undefined;
  } catch {
    return false;
  }
};
