/** The seam between the program and the files in `commands/`. */

import type { Command } from 'commander';

/**
 * Declares a command: its description, arguments, options, and action. The name and the summary are set before.
 *
 * The action sets `process.exitCode` if it is not 0: 1 for a negative result, such as refused events. It throws a
 * `UsageError` for what the caller can fix, which becomes exit code 2. A module that is slow to load is imported by the
 * action, with `import()`, so that the help and faults in the call do not load it.
 *
 * @param load - Declares another command of the same program, for commands that describe others.
 */
export type Declare = (command: Command, load: (other: Command) => Promise<void>) => void;
