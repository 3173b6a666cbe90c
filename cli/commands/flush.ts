/** Declaration of `flush`. */

import type { Declare } from '../declaration.ts';
import type { FlushOptions } from '../flush.ts';
import { addExamples } from '../help-format.ts';
import { PROGRAM } from '../program-name.ts';
import { sinkOptions } from '../sink-options.ts';

/** Declares the command. */
export const declare: Declare = (command) => {
  for (const option of sinkOptions('stack', 'function', 'table', 'sink', 'endpoint', 'lambdaEndpoint'))
    command.addOption(option);
  command
    .description(
      'Drain the backlog of a sink now: invoke its flush function until the state table is empty, a circuit breaker is ' +
        'open, the sink is paused, or no segment is due. The exit code is 1 if a backlog remains.',
    )
    .option('--json', 'output as one line of JSON at the end')
    .action(async (options: FlushOptions) => {
      const { flush } = await import('../flush.ts');
      await flush(options);
    });
  addExamples(command, `${PROGRAM} flush --stack opengemini-sink-prod`);
};
