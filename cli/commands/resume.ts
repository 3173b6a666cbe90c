/** Declaration of `resume`. */

import type { Declare } from '../declaration.ts';
import { addExamples } from '../help-format.ts';
import { PROGRAM } from '../program-name.ts';
import type { ResumeOptions } from '../resume.ts';
import { sinkOptions } from '../sink-options.ts';

/** Declares the command. */
export const declare: Declare = (command) => {
  for (const option of sinkOptions('stack', 'table', 'sink', 'endpoint')) command.addOption(option);
  command
    .description('End the pause of a sink. Its instances write again within 1.5 s of their work.')
    .option('--json', 'output as one line of JSON')
    .action(async (options: ResumeOptions) => {
      const { resume } = await import('../resume.ts');
      await resume(options);
    });
  addExamples(command, `${PROGRAM} resume --stack opengemini-sink-prod`);
};
