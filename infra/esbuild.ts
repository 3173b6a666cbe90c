/**
 * esbuild, which bundles handlers. It is an optional peer dependency, because the package contains the functions already
 * bundled.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../local/package-root.ts';
import { BuildError } from './build-error.ts';

/**
 * Loads esbuild.
 *
 * @throws {BuildError} if it is not installed, with the command that installs it.
 */
export const loadEsbuild = async (): Promise<typeof import('esbuild')> => {
  try {
    return await import('esbuild');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    const { devDependencies } = JSON.parse(readFileSync(join(PACKAGE_ROOT, 'package.json'), 'utf8'));
    throw new BuildError(
      `Bundling a handler needs esbuild, which is not installed. Run "npm install --save-dev --save-exact esbuild@${devDependencies.esbuild}".`,
    );
  }
};
