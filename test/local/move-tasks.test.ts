/** Tests of `local/queue/move-tasks.ts` and `dead-letter-source.ts`: dead letters are moved back as SQS moves them. */

import {
  CancelMessageMoveTaskCommand,
  ChangeMessageVisibilityCommand,
  ListMessageMoveTasksCommand,
  type ListMessageMoveTasksResultEntry,
  type Message,
  StartMessageMoveTaskCommand,
  type StartMessageMoveTaskCommandInput,
} from '@aws-sdk/client-sqs';
import { describe, expect, test } from 'vitest';
import type { Queues } from '../../local/queue/queue.ts';
import { useQueues } from './source.ts';

const { client, createQueues, send, sendBodies, receive, depth } = useQueues();

const start = async (input: StartMessageMoveTaskCommandInput): Promise<string> =>
  (await client().send(new StartMessageMoveTaskCommand(input))).TaskHandle ?? '';

const list = async ({ deadLetterQueueArn: SourceArn }: Queues, MaxResults?: number) =>
  (await client().send(new ListMessageMoveTasksCommand({ SourceArn, MaxResults }))).Results ?? [];

const ended = async (queues: Queues): Promise<ListMessageMoveTasksResultEntry | undefined> => {
  const newest = async () => (await list(queues))[0];
  await expect.poll(async () => (await newest())?.Status).not.toBe('RUNNING');
  return newest();
};

/** Receives each message until the queue has moved it to its dead-letter queue. */
const makeDeadLetters = async ({ queueUrl: QueueUrl, deadLetterQueueUrl }: Queues, count: number): Promise<void> => {
  while ((await depth(deadLetterQueueUrl))[0] < count)
    for (const { ReceiptHandle } of await receive(QueueUrl))
      await client().send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 0 }));
};

const bodies = (messages: readonly Message[]): (string | undefined)[] => messages.map(({ Body }) => Body);

describe('a task that moves dead letters', () => {
  test('without a destination, messages return to the queue that they came from, as new messages with their attributes', async () => {
    const queues = await createQueues({ maxReceiveCount: 1 });
    const attribute = { DataType: 'String', StringValue: 'é' };
    await send(queues.queueUrl, [{ MessageBody: 'one 😀', MessageAttributes: { reason: attribute } }]);
    const [first] = await receive(queues.queueUrl);
    await client().send(
      new ChangeMessageVisibilityCommand({
        QueueUrl: queues.queueUrl,
        ReceiptHandle: first?.ReceiptHandle,
        VisibilityTimeout: 0,
      }),
    );
    await makeDeadLetters(queues, 1);

    await start({ SourceArn: queues.deadLetterQueueArn });
    const task = await ended(queues);
    expect(task).toEqual({
      Status: 'COMPLETED',
      SourceArn: queues.deadLetterQueueArn,
      ApproximateNumberOfMessagesMoved: 1,
      ApproximateNumberOfMessagesToMove: 1,
      StartedTimestamp: expect.any(Number),
    });
    const [moved] = await receive(queues.queueUrl);
    expect(moved).toMatchObject({
      Body: 'one 😀',
      MD5OfBody: first?.MD5OfBody,
      MessageAttributes: { reason: attribute },
      Attributes: { ApproximateReceiveCount: '1' },
    });
    expect(moved?.MessageId).not.toBe(first?.MessageId);
    expect(Number(moved?.Attributes?.SentTimestamp)).toBeGreaterThanOrEqual(Number(task?.StartedTimestamp));
    expect(await depth(queues.deadLetterQueueUrl)).toEqual([0, 0]);
  });

  test('without a destination, a message that was sent to the dead-letter queue fails the task and stays', async () => {
    const queues = await createQueues();
    await sendBodies(queues.deadLetterQueueUrl, ['direct']);
    await start({ SourceArn: queues.deadLetterQueueArn });
    expect(await ended(queues)).toMatchObject({
      Status: 'FAILED',
      FailureReason: 'CouldNotDetermineMessageSource',
      ApproximateNumberOfMessagesMoved: 0,
    });
    expect(await depth(queues.deadLetterQueueUrl)).toEqual([1, 0]);

    const DestinationArn = queues.queueArn;
    await start({ SourceArn: queues.deadLetterQueueArn, DestinationArn });
    expect(await ended(queues)).toMatchObject({ Status: 'COMPLETED', DestinationArn });
    expect(bodies(await receive(queues.queueUrl))).toEqual(['direct']);
  });

  test('messages in flight stay', async () => {
    const queues = await createQueues();
    await sendBodies(queues.deadLetterQueueUrl, ['in flight']);
    await receive(queues.deadLetterQueueUrl);
    await sendBodies(queues.deadLetterQueueUrl, ['visible']);
    await start({ SourceArn: queues.deadLetterQueueArn, DestinationArn: queues.queueArn });
    expect(await ended(queues)).toMatchObject({ Status: 'COMPLETED', ApproximateNumberOfMessagesMoved: 1 });
    expect(bodies(await receive(queues.queueUrl))).toEqual(['visible']);
    expect(await depth(queues.deadLetterQueueUrl)).toEqual([0, 1]);
  });

  test('a task keeps its rate, excludes a second one, and moves nothing more after it is cancelled', async () => {
    const queues = await createQueues();
    const [SourceArn, DestinationArn] = [queues.deadLetterQueueArn, queues.queueArn];
    const all = Array.from({ length: 50 }, (_, i) => String(i));
    await sendBodies(queues.deadLetterQueueUrl, all);
    const TaskHandle = await start({ SourceArn, DestinationArn, MaxNumberOfMessagesPerSecond: 1 });
    const [running] = await list(queues);
    expect(running).toMatchObject({
      TaskHandle,
      Status: 'RUNNING',
      MaxNumberOfMessagesPerSecond: 1,
      ApproximateNumberOfMessagesToMove: 50,
    });
    await expect(start({ SourceArn })).rejects.toMatchObject({
      name: 'InvalidParameterValue',
      message:
        'There is already a task running. Only one active task is allowed for a source queue arn at a given time.',
    });
    const cancel = () => client().send(new CancelMessageMoveTaskCommand({ TaskHandle }));
    const { ApproximateNumberOfMessagesMoved: moved } = await cancel();
    expect(moved).toBeGreaterThan(0);
    expect(moved).toBeLessThan(50);
    const task = await ended(queues);
    expect(task).toMatchObject({ Status: 'CANCELLED', ApproximateNumberOfMessagesMoved: moved });
    expect(task).not.toHaveProperty('TaskHandle');
    await expect(cancel()).rejects.toMatchObject({ name: 'UnsupportedOperation' });

    await start({ SourceArn, DestinationArn, MaxNumberOfMessagesPerSecond: 500 });
    expect(await ended(queues)).toMatchObject({
      Status: 'COMPLETED',
      ApproximateNumberOfMessagesMoved: 50 - (moved ?? 0),
    });
    expect((await list(queues, 10)).map(({ Status }) => Status)).toEqual(['COMPLETED', 'CANCELLED']);
    expect(await list(queues), 'only the newest by default').toHaveLength(1);
    expect(await depth(queues.queueUrl)).toEqual([50, 0]);
  });

  test('messages of a FIFO queue keep their groups and their order, and none is lost as a duplicate', async () => {
    const queues = await createQueues({ name: 'moved', fifo: true, maxReceiveCount: 1 });
    const sent = ['a1', 'b1', 'a2'];
    await send(
      queues.queueUrl,
      sent.map((body) => ({ MessageBody: body, MessageGroupId: body.slice(0, 1), MessageDeduplicationId: body })),
    );
    await makeDeadLetters(queues, 3);
    await start({ SourceArn: queues.deadLetterQueueArn });
    expect(await ended(queues)).toMatchObject({ Status: 'COMPLETED', ApproximateNumberOfMessagesMoved: 3 });
    const first = await receive(queues.queueUrl);
    expect(first.map(({ Body, Attributes }) => [Body, Attributes?.MessageGroupId])).toEqual([
      ['a1', 'a'],
      ['b1', 'b'],
    ]);
  });
});

describe('faults of a request', () => {
  const missing = 'arn:aws:sqs:us-east-1:000000000000:none';
  const format = (name: string) =>
    `You must use this format to specify the ${name}: arn:<partition>:<service>:<region>:<account-id>:<resource-id>`;
  const range = (name: string, value: number, max: number) =>
    `Value ${value} for parameter ${name} is invalid. Reason: Must be between 1 and ${max}, if provided.`;

  test.each<[Partial<StartMessageMoveTaskCommandInput>, string, string]>([
    [{ SourceArn: '' }, 'MissingParameter', 'The request must contain the parameter SourceArn.'],
    [{ SourceArn: 'none' }, 'InvalidParameterValue', format('SourceArn')],
    [
      { SourceArn: missing },
      'ResourceNotFoundException',
      "The resource that you specified for the SourceArn parameter doesn't exist.",
    ],
    [{ DestinationArn: 'none' }, 'InvalidParameterValue', format('DestinationArn')],
    [
      { DestinationArn: missing },
      'ResourceNotFoundException',
      "The resource that you specified for the DestinationArn parameter doesn't exist.",
    ],
    [{ MaxNumberOfMessagesPerSecond: 0 }, 'InvalidParameterValue', range('MaxNumberOfMessagesPerSecond', 0, 500)],
    [{ MaxNumberOfMessagesPerSecond: 501 }, 'InvalidParameterValue', range('MaxNumberOfMessagesPerSecond', 501, 500)],
  ])('a task is refused: %j', async (input, name, message) => {
    const { deadLetterQueueArn } = await createQueues();
    await expect(start({ SourceArn: deadLetterQueueArn, ...input })).rejects.toMatchObject({ name, message });
  });

  test('a source that is no dead-letter queue, the source as destination, and a destination of another type are refused', async () => {
    const queues = await createQueues();
    const fifo = await createQueues({ name: 'other', fifo: true });
    const SourceArn = queues.deadLetterQueueArn;
    const name = 'InvalidParameterValue';
    await expect(start({ SourceArn: queues.queueArn })).rejects.toMatchObject({
      name,
      message: 'Source queue must be configured as a Dead Letter Queue.',
    });
    await expect(start({ SourceArn, DestinationArn: SourceArn })).rejects.toMatchObject({
      name,
      message: 'Source queue arn and destination queue arn cannot be the same.',
    });
    await expect(start({ SourceArn, DestinationArn: fifo.queueArn })).rejects.toMatchObject({
      name,
      message: 'The source queue and destination queue must be of the same queue type.',
    });
  });

  test('a list and a cancellation are refused with what is wrong', async () => {
    const queues = await createQueues();
    await expect(list(queues, 11)).rejects.toMatchObject({
      name: 'InvalidParameterValue',
      message: range('MaxResults', 11, 10),
    });
    expect(await list(queues)).toEqual([]);
    await expect(client().send(new CancelMessageMoveTaskCommand({ TaskHandle: 'none' }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: 'Task does not exist.',
    });
  });
});
