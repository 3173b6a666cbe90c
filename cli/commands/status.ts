/** Declaration of `status`. */

import type { Declare } from '../declaration.ts';
import { addExamples } from '../help-format.ts';
import { wholeNumberOption } from '../options.ts';
import { PROGRAM } from '../program-name.ts';
import { sinkOptions } from '../sink-options.ts';
import type { StatusOptions } from '../status.ts';

/** Declares the command. */
export const declare: Declare = (command) => {
  for (const option of sinkOptions('stack', 'table', 'sink', 'endpoint', 'queueUrl', 'deadLetterQueueUrl'))
    command.addOption(option);
  command
    .description(
      'Show the decision of a sink with its reasons, open circuit breakers, and the backlog, as stored in the state ' +
        'table. For a table in AWS, the credentials and AWS_REGION of the shell apply.',
    )
    .option('--watch', 'show the status, the requests, and the queues again and again until Ctrl-C')
    .addOption(wholeNumberOption('--interval <s>', 'seconds between two refreshes', [1, 3_600]).default(undefined, '2'))
    .option('--json', 'output as one line of JSON, with --watch one line per refresh')
    .action(async (options: StatusOptions) => {
      const { status } = await import('../status.ts');
      await status(options);
    });
  addExamples(
    command,
    `AWS_REGION=eu-central-1 ${PROGRAM} status --table TABLE --sink opengemini-sink-prod`,
    `${PROGRAM} status --stack opengemini-sink-prod --watch`,
  );
};
