/**
 * `npm run build:package`: compiles library and command to JavaScript with declarations and source maps, into `dist/lib/`.
 * `npm pack` calls it, because Node does not strip types below `node_modules` (docs/decisions/0028). The bundles of the
 * functions are built by `build.ts`.
 */

import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

// Files of deleted sources would be packed, too.
rmSync(`${ROOT}dist/lib`, { recursive: true, force: true });
execFileSync(process.execPath, [`${ROOT}node_modules/@typescript/native/bin/tsc`, '-p', 'tsconfig.build.json'], {
  cwd: ROOT,
  stdio: 'inherit',
});
