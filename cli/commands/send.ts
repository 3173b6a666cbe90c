/** Declaration of `send`. */

import type { Declare } from '../declaration.ts';
import { addExamples } from '../help-format.ts';
import { FILES_MEANING, wholeOption } from '../input-documents.ts';
import { textOption } from '../options.ts';
import { PROGRAM } from '../program-name.ts';
import type { SendOptions } from '../send.ts';
import { sinkOptions } from '../sink-options.ts';

/** Declares the command. */
export const declare: Declare = (command) => {
  for (const option of sinkOptions('stack', 'queueUrl')) command.addOption(option);
  command
    .description(
      'Send each line as one message, in batches of ten. JSON that spans several lines is one message. Blank lines ' +
        'are skipped. A message that is refused is printed to standard error, and the exit code is then 1. The region is taken from the address of the queue, ' +
        'otherwise from AWS_REGION. A queue on this machine needs no credentials.',
    )
    .argument('[file...]', FILES_MEANING)
    .addOption(
      textOption('--group <id>', 'message group: order on FIFO queues, fairness on standard queues').default(
        undefined,
        '"default" on FIFO queues, otherwise none',
      ),
    )
    .addOption(wholeOption())
    .option('--json', 'result as one line of JSON, and each refused message as one line of JSON on standard error')
    .action(async (files: readonly string[], options: SendOptions) => {
      const { send } = await import('../send.ts');
      process.exitCode = await send(files, options);
    });
  addExamples(
    command,
    `${PROGRAM} send --queue-url https://sqs.eu-central-1.amazonaws.com/123456789012/events events.ndjson`,
  );
};
