/** `send`: sends each body of the input as one message, in batches of ten. */

import { randomUUID } from 'node:crypto';
import { SendMessageBatchCommand, type SendMessageBatchCommandOutput, type SQSClient } from '@aws-sdk/client-sqs';
import { isFifoQueue } from '../src/adapters/queue-url.ts';
import { awsRemedy } from './aws-remedy.ts';
import { counted } from './counted.ts';
import { type InputDocument, inputDocuments } from './input-documents.ts';
import { queueClient, requiredName, type SinkNameOptions, sinkNames } from './sink-names.ts';
import { styled } from './terminal.ts';
import { externalError } from './usage-error.ts';

/** Options of one call. */
export interface SendOptions extends Pick<SinkNameOptions, 'stack' | 'queueUrl'> {
  readonly group?: string;
  /** Whether each file is one message. */
  readonly whole?: boolean;
  readonly json?: boolean;
}

const MESSAGES_PER_CALL = 10;
/** Limit of SQS for one message, and for all messages of one call. */
const BYTES_MAX = 1_048_576;

/** Runs the command. Returns the exit code: 0, or 1 if a line was refused. */
export const send = async (
  files: readonly string[],
  { group, whole, json = false, ...named }: SendOptions,
): Promise<number> => {
  const queueUrl = requiredName(await sinkNames(named), 'queueUrl');
  const queue = { client: await queueClient(queueUrl), queueUrl, group, run: randomUUID(), json };
  let sent = 0;
  let refused = 0;
  let batch: InputDocument[] = [];
  let bytes = 0;
  const flush = async (): Promise<void> => {
    if (batch.length === 0) return;
    const failures = await sendBatch(queue, batch, sent);
    refused += failures;
    sent += batch.length - failures;
    batch = [];
    bytes = 0;
  };
  for await (const input of inputDocuments(files, { whole })) {
    const refusal = refusalOf(input);
    if (refusal !== undefined) {
      reportRefused(input, refusal, json);
      refused += 1;
      continue;
    }
    const size = Buffer.byteLength(input.text);
    if (batch.length === MESSAGES_PER_CALL || bytes + size > BYTES_MAX) await flush();
    batch.push(input);
    bytes += size;
  }
  await flush();
  const text = `${counted(sent, 'message')} sent${refused > 0 ? `, ${refused} refused` : ''}`;
  process.stdout.write(`${json ? JSON.stringify({ sent, refused }) : text}\n`);
  return refused > 0 ? 1 : 0;
};

/** Returns why a body is not sent at all. */
const refusalOf = ({ text, line, lastLine, fault, isTooLong = false }: InputDocument): Refusal | undefined => {
  const size = Buffer.byteLength(text);
  // With such a body the queue would refuse the whole call, including the other bodies of the batch.
  if (isTooLong || size > BYTES_MAX) {
    const what = lastLine > line ? 'the JSON that begins here' : 'this line';
    const found = isTooLong ? 'more than 16 MiB' : size;
    const detail = `a message has at most ${BYTES_MAX} bytes (1 MiB), ${what} has ${found}. ${TOO_LONG_REMEDY}`;
    return { reason: 'too-long', detail };
  }
  if (fault === undefined || lastLine === line) return undefined;
  const detail = `JSON begins here, but ${fault}. Correct it: lines ${line} to ${lastLine} were not sent.`;
  return { reason: 'not-json', detail };
};

const TOO_LONG_REMEDY = 'Send its events in several messages, or send it as gzip in base64.';

interface Refusal {
  /** Code of SQS. Undefined for a body that is not sent. */
  readonly code?: string | undefined;
  /** Why a body is not sent, for programs. */
  readonly reason?: 'too-long' | 'not-json';
  readonly detail: string;
}

/** Prints why one body was not sent. The others are still sent. */
const reportRefused = ({ file, line }: InputDocument, { code, reason, detail }: Refusal, json: boolean): void => {
  if (json) {
    process.stderr.write(`${JSON.stringify({ file, line, reason: code ?? reason, detail })}\n`);
    return;
  }
  const text = `line ${line}: ${code === undefined ? '' : `${code}: `}${detail}`;
  process.stderr.write(`${styled('red', file === undefined ? text : `${file}, ${text}`, process.stderr)}\n`);
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
  readonly json: boolean;
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
  { client, queueUrl, group, run, json }: Queue,
  batch: readonly InputDocument[],
  sent: number,
): Promise<number> => {
  const fifo = isFifoQueue(queueUrl);
  const groupId = group ?? (fifo ? 'default' : undefined);
  const { Failed: failed = [] } = await sendOrThrow(
    client,
    new SendMessageBatchCommand({
      QueueUrl: queueUrl,
      Entries: batch.map(({ place, text }, index) => ({
        Id: String(index),
        MessageBody: text,
        ...(groupId === undefined ? {} : { MessageGroupId: groupId }),
        ...(fifo ? { MessageDeduplicationId: `${run}-${place}` } : {}),
      })),
    }),
    progressText(batch[0], sent),
  );
  for (const { Id, Code, Message = '' } of failed)
    reportRefused(batch[Number(Id)] as InputDocument, { code: Code, detail: Message }, json);
  return failed.length;
};

/** Returns how to continue after a failure of the call that begins with this line. */
const progressText = (next: InputDocument | undefined, sent: number): string =>
  sent === 0 || next === undefined
    ? ''
    : `${counted(sent, 'message')} sent before the failure. Continue with line ${next.line}${next.file === undefined ? '' : ` of ${next.file}`}.`;
