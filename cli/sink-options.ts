/** The options that name a sink, for the declarations of commands. */

import type { Option } from 'commander';
import { textOption } from './options.ts';
import type { SinkNameOptions } from './sink-names.ts';

const OPTIONS: Readonly<Record<keyof SinkNameOptions, () => Option>> = {
  stack: () =>
    textOption('--stack <name>', 'CloudFormation stack whose outputs name the queues and the table').default(
      undefined,
      'the "dev" of this folder, if nothing else is named',
    ),
  queueUrl: () => textOption('--queue-url <url>', 'URL of the event queue'),
  deadLetterQueueUrl: () =>
    textOption('--dead-letter-queue-url <url>', 'URL of the dead-letter queue').default(
      undefined,
      'DEAD_LETTER_QUEUE_URL',
    ),
  table: () => textOption('--table <name>', 'name of the state table').default(undefined, 'STATE_TABLE'),
  sink: () =>
    textOption('--sink <name>', 'name of the sink').default(undefined, 'SINK_NAME, otherwise opengemini-sink'),
  function: () =>
    textOption('--function <name>', 'name of the flush function').default(undefined, 'FlushFunctionName of the stack'),
  lambdaEndpoint: () =>
    textOption('--lambda-endpoint <url>', 'address of a Lambda on this machine, as printed by "dev --json"'),
  endpoint: () => textOption('--endpoint <url>', 'address of a DynamoDB on this machine, as printed by "dev"'),
};

/** Returns the options that name these parts of a sink. */
export const sinkOptions = (...parts: readonly (keyof SinkNameOptions)[]): readonly Option[] =>
  parts.map((part) => OPTIONS[part]());
