/** Declaration of `build`. */

import type { BuildOptions } from '../build.ts';
import type { Declare } from '../declaration.ts';
import { addExamples } from '../help-format.ts';
import { textOption } from '../options.ts';
import { PROGRAM } from '../program-name.ts';

/** Declares the command. */
export const declare: Declare = (command) => {
  command.description(
    'Write the functions ingest and flush into dist/ of the current directory, for the deployment. A module of your ' +
      'own is bundled with everything that it imports, which needs esbuild. Types are not checked.',
  );
  for (const name of ['ingest', 'flush'])
    command.addOption(
      textOption(`--${name} <file>`, `module that exports the handler of ${name}`).default(
        undefined,
        "the sink's own handler",
      ),
    );
  command.action(async (options: BuildOptions) => {
    const { build } = await import('../build.ts');
    await build(options);
  });
  addExamples(command, `${PROGRAM} build`, `${PROGRAM} build --ingest src/ingest.ts`);
};
