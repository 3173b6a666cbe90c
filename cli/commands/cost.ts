/** Declaration of `cost`. */

import type { CostOptions } from '../cost.ts';
import type { Declare } from '../declaration.ts';
import { addExamples } from '../help-format.ts';
import { numberOption, textOption, wholeNumberOption } from '../options.ts';
import { PROGRAM } from '../program-name.ts';

/** Declares the command. */
export const declare: Declare = (command) => {
  command
    .description(
      'Calculate the costs of a sink in AWS for a month and for a million events, from list prices and the load. It prints ' +
        'each item of the sum and all assumptions, and sends no request.',
    )
    .addOption(
      numberOption(
        '--events-per-second <n>',
        'events per second on average',
        [0.001, 10_000_000],
      ).makeOptionMandatory(),
    )
    .addOption(wholeNumberOption('--events-per-message <n>', 'events in a message', [1, 100_000]).default(1))
    .addOption(wholeNumberOption('--bytes-per-event <n>', 'bytes of an event in the body', [1, 1_048_576]).default(200))
    .addOption(
      numberOption('--batch-size <n>', 'messages per invocation on average', [1, 10_000]).default(
        undefined,
        'estimated',
      ),
    )
    .addOption(
      numberOption('--duration <ms>', 'milliseconds of an invocation on average', [1, 900_000]).default(
        undefined,
        'estimated',
      ),
    )
    .addOption(wholeNumberOption('--memory <mb>', 'memory of a function in MB', [128, 10_240]).default(1_024))
    .addOption(
      numberOption(
        '--checkpointed <percent>',
        'percent of the events that are stored in the state table',
        [0, 100],
      ).default(0),
    )
    .option('--gzip', 'producers compress bodies (gzip in base64)')
    .option('--fifo', 'the queue is a FIFO queue')
    .option('--no-control', 'the controller is off (SINK_CONTROL=off)')
    .addOption(textOption('--region <name>', 'region whose prices apply').default(undefined, 'us-east-1'))
    .addOption(textOption('--prices <file>', 'JSON file with prices, for another region'))
    .option('--json', 'output as one line of JSON')
    .action(async (options: CostOptions) => {
      const { cost } = await import('../cost.ts');
      await cost(options);
    });
  addExamples(
    command,
    `${PROGRAM} cost --events-per-second 1000 --events-per-message 20`,
    `${PROGRAM} cost --events-per-second 1000 --region eu-central-1 --prices prices.json`,
  );
};
