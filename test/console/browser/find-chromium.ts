/**
 * Global setup of the tests of the page: finds a Chromium. Without one they are skipped, except in CI, where a skipped
 * test would look like a passed one.
 */

import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Path of a Chromium. Empty if there is none. */
    chromium: string;
  }
}

const NAMES = ['chromium', 'google-chrome'];

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

const findChromium = ({ CHROMIUM_PATH, PATH = '' }: NodeJS.ProcessEnv): string | undefined => {
  if (CHROMIUM_PATH) {
    if (isExecutable(CHROMIUM_PATH)) return CHROMIUM_PATH;
    throw new Error(`CHROMIUM_PATH must be the path of a Chromium, got "${CHROMIUM_PATH}".`);
  }
  return NAMES.flatMap((name) => PATH.split(delimiter).map((folder) => join(folder, name))).find(isExecutable);
};

/** Provides the path, or states why the tests are skipped. */
export const setup = ({ provide }: TestProject): void => {
  const path = findChromium(process.env);
  if (path === undefined) {
    const text = `The tests of the console's page need a Chromium: ${NAMES.join(' or ')} on PATH, or CHROMIUM_PATH.`;
    if (process.env.CI === 'true') throw new Error(text);
    process.stderr.write(`${text} They are skipped.\n`);
  }
  provide('chromium', path ?? '');
};
