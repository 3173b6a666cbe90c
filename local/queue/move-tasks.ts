/**
 * Message move tasks: `StartMessageMoveTask`, `ListMessageMoveTasks`, and `CancelMessageMoveTask`, which the emulator does
 * not have. Error texts and codes are those of SQS where they are known. A task moves the messages that are visible at its
 * start, so that messages that become dead letters meanwhile cannot keep it running.
 */

import { randomUUID } from 'node:crypto';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { deadLetterSource } from './dead-letter-source.ts';
import type { QueueFault } from './queue-limits.ts';
import type { QueueStore } from './queue-storage.ts';

type Queue = ReturnType<QueueStore['createQueue']>;

/** Members of a request of the three actions. */
export interface MoveRequest {
  readonly SourceArn?: string;
  readonly DestinationArn?: string;
  readonly MaxNumberOfMessagesPerSecond?: number;
  readonly MaxResults?: number;
  readonly TaskHandle?: string;
}

/** A response, or the error of SQS. */
export type MoveResult = { readonly response: object } | { readonly fault: QueueFault };

/** The tasks of one queue service, in memory. */
export interface MoveTasks {
  /** Handles a request. Returns undefined for every other action. */
  handle(action: string, request: MoveRequest): MoveResult | undefined;
  /** Stops all tasks. */
  close(): void;
}

interface Task {
  readonly handle: string;
  readonly source: Queue;
  /** Undefined means the queue from which each message came. */
  readonly destination: Queue | undefined;
  readonly perSecond: number | undefined;
  readonly startedMs: number;
  readonly toMove: number;
  readonly cancelled: AbortController;
  moved: number;
  status: 'RUNNING' | 'COMPLETED' | 'CANCELLING' | 'CANCELLED' | 'FAILED';
  failure: string | undefined;
}

const PER_SECOND_MAX = 500;
const RESULTS_MAX = 10;

const fault = (code: string, message: string): { fault: QueueFault } => ({ fault: { code, message } });
const invalid = (message: string): { fault: QueueFault } => fault('InvalidParameterValue', message);
const notFound = (message: string): { fault: QueueFault } => fault('ResourceNotFoundException', message);

const rangeFault = (name: string, value: number | undefined, max: number): { fault: QueueFault } | undefined =>
  value === undefined || (Number.isInteger(value) && value >= 1 && value <= max)
    ? undefined
    : invalid(`Value ${value} for parameter ${name} is invalid. Reason: Must be between 1 and ${max}, if provided.`);

/** Finds the queue of an ARN in a request. */
const queueOf = (
  store: QueueStore,
  name: 'SourceArn' | 'DestinationArn',
  arn: string | undefined,
): Queue | { fault: QueueFault } => {
  if (!arn) return fault('MissingParameter', `The request must contain the parameter ${name}.`);
  if (!/^arn:[^:]+:sqs:[^:]*:[^:]*:[^:]+$/.test(arn))
    return invalid(
      `You must use this format to specify the ${name}: arn:<partition>:<service>:<region>:<account-id>:<resource-id>`,
    );
  return (
    store.getQueueByArn(arn) ?? notFound(`The resource that you specified for the ${name} parameter doesn't exist.`)
  );
};

const isDeadLetterQueue = (store: QueueStore, { arn }: Queue): boolean =>
  [...store.allQueues()].some(({ attributes: { RedrivePolicy } }) => {
    if (!RedrivePolicy) return false;
    return (JSON.parse(RedrivePolicy) as { deadLetterTargetArn?: string }).deadLetterTargetArn === arn;
  });

const destinationOf = (
  store: QueueStore,
  source: Queue,
  arn: string | undefined,
): Queue | { fault: QueueFault } | undefined => {
  if (!arn) return undefined;
  const found = queueOf(store, 'DestinationArn', arn);
  if ('fault' in found) return found;
  if (found === source) return invalid('Source queue arn and destination queue arn cannot be the same.');
  return found.isFifo() === source.isFifo()
    ? found
    : invalid('The source queue and destination queue must be of the same queue type.');
};

/** Moves one message. It is in the destination before it leaves the source. Returns false if none is visible. */
const moveOne = (store: QueueStore, task: Task): boolean => {
  const { source } = task;
  const [received] = source.dequeue(1);
  const message = received && source.inflightMessages.get(received.ReceiptHandle)?.message;
  if (received === undefined || message === undefined) return false;
  const destination = task.destination ?? store.getQueueByArn(deadLetterSource(message) ?? '');
  if (destination === undefined) {
    source.changeVisibility(received.ReceiptHandle, 0);
    task.failure = 'CouldNotDetermineMessageSource';
    return false;
  }
  const { body, messageAttributes, md5OfBody, md5OfMessageAttributes, messageGroupId } = message;
  const messageId = randomUUID();
  destination.enqueue({
    messageId,
    body,
    messageAttributes,
    md5OfBody,
    md5OfMessageAttributes,
    sentTimestamp: Date.now(),
    approximateReceiveCount: 0,
    ...(messageGroupId === undefined ? {} : { messageGroupId }),
    // The id of a message takes the place of its deduplication id, so that no message is lost as a duplicate.
    ...(destination.isFifo()
      ? { messageDeduplicationId: message.messageId, sequenceNumber: destination.nextSequenceNumber() }
      : {}),
  });
  source.deleteMessage(received.ReceiptHandle);
  task.moved++;
  return true;
};

const run = async (store: QueueStore, task: Task): Promise<void> => {
  const { perSecond, cancelled } = task;
  try {
    while (task.moved < task.toMove && moveOne(store, task))
      if (perSecond === undefined) await setImmediate(undefined, { signal: cancelled.signal });
      else await sleep(1_000 / perSecond, undefined, { signal: cancelled.signal });
    task.status = task.failure === undefined ? 'COMPLETED' : 'FAILED';
  } catch {
    task.status = 'CANCELLED';
  }
};

const entryOf = (task: Task): object => ({
  ...(task.status === 'RUNNING' ? { TaskHandle: task.handle } : {}),
  Status: task.status,
  SourceArn: task.source.arn,
  ...(task.destination === undefined ? {} : { DestinationArn: task.destination.arn }),
  ...(task.perSecond === undefined ? {} : { MaxNumberOfMessagesPerSecond: task.perSecond }),
  ApproximateNumberOfMessagesMoved: task.moved,
  ApproximateNumberOfMessagesToMove: task.toMove,
  ...(task.failure === undefined ? {} : { FailureReason: task.failure }),
  StartedTimestamp: task.startedMs,
});

/** Creates the tasks of a store, without any. */
export const createMoveTasks = (store: QueueStore): MoveTasks => {
  /** The newest first. */
  const tasks: Task[] = [];
  const start = (request: MoveRequest): MoveResult => {
    const { MaxNumberOfMessagesPerSecond: perSecond } = request;
    const source = queueOf(store, 'SourceArn', request.SourceArn);
    if ('fault' in source) return source;
    const rate = rangeFault('MaxNumberOfMessagesPerSecond', perSecond, PER_SECOND_MAX);
    if (rate !== undefined) return rate;
    if (!isDeadLetterQueue(store, source)) return invalid('Source queue must be configured as a Dead Letter Queue.');
    const destination = destinationOf(store, source, request.DestinationArn);
    if (destination !== undefined && 'fault' in destination) return destination;
    if (tasks.some((task) => task.source === source && /^(?:RUNNING|CANCELLING)$/.test(task.status)))
      return invalid(
        'There is already a task running. Only one active task is allowed for a source queue arn at a given time.',
      );
    const task: Task = {
      handle: Buffer.from(JSON.stringify({ taskId: randomUUID(), sourceArn: source.arn })).toString('base64'),
      source,
      destination,
      perSecond,
      startedMs: Date.now(),
      toMove: Number(source.getAttribute('ApproximateNumberOfMessages')),
      cancelled: new AbortController(),
      moved: 0,
      status: 'RUNNING',
      failure: undefined,
    };
    tasks.unshift(task);
    void run(store, task);
    return { response: { TaskHandle: task.handle } };
  };
  const list = ({ SourceArn, MaxResults }: MoveRequest): MoveResult => {
    const source = queueOf(store, 'SourceArn', SourceArn);
    if ('fault' in source) return source;
    const found = tasks.filter((task) => task.source === source).slice(0, MaxResults ?? 1);
    return rangeFault('MaxResults', MaxResults, RESULTS_MAX) ?? { response: { Results: found.map(entryOf) } };
  };
  const cancel = ({ TaskHandle }: MoveRequest): MoveResult => {
    if (!TaskHandle) return fault('MissingParameter', 'The request must contain the parameter TaskHandle.');
    const task = tasks.find(({ handle }) => handle === TaskHandle);
    if (task === undefined) return notFound('Task does not exist.');
    if (task.status !== 'RUNNING') return fault('UnsupportedOperation', 'Only a running task can be cancelled.');
    task.status = 'CANCELLING';
    task.cancelled.abort();
    return { response: { ApproximateNumberOfMessagesMoved: task.moved } };
  };
  const actions: Readonly<Record<string, (request: MoveRequest) => MoveResult>> = {
    StartMessageMoveTask: start,
    ListMessageMoveTasks: list,
    CancelMessageMoveTask: cancel,
  };
  return {
    handle: (action, request) => actions[action]?.(request),
    close: () => {
      for (const task of tasks) task.cancelled.abort();
    },
  };
};
