import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListQueuesCommand,
  type MessageAttributeValue,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { startQueueService } from '../../local/queue/queue.ts';
import { useQueues } from './source.ts';

const { client, endpoint, createQueues, receive, depth } = useQueues();

const MIB = 1_048_576;
const text = (StringValue: string): MessageAttributeValue => ({ DataType: 'String', StringValue });
const attributes = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`name${i}`, text('value')]));

describe('the queues', () => {
  test('have URLs at the real address of the service', async () => {
    const queues = await createQueues();
    expect(queues.queueUrl.startsWith(`${endpoint()}/`)).toBe(true);
    expect(endpoint()).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    const name = queues.queueUrl.split('/').at(-1);
    const found = await client().send(new GetQueueUrlCommand({ QueueName: name }));
    expect(found.QueueUrl).toBe(queues.queueUrl);
    const listed = await client().send(new ListQueuesCommand({}));
    expect(listed.QueueUrls).toContain(queues.queueUrl);
    const again = await client().send(new CreateQueueCommand({ QueueName: name }));
    expect(again.QueueUrl).toBe(queues.queueUrl);
  });

  test('send what was received too often to the dead-letter queue, which keeps it for 14 days', async () => {
    const { queueUrl, queueArn, deadLetterQueueUrl, deadLetterQueueArn } = await createQueues({
      visibilityTimeoutSeconds: 7,
      maxReceiveCount: 3,
      retentionSeconds: 600,
    });
    const all = async (QueueUrl: string) =>
      (await client().send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }))).Attributes ?? {};
    const source = await all(queueUrl);
    expect(source).toMatchObject({ QueueArn: queueArn, VisibilityTimeout: '7', MessageRetentionPeriod: '600' });
    expect(JSON.parse(source.RedrivePolicy ?? '')).toEqual({
      deadLetterTargetArn: deadLetterQueueArn,
      maxReceiveCount: 3,
    });
    expect((await all(deadLetterQueueUrl)).MessageRetentionPeriod).toBe('1209600');
  });

  test('are both FIFO, by attribute and by name, when asked for', async () => {
    const queues = await createQueues({ name: 'ordered', fifo: true });
    expect(queues.queueArn).toMatch(/:ordered\.fifo$/);
    expect(queues.deadLetterQueueArn).toMatch(/:ordered-dead-letters\.fifo$/);
  });

  test('take a port that is given, and give it back when closed', async () => {
    const first = await startQueueService();
    const port = Number(new URL(first.endpoint).port);
    await first.close();
    const second = await startQueueService({ port });
    expect(second.endpoint).toBe(first.endpoint);
    await second.close();
  });
});

describe('a client that was given only the endpoint by its environment', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  test('reaches a queue by its URL', async () => {
    const { queueUrl } = await createQueues();
    vi.stubEnv('AWS_ENDPOINT_URL_SQS', endpoint());
    vi.stubEnv('AWS_REGION', 'us-east-1');
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');
    const bare = new SQSClient();
    await bare.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: 'here' }));
    bare.destroy();
    expect(await depth(queueUrl)).toEqual([1, 0]);
  });
});

describe('bodies', () => {
  const bodies = ['plain', 'tab\tline\n', '\uFFFD', '日本', 'emoji 😀 and \u{10FFFF}', '\uF8FF[packed]not really'];

  test.each(bodies)('%j comes back as it was sent', async (body) => {
    const { queueUrl } = await createQueues();
    await client().send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: body }));
    await client().send(
      new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries: [{ Id: 'one', MessageBody: body }] }),
    );
    const received = await receive(queueUrl);
    expect(received.map((message) => message.Body)).toEqual([body, body]);
  });

  test.each(['\u0000', 'bell \u0007', '\uFFFE', 'half \uD83D of a pair'])('%j is refused', async (body) => {
    const { queueUrl } = await createQueues();
    const sent = client().send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: body }));
    await expect(sent).rejects.toMatchObject({ name: 'InvalidMessageContents' });
    expect(await depth(queueUrl)).toEqual([0, 0]);
  });

  test('a message of 1 MiB with its attributes is taken, and one byte more is not', async () => {
    const { queueUrl } = await createQueues();
    const MessageAttributes = {
      // 4 + 6 + 2 and 3 + 6 + 1
      text: text('é'),
      bin: { DataType: 'Binary', BinaryValue: new Uint8Array([0]) },
    };
    const send = (bytes: number) =>
      client().send(
        new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: 'x'.repeat(bytes - 22), MessageAttributes }),
      );
    // The emulator counts base64: the three characters more of one byte keep the message under by that much.
    await send(MIB - 3);
    await expect(send(MIB + 1)).rejects.toMatchObject({
      name: 'InvalidParameterValue',
      message: 'One or more parameters are invalid. Reason: Message must be shorter than 1048576 bytes.',
    });
  });

  test('an emoji counts its four bytes', async () => {
    const { queueUrl } = await createQueues();
    const send = (MessageBody: string) => client().send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody }));
    await send('😀'.repeat(MIB / 4));
    await expect(send(`${'😀'.repeat(MIB / 4)}x`)).rejects.toMatchObject({ name: 'InvalidParameterValue' });
  });
});

describe('attributes', () => {
  interface Row {
    readonly fault: string;
    readonly sent: Record<string, MessageAttributeValue>;
    readonly says: RegExp;
  }
  const rows: readonly Row[] = [
    { fault: 'eleven of them', sent: attributes(11), says: /attributes \[11\] exceeds the allowed maximum \[10\]/ },
    { fault: 'an empty string', sent: { note: text('') }, says: /'note' must contain a non-empty value of type/ },
    {
      fault: 'an empty binary value',
      sent: { note: { DataType: 'Binary', BinaryValue: new Uint8Array() } },
      says: /'note' must contain a non-empty value of type 'Binary'/,
    },
    { fault: 'a value of the other kind', sent: { note: { ...text('x'), DataType: 'Binary' } }, says: /non-empty/ },
    { fault: 'no type', sent: { note: { DataType: '', StringValue: 'x' } }, says: /non-empty message attribute type/ },
    { fault: 'an unknown type', sent: { note: { DataType: 'Text', StringValue: 'x' } }, says: /type prefixes/ },
    { fault: 'a control character in a value', sent: { note: text('\u0001') }, says: /Invalid characters/ },
    { fault: 'a space in a name', sent: { 'my note': text('x') }, says: /'my note'/ },
    { fault: 'a name of AWS', sent: { 'Aws.note': text('x') }, says: /beginning with 'AWS\.'/ },
    { fault: 'a name of Amazon', sent: { 'AMAZON.note': text('x') }, says: /beginning with 'AWS\.'/ },
    { fault: 'a period first in a name', sent: { '.note': text('x') }, says: /period/ },
    { fault: 'a period last in a name', sent: { 'note.': text('x') }, says: /period/ },
    { fault: 'two periods in a row in a name', sent: { 'no..te': text('x') }, says: /period/ },
    { fault: 'a name of 257 characters', sent: { ['n'.repeat(257)]: text('x') }, says: /between 1 and 256/ },
  ];

  test.each(rows)('with $fault are refused, alone and as one entry of a batch', async ({ sent, says }) => {
    const { queueUrl } = await createQueues();
    const message = { MessageBody: 'x', MessageAttributes: sent };
    const alone = client().send(new SendMessageCommand({ QueueUrl: queueUrl, ...message }));
    await expect(alone).rejects.toMatchObject({ name: 'InvalidParameterValue', message: expect.stringMatching(says) });
    const Entries = [
      { Id: 'bad', ...message },
      { Id: 'good', MessageBody: 'good' },
    ];
    const batch = await client().send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
    expect(batch.Successful?.map((entry) => entry.Id)).toEqual(['good']);
    expect(batch.Failed).toEqual([
      { Id: 'bad', SenderFault: true, Code: 'InvalidParameterValue', Message: expect.stringMatching(says) },
    ]);
    expect(await depth(queueUrl)).toEqual([1, 0]);
  });

  test('ten of them, typed with labels and named to the limits, are taken', async () => {
    const { queueUrl } = await createQueues();
    const MessageAttributes = {
      ...attributes(7),
      'a.b-c_D.9': text('x'),
      ['n'.repeat(256)]: { DataType: 'Number.float', StringValue: '1.5' },
      awsish: { DataType: 'Binary.png', BinaryValue: new Uint8Array([1, 2]) },
    };
    await client().send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: 'x', MessageAttributes }));
    const [received] = await receive(queueUrl);
    expect(received?.MessageAttributes).toEqual(MessageAttributes);
  });

  test('are returned only when they are asked for', async () => {
    const { queueUrl } = await createQueues();
    const message = { MessageBody: 'x', MessageAttributes: attributes(1) };
    await client().send(new SendMessageCommand({ QueueUrl: queueUrl, ...message }));
    const { Messages } = await client().send(new ReceiveMessageCommand({ QueueUrl: queueUrl }));
    expect(Messages?.[0]?.MessageAttributes).toBeUndefined();
  });
});

describe('a batch', () => {
  test('of nothing but refused entries is answered, entry by entry', async () => {
    const { queueUrl } = await createQueues();
    const Entries = [
      { Id: 'bell', MessageBody: '\u0007' },
      { Id: 'many', MessageBody: 'x', MessageAttributes: attributes(11) },
    ];
    const answer = await client().send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
    expect(answer.Successful ?? []).toEqual([]);
    expect(answer.Failed?.map(({ Id, Code }) => [Id, Code])).toEqual([
      ['bell', 'InvalidMessageContents'],
      ['many', 'InvalidParameterValue'],
    ]);
  });

  interface Row {
    readonly fault: string;
    readonly entries: { Id: string; MessageBody: string; MessageAttributes?: Record<string, MessageAttributeValue> }[];
    readonly name: string;
  }
  const entry = (Id: string, MessageBody: string) => ({ Id, MessageBody });
  const rows: readonly Row[] = [
    {
      fault: 'over 1 MiB',
      entries: [entry('a', 'x'.repeat(MIB / 2)), entry('b', 'x'.repeat(MIB / 2 + 1))],
      name: 'BatchRequestTooLong',
    },
    {
      fault: 'over 1 MiB by its attributes',
      entries: [entry('a', 'x'.repeat(MIB - 1)), { ...entry('b', 'x'), MessageAttributes: attributes(1) }],
      name: 'BatchRequestTooLong',
    },
    { fault: 'with one body over 1 MiB', entries: [entry('a', 'x'.repeat(MIB + 1))], name: 'BatchRequestTooLong' },
    { fault: 'with an empty body', entries: [entry('a', 'x'), entry('b', '')], name: 'MissingParameter' },
    { fault: 'without entries', entries: [], name: 'EmptyBatchRequest' },
    { fault: 'with one id twice', entries: [entry('a', 'x'), entry('a', 'y')], name: 'BatchEntryIdsNotDistinct' },
    {
      fault: 'of eleven entries',
      entries: Array.from({ length: 11 }, (_, i) => entry(String(i), 'x')),
      name: 'TooManyEntriesInBatchRequest',
    },
  ];

  test.each(rows)('$fault is refused whole', async ({ entries, name }) => {
    const { queueUrl } = await createQueues();
    const sent = client().send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries: entries }));
    await expect(sent).rejects.toMatchObject({ name });
    expect(await depth(queueUrl)).toEqual([0, 0]);
  });

  test('of exactly 1 MiB is taken', async () => {
    const { queueUrl } = await createQueues();
    const Entries = [entry('a', 'x'.repeat(MIB / 2)), entry('b', 'x'.repeat(MIB / 2))];
    await client().send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
    expect(await depth(queueUrl)).toEqual([2, 0]);
  });
});
