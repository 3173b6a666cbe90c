/** `send`: each line of standard input as one message, in batches of ten. */

import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import { SendMessageBatchCommand, type SendMessageBatchCommandOutput, SQSClient } from '@aws-sdk/client-sqs';
import { counted } from './counted.ts';
import { regionOfHost } from './queue-region.ts';
import { type Options, outsideFault, parseOptions, UsageError } from './usage.ts';

const OPTIONS: Options = {
  'queue-url': {
    type: 'string',
    value: 'URL',
    meaning: 'the queue; one on this machine is reached without credentials',
  },
  group: { type: 'string', value: 'ID', meaning: 'message group: order on FIFO queues, fairness on standard ones' },
};

const ABOUT = [
  'Sends each line of standard input as one message; blank lines are nothing. The region is that of the address, else',
  'AWS_REGION.',
];

const MESSAGES_PER_CALL = 10;
/** Of one message, and of all messages of one call. */
const BYTES_MAX = 1_048_576;

/** A message, and the line of the input that it is: blank ones count, as in an editor. */
interface Numbered {
  readonly line: number;
  readonly body: string;
}

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
      // The queue would refuse the whole call for it, its neighbours with it.
      tellRefused(line, `a message has at most ${BYTES_MAX} bytes (1 MiB), this line has ${size}: ${TOO_LONG_REMEDY}`);
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

const TOO_LONG_REMEDY = 'send its events in several messages, or the line as gzip in base64';

/** One line that cannot be sent costs only itself. */
const tellRefused = (line: number, why: string): void => {
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
    throw new UsageError(`The address of the queue, ${queueUrl}, names no region: set AWS_REGION.`);
  }
  return client;
};

interface Queue {
  readonly client: SQSClient;
  readonly queueUrl: string;
  readonly group: string | undefined;
  /** Tells messages of this run from those of any other, for FIFO queues: they drop what they have seen. */
  readonly run: string;
}

/** A queue that is not there, or rights that are missing, told in a sentence. */
const sendOrTell = async (
  client: SQSClient,
  command: SendMessageBatchCommand,
  progress: string,
): Promise<SendMessageBatchCommandOutput> => {
  try {
    return await client.send(command);
  } catch (error) {
    throw outsideFault('The queue cannot be sent to', error, progress);
  }
};

/** How many of the batch the queue has refused. */
const sendBatch = async (
  { client, queueUrl, group, run }: Queue,
  batch: readonly Numbered[],
  sent: number,
): Promise<number> => {
  const fifo = queueUrl.endsWith('.fifo');
  const groupId = group ?? (fifo ? 'default' : undefined);
  const { Failed: failed = [] } = await sendOrTell(
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
    sent === 0 ? '' : `${counted(sent, 'message')} sent before that; go on with line ${batch[0]?.line}.`,
  );
  for (const { Id, Code, Message } of failed) tellRefused(Number(Id), `${Code}: ${Message}`);
  return failed.length;
};
