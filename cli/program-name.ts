/** How users call this command: its name for completion, and the start of the shell commands that it prints. */

/** Name of the command, as `package.json` installs it. */
export const COMMAND_NAME = 'opengemini-sink';

const isNpmScript = import.meta.url.endsWith('.ts') && process.env.npm_lifecycle_event !== 'npx';

/** Start of a shell command: the npm script in a clone, unless `npx` started this process; otherwise `npx`. */
export const PROGRAM = isNpmScript ? 'npm run --silent sink --' : `npx ${COMMAND_NAME}`;
