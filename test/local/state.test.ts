/**
 * Tests of `local/state-folder.ts`, `local/queue/queue-storage.ts`, and the folder of `local/table.ts`: a service that
 * starts with the files of an earlier one has its messages and items. `test/cli/dev-state.test.ts` kills the process.
 */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  type Message,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SendMessageCommandInput,
  SQSClient,
  StartMessageMoveTaskCommand,
} from '@aws-sdk/client-sqs';
import { describe, expect, onTestFinished, test } from 'vitest';
import { emulatorAccess } from '../../local/loopback.ts';
import { type Queues, startQueueService } from '../../local/queue/queue.ts';
import { openStateFolder, StateFolderInUse } from '../../local/state-folder.ts';
import { startTableService } from '../../local/table.ts';
import { folderWith } from '../cli/folder.ts';

interface RunningQueues extends Queues {
  readonly client: SQSClient;
  close(): Promise<void>;
}

const startQueues = async (file: string, fifo = false): Promise<RunningQueues> => {
  const service = await startQueueService({ file });
  const client = new SQSClient(emulatorAccess(service.endpoint));
  const queues = await service.createQueues({
    name: 'events',
    fifo,
    visibilityTimeoutSeconds: 300,
    maxReceiveCount: 2,
    retentionSeconds: 3_600,
  });
  const close = async (): Promise<void> => {
    client.destroy();
    await service.close();
  };
  return { ...queues, client, close };
};

const receive = async ({ client }: RunningQueues, QueueUrl: string): Promise<Message[]> => {
  const { Messages = [] } = await client.send(
    new ReceiveMessageCommand({
      QueueUrl,
      MaxNumberOfMessages: 10,
      MessageSystemAttributeNames: ['All'],
      MessageAttributeNames: ['All'],
    }),
  );
  return Messages;
};

const send = async (
  { client, queueUrl }: RunningQueues,
  body: string,
  more: Partial<SendMessageCommandInput> = {},
): Promise<void> =>
  void (await client.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: body, ...more })));

const queueFile = (): string => join(folderWith({}), 'queues.db');

describe('the messages of the queues', () => {
  test('a message keeps its id, body, attributes, time, and number of receives, and is visible after a restart', async () => {
    const file = queueFile();
    const first = await startQueues(file);
    await send(first, 'one 😀', {
      MessageAttributes: {
        text: { DataType: 'String', StringValue: 'é' },
        bytes: { DataType: 'Binary', BinaryValue: new Uint8Array([0, 255]) },
      },
    });
    const [before] = await receive(first, first.queueUrl);
    await first.close();

    const second = await startQueues(file);
    onTestFinished(second.close);
    const [after] = await receive(second, second.queueUrl);
    expect(after).toEqual({
      ...before,
      ReceiptHandle: after?.ReceiptHandle,
      Attributes: { ...before?.Attributes, ApproximateReceiveCount: '2' },
    });
    expect(after?.Body).toBe('one 😀');
  });

  test('a message that was made visible again, deleted, or moved to the dead-letter queue stays so', async () => {
    const file = queueFile();
    const first = await startQueues(file);
    const { client, queueUrl: QueueUrl } = first;
    for (const body of ['returned', 'deleted', 'dead']) await send(first, body);
    for (const { Body, ReceiptHandle } of await receive(first, QueueUrl)) {
      if (Body === 'deleted') await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
      else await client.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 0 }));
    }
    for (const { Body, ReceiptHandle } of await receive(first, QueueUrl))
      if (Body === 'dead')
        await client.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 0 }));
    expect(await receive(first, QueueUrl), 'the third receive moves it').toEqual([]);
    await first.close();

    const second = await startQueues(file);
    onTestFinished(second.close);
    expect((await receive(second, second.deadLetterQueueUrl)).map(({ Body }) => Body)).toEqual(['dead']);
    const left = await receive(second, second.queueUrl);
    expect(left, 'the message was received twice, so it is moved now').toEqual([]);
    expect((await receive(second, second.deadLetterQueueUrl)).map(({ Body }) => Body)).toEqual(['returned']);
  });

  test('a FIFO queue keeps the order of each group, and its sequence numbers go on', async () => {
    const file = queueFile();
    const first = await startQueues(file, true);
    const sendTo = (queues: RunningQueues, group: string, body: string) =>
      send(queues, body, { MessageGroupId: group, MessageDeduplicationId: body });
    for (const body of ['a1', 'b1', 'a2', 'a3']) await sendTo(first, body.slice(0, 1), body);
    await receive(first, first.queueUrl);
    await first.close();

    const second = await startQueues(file, true);
    onTestFinished(second.close);
    await sendTo(second, 'a', 'a4');
    const order: Message[] = [];
    for (;;) {
      const messages = await receive(second, second.queueUrl);
      if (messages.length === 0) break;
      order.push(...messages);
      for (const { ReceiptHandle } of messages)
        await second.client.send(new DeleteMessageCommand({ QueueUrl: second.queueUrl, ReceiptHandle }));
    }
    const ofGroup = (group: string) => order.filter(({ Attributes }) => Attributes?.MessageGroupId === group);
    expect(ofGroup('a').map(({ Body }) => Body)).toEqual(['a1', 'a2', 'a3', 'a4']);
    expect(ofGroup('b').map(({ Body }) => Body)).toEqual(['b1']);
    const numbers = order.map(({ Attributes }) => Attributes?.SequenceNumber);
    expect(new Set(numbers).size).toBe(5);
    expect(order.find(({ Body }) => Body === 'a4')?.Attributes?.SequenceNumber).toBe([...numbers].sort().at(-1));
  });

  test('the queue from which a dead letter came is known after a restart', async () => {
    const file = queueFile();
    const first = await startQueues(file);
    await send(first, 'dead');
    for (let receives = 0; receives < 3; receives++)
      for (const { ReceiptHandle } of await receive(first, first.queueUrl))
        await first.client.send(
          new ChangeMessageVisibilityCommand({ QueueUrl: first.queueUrl, ReceiptHandle, VisibilityTimeout: 0 }),
        );
    await first.close();
    const second = await startQueues(file);
    onTestFinished(second.close);
    await second.client.send(new StartMessageMoveTaskCommand({ SourceArn: second.deadLetterQueueArn }));
    await expect.poll(async () => (await receive(second, second.queueUrl)).map(({ Body }) => Body)).toEqual(['dead']);
  });

  test('a purged queue stays empty', async () => {
    const file = queueFile();
    const first = await startQueues(file);
    await send(first, 'gone');
    await first.client.send(new PurgeQueueCommand({ QueueUrl: first.queueUrl }));
    await first.close();
    const second = await startQueues(file);
    onTestFinished(second.close);
    expect(await receive(second, second.queueUrl)).toEqual([]);
  });
});

test('a table service with the folder of an earlier one has its table and items', async () => {
  const folder = join(folderWith({}), 'tables');
  const Item = { pk: { S: 'sink' }, sk: { S: 'one' } };
  for (const command of [
    new PutItemCommand({ TableName: 'state', Item }),
    new GetItemCommand({ TableName: 'state', Key: Item }),
  ]) {
    const service = await startTableService({ folder });
    await service.createStateTable('state');
    const client = new DynamoDBClient(emulatorAccess(service.endpoint));
    const result = await client.send(command as GetItemCommand);
    if (command instanceof GetItemCommand) expect(result.Item).toEqual(Item);
    client.destroy();
    await service.close();
  }
});

describe('the folder of the state', () => {
  test('a second system cannot use a folder, not even to empty it, until the first has released it', () => {
    const folder = join(folderWith({}), 'state');
    const first = openStateFolder(folder, false);
    writeFileSync(first.points, 'x');
    expect(() => openStateFolder(folder, true)).toThrow(StateFolderInUse);
    first.close();
    const second = openStateFolder(folder, false);
    onTestFinished(() => second.close());
    expect(() => writeFileSync(second.points, 'y', { flag: 'wx' }), 'the file is still there').toThrow('EEXIST');
  });

  test('the state of earlier runs is removed on request', () => {
    const folder = join(folderWith({}), 'state');
    const first = openStateFolder(folder, false);
    for (const file of [first.points, first.queues, join(folder, 'queues.db-wal')]) writeFileSync(file, 'x');
    first.close();
    const second = openStateFolder(folder, true);
    onTestFinished(() => second.close());
    for (const file of [second.points, second.queues, join(folder, 'queues.db-wal')])
      writeFileSync(file, 'y', { flag: 'wx' });
  });
});
