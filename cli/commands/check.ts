/** Declaration of `check`. */

import type { Declare } from '../declaration.ts';

/** Declares the command. */
export const declare: Declare = (command) => {
  command
    .description(
      'Check the environment variables of this shell, including the mapping, as the function does at start, and list ' +
        'every fault. docs/configuration.md describes all variables. The exit code is 2 if there is a fault.',
    )
    .option('--json', 'result as one line of JSON, with the faults if there are any')
    .action(async ({ json = false }: { readonly json?: boolean }) => {
      const { check } = await import('../check.ts');
      process.exitCode = check(json);
    });
};
