/** `send`: sends each line of standard input as one message, in batches of ten. */

import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import { SendMessageBatchCommand, type SendMessageBatchCommandOutput, SQSClient } from '@aws-sdk/client-sqs';
import { isFifoQueue } from '../src/adapters/queue-url.ts';
import { awsRemedy } from './aws-remedy.ts';
import { counted } from './counted.ts';
import { regionOfHost } from './queue-region.ts';
import { externalError, type Options, parseOptions, UsageError } from './usage.ts';

const OPTIONS: Options = {
  'queue-url': {
    type: 'string',
    value: 'URL',
    meaning: 'address of the queue (required); a queue on this machine needs no credentials',
  },
  group: {
    type: 'string',
    value: 'ID',
    meaning: 'message group: order on FIFO queues (default "default"), fairness on standard queues (default none)',
  },
};

const ABOUT = [
  'Send each line of standard input as one message. Blank lines are skipped. The region is taken from the address of the',
  'queue, otherwise from AWS_REGION.',
];

const MESSAGES_PER_CALL = 10;
/** Limit of SQS for one message, and for all messages of one call. */
const BYTES_MAX = 1_048_576;

/** A message with its line number in the input. Blank lines are counted, as in an editor. */
interface Numbered {
  readonly line: number;
  readonly body: string;
}

/** Runs the command. Returns the exit code: 0, or 1 if a line was refused. */
export const send = async (args: readonly string[]): Promise<number> => {
  const options = parseOptions('send', ABOUT, OPTIONS, args);
  if (options === undefined) return 0;
  const queueUrl = options.text('queue-url');
  if (queueUrl === undefined) throw new UsageError('--queue-url must name the queue; "dev" prints its address.');
  const queue = { client: await clientFor(queueUrl), queueUrl, group: options.text('group'), run: randomUUID() };
  let sent = 0;
  let refused = 0;
  let batch: Numbered[] = [];
  let bytes = 0;
  const flush = async (): Promise<void> => {
    if (batch.length === 0) return;
    const failures = await sendBatch(queue, batch, sent);
    refused += failures;
    sent += batch.length - failures;
    batch = [];
    bytes = 0;
  };
  let line = 0;
  for await (const body of createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY })) {
    line += 1;
    if (body.trim() === '') continue;
    const size = Buffer.byteLength(body);
    if (size > BYTES_MAX) {
      // With this line the queue would refuse the whole call, including the other lines of the batch.
      reportRefused(
        line,
        `a message has at most ${BYTES_MAX} bytes (1 MiB), this line has ${size}. ${TOO_LONG_REMEDY}`,
      );
      refused += 1;
      continue;
    }
    if (batch.length === MESSAGES_PER_CALL || bytes + size > BYTES_MAX) await flush();
    batch.push({ line, body });
    bytes += size;
  }
  await flush();
  process.stdout.write(`${counted(sent, 'message')} sent${refused > 0 ? `, ${refused} refused` : ''}\n`);
  return refused > 0 ? 1 : 0;
};

const TOO_LONG_REMEDY = 'Send its events in several messages, or send the line as gzip in base64.';

/** Prints why one line was not sent. The other lines are still sent. */
const reportRefused = (line: number, why: string): void => {
  process.stderr.write(`line ${line}: ${why}\n`);
};

const clientFor = async (queueUrl: string): Promise<SQSClient> => {
  const url = URL.parse(queueUrl);
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new UsageError(
      `--queue-url must be the address of a queue, like https://sqs.REGION.amazonaws.com/ACCOUNT/NAME, got "${queueUrl}".`,
    );
  const { hostname, origin } = url;
  if (hostname === '127.0.0.1' || hostname === 'localhost')
    return new SQSClient({
      endpoint: origin,
      region: 'us-east-1',
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    });
  const region = regionOfHost(hostname);
  const client = new SQSClient(region === undefined ? {} : { region });
  try {
    await client.config.region();
  } catch {
    throw new UsageError(`The address of the queue, ${queueUrl}, contains no region. Set AWS_REGION.`);
  }
  return client;
};

interface Queue {
  readonly client: SQSClient;
  readonly queueUrl: string;
  readonly group: string | undefined;
  /**
   * Unique id of this run, part of the deduplication ids. Without it a FIFO queue drops lines of an earlier run as
   * duplicates.
   */
  readonly run: string;
}

/** Sends one batch. Throws a `UsageError` if the queue does not exist or access is denied. */
const sendOrThrow = async (
  client: SQSClient,
  command: SendMessageBatchCommand,
  progress: string,
): Promise<SendMessageBatchCommandOutput> => {
  try {
    return await client.send(command);
  } catch (error) {
    throw externalError('Cannot send to the queue', error, [awsRemedy(error), progress].filter(Boolean).join('\n'));
  }
};

/** Sends a batch, and returns the number of messages that the queue refused. */
const sendBatch = async (
  { client, queueUrl, group, run }: Queue,
  batch: readonly Numbered[],
  sent: number,
): Promise<number> => {
  const fifo = isFifoQueue(queueUrl);
  const groupId = group ?? (fifo ? 'default' : undefined);
  const { Failed: failed = [] } = await sendOrThrow(
    client,
    new SendMessageBatchCommand({
      QueueUrl: queueUrl,
      Entries: batch.map(({ line, body }) => ({
        Id: String(line),
        MessageBody: body,
        ...(groupId === undefined ? {} : { MessageGroupId: groupId }),
        ...(fifo ? { MessageDeduplicationId: `${run}-${line}` } : {}),
      })),
    }),
    sent === 0 ? '' : `${counted(sent, 'message')} sent before the failure. Continue with line ${batch[0]?.line}.`,
  );
  for (const { Id, Code, Message } of failed) reportRefused(Number(Id), `${Code}: ${Message}`);
  return failed.length;
};
