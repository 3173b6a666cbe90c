/** `send`: each line of standard input as one message, in batches of ten. */

import { createInterface } from 'node:readline';
import { SendMessageBatchCommand, type SendMessageBatchCommandOutput, SQSClient } from '@aws-sdk/client-sqs';
import { type Options, outsideFault, parseOptions, UsageError } from './usage.ts';

const OPTIONS: Options = {
  'queue-url': {
    type: 'string',
    value: 'URL',
    meaning: 'the queue; one on this machine is reached without credentials',
  },
  group: { type: 'string', value: 'ID', meaning: 'message group, for FIFO queues' },
};

const MESSAGES_PER_CALL = 10;
const BYTES_PER_CALL = 1_048_576;

export const send = async (args: readonly string[]): Promise<number> => {
  const options = parseOptions('send', OPTIONS, args);
  if (options === undefined) return 0;
  const queueUrl = options.text('queue-url');
  if (queueUrl === undefined) throw new UsageError('--queue-url must name the queue; "dev" prints its address.');
  const client = clientFor(queueUrl);
  let sent = 0;
  let failed = 0;
  let batch: string[] = [];
  let bytes = 0;
  const flush = async (): Promise<void> => {
    if (batch.length === 0) return;
    const failures = await sendBatch(client, queueUrl, batch, sent + failed, options.text('group'));
    failed += failures;
    sent += batch.length - failures;
    batch = [];
    bytes = 0;
  };
  for await (const line of createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (line.trim() === '') continue;
    const size = Buffer.byteLength(line);
    if (batch.length === MESSAGES_PER_CALL || bytes + size > BYTES_PER_CALL) await flush();
    batch.push(line);
    bytes += size;
  }
  await flush();
  process.stdout.write(`${sent} messages sent${failed > 0 ? `, ${failed} refused by the queue` : ''}\n`);
  return failed > 0 ? 1 : 0;
};

const clientFor = (queueUrl: string): SQSClient => {
  const url = URL.parse(queueUrl);
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new UsageError(
      `--queue-url must be the address of a queue, like https://sqs.REGION.amazonaws.com/ACCOUNT/NAME, got "${queueUrl}".`,
    );
  const { hostname, origin } = url;
  const local = hostname === '127.0.0.1' || hostname === 'localhost';
  return new SQSClient(
    local
      ? { endpoint: origin, region: 'us-east-1', credentials: { accessKeyId: 'local', secretAccessKey: 'local' } }
      : {},
  );
};

/** A queue that is not there, or rights that are missing, told in a sentence. */
const sendOrTell = async (
  client: SQSClient,
  command: SendMessageBatchCommand,
): Promise<SendMessageBatchCommandOutput> => {
  try {
    return await client.send(command);
  } catch (error) {
    throw outsideFault('The queue cannot be sent to', error);
  }
};

const sendBatch = async (
  client: SQSClient,
  queueUrl: string,
  bodies: readonly string[],
  first: number,
  group: string | undefined,
): Promise<number> => {
  const fifo = queueUrl.endsWith('.fifo');
  const result = await sendOrTell(
    client,
    new SendMessageBatchCommand({
      QueueUrl: queueUrl,
      Entries: bodies.map((MessageBody, index) => ({
        Id: String(index),
        MessageBody,
        ...(fifo
          ? { MessageGroupId: group ?? 'default', MessageDeduplicationId: `${process.pid}-${first + index}` }
          : {}),
      })),
    }),
  );
  for (const failure of result.Failed ?? []) {
    process.stderr.write(`line ${first + Number(failure.Id) + 1}: ${failure.Code}: ${failure.Message}\n`);
  }
  return result.Failed?.length ?? 0;
};
