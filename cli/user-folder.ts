/**
 * The folder in which the user called the command. npm runs a script of a package in the folder of the package, but file
 * names on the command line are relative to the folder of the user.
 */

import { existsSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../local/package-root.ts';
import type { EnvironmentVariables } from '../src/config/config.ts';

/**
 * Returns the folder of the user if an npm script of this package has started the command, otherwise undefined: the
 * working directory is then correct. A script of another package runs in the folder of that package intentionally, and a
 * process that a script of this package has started, such as a test, chooses its own folder.
 */
export const userFolder = ({
  npm_lifecycle_script: script,
  npm_package_json: file,
  INIT_CWD: folder,
}: EnvironmentVariables): string | undefined => {
  if (!script?.includes('cli/opengemini-sink.js') || !file || !folder || !existsSync(file) || !existsSync(folder))
    return undefined;
  return realpathSync(file) === realpathSync(join(PACKAGE_ROOT, 'package.json')) ? folder : undefined;
};
