/** Declaration of `init`. */

import { Option } from 'commander';
import type { Declare } from '../declaration.ts';
import { addExamples } from '../help-format.ts';
import type { InitOptions } from '../init.ts';
import { PROGRAM } from '../program-name.ts';

/** Declares the command. */
export const declare: Declare = (command) => {
  command
    .description(
      'Write a small project that deploys the sink, with a test, into a new or an empty folder. The last part of the ' +
        'path is the name of the service: a letter, then letters, digits, and hyphens. With --from, its mapping is ' +
        'proposed from sample events, with comments that give the reasons. With --from and without a folder, the ' +
        'proposed mapping is printed as YAML, and nothing is written.',
    )
    .argument('[folder]', 'folder of the new project')
    .addOption(new Option('--from <file...>', 'files with sample events, after the folder; "-" for standard input'))
    .option('--typescript', 'a handler in TypeScript with a typed converter, instead of a mapping file')
    .action(async (folder: string | undefined, options: InitOptions) => {
      const { init } = await import('../init.ts');
      await init(folder, options);
    });
  addExamples(
    command,
    `${PROGRAM} init my-telemetry`,
    `${PROGRAM} init my-telemetry --typescript`,
    `${PROGRAM} init my-telemetry --from event.json`,
    `${PROGRAM} init --from event.json > mapping.yaml`,
  );
};
