/** Declaration of `status`. */

import type { Declare } from '../declaration.ts';
import { addExamples } from '../help-format.ts';
import { textOption } from '../options.ts';
import { PROGRAM } from '../program-name.ts';
import type { StatusOptions } from '../status.ts';

/** Declares the command. */
export const declare: Declare = (command) => {
  command
    .description(
      'Show the decision of a sink with its reasons, open circuit breakers, and the backlog, as stored in the state ' +
        'table. For a table in AWS, the credentials and AWS_REGION of the shell apply.',
    )
    .addOption(textOption('--table <name>', 'name of the state table').default(undefined, 'STATE_TABLE'))
    .addOption(
      textOption('--sink <name>', 'name of the sink').default(undefined, 'SINK_NAME, otherwise opengemini-sink'),
    )
    .addOption(textOption('--endpoint <url>', 'address of a DynamoDB on this machine, as printed by "dev"'))
    .option('--json', 'output as one line of JSON')
    .action(async (options: StatusOptions) => {
      const { status } = await import('../status.ts');
      await status(options);
    });
  addExamples(command, `AWS_REGION=eu-central-1 ${PROGRAM} status --table TABLE --sink opengemini-sink-prod`);
};
