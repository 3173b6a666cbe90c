/**
 * The folder in which the user called the command. npm runs a script of a package in the folder of the package, but file
 * names on the command line are relative to the folder of the user.
 */

import { existsSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../local/package-root.ts';
import type { EnvironmentVariables } from '../src/config/config.ts';

/**
 * Returns the folder of the user if this process runs as an npm script of this package, otherwise undefined: the working
 * directory is then correct. A script of another package runs in the folder of that package intentionally.
 */
export const userFolder = ({
  npm_lifecycle_event: script,
  npm_package_json: file,
  INIT_CWD: folder,
}: EnvironmentVariables): string | undefined => {
  if (!script || !file || !folder || !existsSync(file) || !existsSync(folder)) return undefined;
  return realpathSync(file) === realpathSync(join(PACKAGE_ROOT, 'package.json')) ? folder : undefined;
};
