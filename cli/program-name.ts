/** How users call this command: its name for completion, and the start of the shell commands that it prints. */

import { relative } from 'node:path';
import { PACKAGE_ROOT } from '../local/package-root.ts';

/** Name of the command, as `package.json` installs it. */
export const COMMAND_NAME = 'opengemini-sink';

const isNpmScript = import.meta.url.endsWith('.ts') && process.env.npm_lifecycle_event !== 'npx';

/** npm finds the script of a clone only in its folder. npm states in which folder the user called it. */
const folder = process.env.npm_lifecycle_event === undefined ? process.cwd() : (process.env.INIT_CWD ?? process.cwd());
const prefix = relative(PACKAGE_ROOT, folder) === '' ? '' : `--prefix ${PACKAGE_ROOT.replace(/\/$/, '')} `;

/** Start of a shell command: the npm script in a clone, unless `npx` started this process; otherwise `npx`. */
export const PROGRAM = isNpmScript ? `npm ${prefix}run --silent sink --` : `npx ${COMMAND_NAME}`;
