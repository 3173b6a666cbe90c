/** Declaration of `check`. */

import type { Declare } from '../declaration.ts';
import { handlerOption } from '../options.ts';

/** Declares the command. */
export const declare: Declare = (command) => {
  command
    .description(
      'Check the environment variables of this shell, including the mapping, as the function does at start, and list ' +
        'every fault. docs/configuration.md describes all variables. With --handler, the settings that the program declares ' +
        'are checked and listed, too. The exit code is 2 if there is a fault.',
    )
    .addOption(handlerOption())
    .option('--json', 'result as one line of JSON, with the faults if there are any')
    .action(async ({ handler, json = false }: { readonly handler?: string; readonly json?: boolean }) => {
      const { check } = await import('../check.ts');
      process.exitCode = await check(handler, json);
    });
};
