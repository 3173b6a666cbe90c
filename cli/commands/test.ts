/** Declaration of `test`. */

import type { Declare } from '../declaration.ts';
import { addExamples } from '../help-format.ts';
import { handlerOption } from '../options.ts';
import { PROGRAM } from '../program-name.ts';
import type { TestOptions } from '../test.ts';

/** Declares the command. */
export const declare: Declare = (command) => {
  command
    .description(
      'Run tests of mappings. Each file names a mapping and lists messages with the lines, refusals, and dropped events ' +
        'that they must become. Paths in a file are relative to it. The exit code is 1 if a test fails, and 2 if a file ' +
        'cannot be read or has faults. The SINK_* variables of the shell do not apply. docs/mapping/trying.md ' +
        'describes the files.',
    )
    .argument('<file...>', 'files with tests, YAML or JSON')
    .addOption(handlerOption())
    .option('--summary', 'notes on columns that matched no event, and on members that no rule takes')
    .option('--json', 'results as one line of JSON')
    .action(async (files: readonly string[], options: TestOptions) => {
      const { test } = await import('../test.ts');
      process.exitCode = await test(files, options);
    });
  addExamples(command, `${PROGRAM} test mapping.test.yaml`);
};
