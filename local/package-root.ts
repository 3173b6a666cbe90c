/** The folder of this package, whether the code runs from the sources or from the built package. */

import { findPackageJSON } from 'node:module';
import { dirname } from 'node:path';

/** Folder of `package.json`, which contains `examples/`. */
export const PACKAGE_ROOT: string = dirname(findPackageJSON('..', import.meta.url) as string);
