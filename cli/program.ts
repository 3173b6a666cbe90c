/** How users call this command, for the commands that it prints. */

/** Start of a shell command: the npm script in a clone, the command of the package after an installation. */
export const PROGRAM = import.meta.url.endsWith('.ts') ? 'npm run --silent sink --' : 'npx opengemini-sink';
