/**
 * `npm run build:package`: compiles library and command to JavaScript with declarations and source maps, into `dist/lib/`,
 * and bundles the functions into `dist/functions/` and the page of the console into `dist/console/`. `npm pack` calls it, because Node does not strip types below
 * `node_modules` (docs/decisions/0028), and a service that uses the package has nothing to bundle them with
 * (docs/decisions/0030).
 */

import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { writePrebuiltFunctions } from './build-functions.ts';
import { writeConsolePage } from './console-page.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

// Files of deleted sources would be packed, too.
rmSync(`${ROOT}dist/lib`, { recursive: true, force: true });
execFileSync(process.execPath, [`${ROOT}node_modules/@typescript/native/bin/tsc`, '-p', 'tsconfig.build.json'], {
  cwd: ROOT,
  stdio: 'inherit',
});
await writePrebuiltFunctions();
await writeConsolePage();
