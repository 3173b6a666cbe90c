/**
 * Finds the queues and the table of a sink: by options, from the outputs of a CloudFormation stack, from environment
 * variables, or from the file of a `dev` that runs in the working directory.
 */

import type { Stack } from '@aws-sdk/client-cloudformation';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';
import { emulatorAccess } from '../local/loopback.ts';
import { awsRemedy } from './aws-remedy.ts';
import { readDevState } from './dev-state.ts';
import { regionOfHost } from './queue-region.ts';
import { externalError, UsageError } from './usage-error.ts';

/** Options that name a sink. `sinkOptions` declares them. */
export interface SinkNameOptions {
  readonly stack?: string;
  readonly queueUrl?: string;
  readonly deadLetterQueueUrl?: string;
  readonly table?: string;
  readonly sink?: string;
  /** Address of a DynamoDB on this machine. */
  readonly endpoint?: string;
  /** Name of the flush function. */
  readonly function?: string;
  /** Address of a Lambda on this machine. */
  readonly lambdaEndpoint?: string;
}

/** Names of a sink. A member is undefined if nothing names it. */
export interface SinkNames {
  readonly sink: string;
  readonly queueUrl: string | undefined;
  readonly deadLetterQueueUrl: string | undefined;
  readonly table: string | undefined;
  /** Name of the ingest function, of whose log group AWS makes `/aws/lambda/NAME`. */
  readonly ingestFunction: string | undefined;
  /** Name of the flush function. */
  readonly flushFunction: string | undefined;
  /** Address of a DynamoDB on this machine; undefined in AWS. */
  readonly dynamodbEndpoint: string | undefined;
  /** Address of Lambda's API on this machine; undefined in AWS. */
  readonly lambdaEndpoint: string | undefined;
  /** Where the names come from, as a part of a sentence: "the stack sink-prod". */
  readonly source: string;
}

const SINK_DEFAULT = 'opengemini-sink';

/**
 * Returns the names of the sink that the options name. An option takes precedence over the stack; without a stack,
 * variables over a running `dev`. Throws a `UsageError` if the stack cannot be read.
 *
 * @param folder - Working directory, in which `dev` may run.
 */
export const sinkNames = async (
  options: SinkNameOptions,
  variables: Readonly<Record<string, string | undefined>> = process.env,
  folder: string = process.cwd(),
): Promise<SinkNames> => {
  const found =
    options.stack === undefined ? fromSurroundings(options, variables, folder) : await fromStack(options.stack);
  const given = {
    queueUrl: options.queueUrl,
    deadLetterQueueUrl: options.deadLetterQueueUrl,
    table: options.table,
    sink: options.sink,
    dynamodbEndpoint: options.endpoint,
    flushFunction: options.function,
    lambdaEndpoint: options.lambdaEndpoint,
  };
  return { ...found, ...Object.fromEntries(Object.entries(given).filter(([, name]) => name !== undefined)) };
};

/** Whether the options name a part of a sink. A running `dev` is then not meant. */
const namesAnything = (options: SinkNameOptions): boolean =>
  [
    options.queueUrl,
    options.deadLetterQueueUrl,
    options.table,
    options.endpoint,
    options.function,
    options.lambdaEndpoint,
  ].some((name) => name !== undefined);

const fromSurroundings = (
  options: SinkNameOptions,
  { STATE_TABLE, DEAD_LETTER_QUEUE_URL, SINK_NAME }: Readonly<Record<string, string | undefined>>,
  folder: string,
): SinkNames => {
  const named = {
    sink: SINK_NAME || SINK_DEFAULT,
    queueUrl: undefined,
    deadLetterQueueUrl: DEAD_LETTER_QUEUE_URL || undefined,
    table: STATE_TABLE || undefined,
    ingestFunction: undefined,
    flushFunction: undefined,
    dynamodbEndpoint: undefined,
    lambdaEndpoint: undefined,
    source: 'the options and variables',
  };
  const isNamed = namesAnything(options) || named.deadLetterQueueUrl !== undefined || named.table !== undefined;
  const state = isNamed ? undefined : readDevState(folder);
  if (state === undefined) return named;
  const { stateTable: table, ...addresses } = state.addresses;
  const { queueUrl, deadLetterQueueUrl, flushFunction, dynamodbEndpoint, lambdaEndpoint } = addresses;
  const queues = { queueUrl, deadLetterQueueUrl };
  const dev = { sink: state.sink, ...queues, table, flushFunction, dynamodbEndpoint, lambdaEndpoint };
  return { ...named, ...dev, source: `the "dev" that runs in this folder (process ${state.pid})` };
};

const fromStack = async (name: string): Promise<SinkNames> => {
  const outputs = Object.fromEntries(
    ((await readStack(name)).Outputs ?? []).map(({ OutputKey = '', OutputValue }) => [OutputKey, OutputValue]),
  );
  if (outputs.DeadLetterQueueUrl === undefined)
    throw new UsageError(
      `The stack ${name} has no output DeadLetterQueueUrl, so it is not a stack of this sink. Check the name and the region, or name the resources with --queue-url, --dead-letter-queue-url, and --table.`,
    );
  return {
    // Stacks of older versions have no output for it. Their stack has the name of the sink.
    sink: outputs.SinkName ?? name,
    queueUrl: outputs.EventQueueUrl,
    deadLetterQueueUrl: outputs.DeadLetterQueueUrl,
    table: outputs.StateTableName,
    ingestFunction: outputs.IngestFunctionName,
    flushFunction: outputs.FlushFunctionName,
    dynamodbEndpoint: undefined,
    lambdaEndpoint: undefined,
    source: `the stack ${name}`,
  };
};

const readStack = async (name: string): Promise<Stack> => {
  // Loaded only here, because most calls need no CloudFormation.
  const { CloudFormationClient, DescribeStacksCommand } = await import('@aws-sdk/client-cloudformation');
  const client = new CloudFormationClient({});
  try {
    const { Stacks: [stack] = [] } = await client.send(new DescribeStacksCommand({ StackName: name }));
    if (stack !== undefined) return stack;
  } catch (error) {
    throw externalError(`The stack ${name} cannot be read`, error, awsRemedy(error));
  } finally {
    client.destroy();
  }
  throw new UsageError(`There is no stack ${name}. Check the name, the account, and the region.`);
};

/** What an option names, for the message if nothing names it. */
const MISSING = {
  queueUrl: ['event queue', '--queue-url'],
  deadLetterQueueUrl: ['dead-letter queue', '--dead-letter-queue-url'],
  table: ['state table', '--table'],
  flushFunction: ['flush function', '--function'],
} as const;

/**
 * Returns a name that a command cannot do without. Throws a `UsageError` that says how to give it.
 *
 * @param more - Sentence after that, about a sink without this part.
 */
export const requiredName = (names: SinkNames, member: keyof typeof MISSING, more = ''): string => {
  const name = names[member];
  if (name !== undefined) return name;
  const [what, option] = MISSING[member];
  const remedy = `Nothing names the ${what}. Use --stack or ${option}, or run "dev" in this folder.`;
  throw new UsageError(more === '' ? remedy : `${remedy} ${more}`);
};

/** Whether a queue is that of an emulator on this machine. */
export const isOnLoopback = (queueUrl: string): boolean =>
  ['127.0.0.1', 'localhost'].includes(URL.parse(queueUrl)?.hostname ?? '');

/** Returns a client for the queue. Throws a `UsageError` if its address is unusable or no region is known. */
export const queueClient = async (queueUrl: string, option = '--queue-url'): Promise<SQSClient> => {
  const url = URL.parse(queueUrl);
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new UsageError(
      `${option} must be the address of a queue, like https://sqs.REGION.amazonaws.com/ACCOUNT/NAME, got "${queueUrl}".`,
    );
  const { hostname, origin } = url;
  // An emulator of all of AWS is named by variables, with a region and credentials of its own.
  const isNamed = Boolean(process.env.AWS_ENDPOINT_URL_SQS || process.env.AWS_ENDPOINT_URL);
  if (isOnLoopback(queueUrl) && !isNamed) return new SQSClient(emulatorAccess(origin));
  const region = regionOfHost(hostname);
  const client = new SQSClient(region === undefined ? {} : { region });
  try {
    await client.config.region();
  } catch {
    throw new UsageError(`The address of the queue, ${queueUrl}, contains no region. Set AWS_REGION.`);
  }
  return client;
};

/** Returns a client for the table, in AWS or at an endpoint on this machine. */
export const tableClient = async (endpoint: string | undefined): Promise<DynamoDBClient> => {
  if (endpoint === undefined) {
    const client = new DynamoDBClient({});
    await client.config.region().catch(() => {
      throw new UsageError('No region is set. Set AWS_REGION, or use --endpoint for a table on this machine.');
    });
    return client;
  }
  const url = URL.parse(endpoint);
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new UsageError(`--endpoint must be an address like http://127.0.0.1:8000, got "${endpoint}".`);
  return new DynamoDBClient(emulatorAccess(endpoint));
};
