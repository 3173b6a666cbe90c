/** Declaration of `init`. */

import type { Declare } from '../declaration.ts';
import { addExamples } from '../help-format.ts';
import { PROGRAM } from '../program-name.ts';

/** Declares the command. */
export const declare: Declare = (command) => {
  command
    .description(
      'Write a small project that deploys the sink, with a test, into a new or an empty folder. The last part of the ' +
        'path is the name of the service: a letter, then letters, digits, and hyphens.',
    )
    .argument('<folder>', 'folder of the new project')
    .option('--typescript', 'a handler in TypeScript with a typed converter, instead of a mapping file')
    .action(async (folder: string, { typescript = false }: { readonly typescript?: boolean }) => {
      const { init } = await import('../init.ts');
      init(folder, typescript);
    });
  addExamples(command, `${PROGRAM} init my-telemetry`, `${PROGRAM} init my-telemetry --typescript`);
};
