/** Checks of the settings that existing queues must have (docs/deploy.md). */

import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { isFifoQueue } from '../../src/adapters/queue-url.ts';
import { awsRemedy } from '../aws-remedy.ts';
import { queueClient } from '../sink-names.ts';
import { UsageError } from '../usage-error.ts';
import { type Finding, type Findings, findingsOf, foundIf } from './finding.ts';

/** What the checks of the queues need. */
export interface QueueCheckOptions {
  readonly queueUrl: string | undefined;
  readonly deadLetterQueueUrl: string | undefined;
  /** Time limit of the ingest function; undefined if it is unknown. */
  readonly timeoutSeconds: number | undefined;
}

/** Values that infra/queues.ts sets. */
const RETENTION_SECONDS = 14 * 24 * 3_600;
const RECEIVES_MAX = 1_000;
const TIMEOUT_FACTOR = 6;

type Attributes = Readonly<Record<string, string>>;

/** Checks both queues. */
export const queueChecks = async (options: QueueCheckOptions): Promise<readonly Finding[]> => {
  const { queueUrl, deadLetterQueueUrl } = options;
  const letters = await readQueue('dead-letter queue', deadLetterQueueUrl, '--dead-letter-queue-url');
  const events = await readQueue('event queue', queueUrl, '--queue-url');
  return [
    ...(events.attributes === undefined
      ? events.findings
      : [...events.findings, ...eventQueueChecks(events.attributes, letters.attributes, events.found, options)]),
    ...letters.findings,
    ...(letters.attributes === undefined ? [] : [retentionCheck(letters.attributes, letters.found)]),
  ];
};

interface ReadQueue {
  readonly found: Findings;
  readonly findings: readonly Finding[];
  /** Undefined if the queue cannot be read. */
  readonly attributes: Attributes | undefined;
}

const readQueue = async (part: string, queueUrl: string | undefined, option: string): Promise<ReadQueue> => {
  const found = findingsOf(part);
  const none = (finding: Finding): ReadQueue => ({ found, findings: [finding], attributes: undefined });
  if (queueUrl === undefined) return none(found.notChecked('settings', `nothing names it. Use --stack or ${option}`));
  try {
    const client = await queueClient(queueUrl, option);
    try {
      const command = new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['All'] });
      const { Attributes: attributes = {} } = await client.send(command);
      return { found, findings: [found.ok('exists', queueUrl)], attributes: { ...attributes, QueueUrl: queueUrl } };
    } finally {
      client.destroy();
    }
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const remedy = awsRemedy(error) || 'The check needs the right sqs:GetQueueAttributes.';
    return none(found.fault('exists', `${queueUrl}: ${(error as Error).message}`, remedy));
  }
};

const eventQueueChecks = (
  events: Attributes,
  letters: Attributes | undefined,
  found: Findings,
  { timeoutSeconds }: QueueCheckOptions,
): readonly Finding[] => [
  visibilityCheck(events, found, timeoutSeconds),
  retentionCheck(events, found),
  ...redriveChecks(events, letters, found),
  ...(letters === undefined ? [] : [typeCheck(events, letters, found)]),
];

const visibilityCheck = (events: Attributes, found: Findings, timeoutSeconds: number | undefined): Finding => {
  const visibility = Number(events.VisibilityTimeout);
  if (timeoutSeconds === undefined)
    return found.notChecked(
      'visibility timeout',
      `it is ${visibility} s, and the time limit of the ingest function is unknown. Use --timeout`,
    );
  const wanted = TIMEOUT_FACTOR * timeoutSeconds;
  return foundIf(
    found,
    visibility >= wanted,
    'visibility timeout',
    `${visibility} s, at least ${wanted} s are needed (6 x ${timeoutSeconds} s)`,
    `Set it to ${wanted} s and the batching window, or messages are delivered twice.`,
  );
};

const retentionCheck = (queue: Attributes, found: Findings): Finding =>
  foundIf(
    found,
    Number(queue.MessageRetentionPeriod) >= RETENTION_SECONDS,
    'retention',
    `${queue.MessageRetentionPeriod} s, 14 days are ${RETENTION_SECONDS} s`,
    'Set it to 14 days, because an outage can be long.',
  );

const redriveChecks = (events: Attributes, letters: Attributes | undefined, found: Findings): readonly Finding[] => {
  const { deadLetterTargetArn, maxReceiveCount } = redriveOf(events);
  if (deadLetterTargetArn === undefined)
    return [
      found.ok('redrive policy', 'none, so that SQS moves no message, and deletes messages after their retention'),
    ];
  const target = found.ok('redrive policy', `to ${deadLetterTargetArn}`);
  return [
    letters === undefined || letters.QueueArn === deadLetterTargetArn
      ? target
      : found.fault(
          'redrive policy',
          `to ${deadLetterTargetArn}, and the sink sends dead letters to ${letters.QueueArn}`,
          'Use the same dead-letter queue, so that all dead letters are in one place.',
        ),
    foundIf(
      found,
      Number(maxReceiveCount) >= RECEIVES_MAX,
      'maxReceiveCount',
      `${maxReceiveCount}, ${RECEIVES_MAX} are needed`,
      `Set it to ${RECEIVES_MAX}, or an outage moves healthy messages to the dead-letter queue.`,
    ),
  ];
};

interface Redrive {
  readonly deadLetterTargetArn?: string;
  readonly maxReceiveCount?: number | string;
}

const redriveOf = ({ RedrivePolicy = '{}' }: Attributes): Redrive => JSON.parse(RedrivePolicy);

const typeCheck = (events: Attributes, letters: Attributes, found: Findings): Finding => {
  const [isFifo, areFifo] = [events, letters].map(({ QueueUrl = '' }) => isFifoQueue(QueueUrl));
  const typeOf = (fifo: boolean | undefined): string => (fifo ? 'FIFO' : 'standard');
  return foundIf(
    found,
    isFifo === areFifo,
    'type',
    `${typeOf(isFifo)}, and the dead-letter queue is ${typeOf(areFifo)}`,
    'Use a dead-letter queue of the same type.',
  );
};
