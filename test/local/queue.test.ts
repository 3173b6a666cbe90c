/** Tests of `local/queue/`: the queue service refuses what SQS refuses, and returns what SQS returns. */

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
  test('the queues have URLs with the real address of the service', async () => {
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

  test('the source queue has a redrive policy, and its dead-letter queue keeps messages for 14 days', async () => {
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

  test('both queues are FIFO queues on request', async () => {
    const queues = await createQueues({ name: 'ordered', fifo: true });
    expect(queues.queueArn).toMatch(/:ordered\.fifo$/);
    expect(queues.deadLetterQueueArn).toMatch(/:ordered-dead-letters\.fifo$/);
  });

  test('the service uses a given port, and frees it when it is closed', async () => {
    const first = await startQueueService();
    const port = Number(new URL(first.endpoint).port);
    await first.close();
    const second = await startQueueService({ port });
    expect(second.endpoint).toBe(first.endpoint);
    await second.close();
  });
});

describe('a client that is configured by environment variables', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  test('a client with only the endpoint in its environment variables reaches a queue by its URL', async () => {
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

  test.each(bodies)('the body %j is received as it was sent', async (body) => {
    const { queueUrl } = await createQueues();
    await client().send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: body }));
    await client().send(
      new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries: [{ Id: 'one', MessageBody: body }] }),
    );
    const received = await receive(queueUrl);
    expect(received.map((message) => message.Body)).toEqual([body, body]);
  });

  test.each(['\u0000', 'bell \u0007', '\uFFFE', 'half \uD83D of a pair'])('the body %j is refused', async (body) => {
    const { queueUrl } = await createQueues();
    const sent = client().send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: body }));
    await expect(sent).rejects.toMatchObject({ name: 'InvalidMessageContents' });
    expect(await depth(queueUrl)).toEqual([0, 0]);
  });

  test('a message of 1 MiB including its attributes is accepted, and a message with one more byte is refused', async () => {
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
    // The emulator counts base64, which has three characters more for one byte. So it accepts only 3 bytes less than 1
    // MiB.
    await send(MIB - 3);
    await expect(send(MIB + 1)).rejects.toMatchObject({
      name: 'InvalidParameterValue',
      message: 'One or more parameters are invalid. Reason: Message must be shorter than 1048576 bytes.',
    });
  });

  test('an emoji in a body counts as four bytes', async () => {
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
    readonly error: RegExp;
  }
  const rows: readonly Row[] = [
    { fault: 'eleven of them', sent: attributes(11), error: /attributes \[11\] exceeds the allowed maximum \[10\]/ },
    { fault: 'an empty string', sent: { note: text('') }, error: /'note' must contain a non-empty value of type/ },
    {
      fault: 'an empty binary value',
      sent: { note: { DataType: 'Binary', BinaryValue: new Uint8Array() } },
      error: /'note' must contain a non-empty value of type 'Binary'/,
    },
    {
      fault: 'a string value with a binary type',
      sent: { note: { ...text('x'), DataType: 'Binary' } },
      error: /non-empty/,
    },
    { fault: 'no type', sent: { note: { DataType: '', StringValue: 'x' } }, error: /non-empty message attribute type/ },
    { fault: 'an unknown type', sent: { note: { DataType: 'Text', StringValue: 'x' } }, error: /type prefixes/ },
    { fault: 'a control character in a value', sent: { note: text('\u0001') }, error: /Invalid characters/ },
    { fault: 'a space in a name', sent: { 'my note': text('x') }, error: /'my note'/ },
    { fault: 'a name that is reserved for AWS', sent: { 'Aws.note': text('x') }, error: /beginning with 'AWS\.'/ },
    {
      fault: 'a name that is reserved for Amazon',
      sent: { 'AMAZON.note': text('x') },
      error: /beginning with 'AWS\.'/,
    },
    { fault: 'a period first in a name', sent: { '.note': text('x') }, error: /period/ },
    { fault: 'a period last in a name', sent: { 'note.': text('x') }, error: /period/ },
    { fault: 'two periods in a row in a name', sent: { 'no..te': text('x') }, error: /period/ },
    { fault: 'a name of 257 characters', sent: { ['n'.repeat(257)]: text('x') }, error: /between 1 and 256/ },
  ];

  test.each(rows)(
    'attributes with $fault are refused, in a single message and in an entry of a batch',
    async ({ sent, error }) => {
      const { queueUrl } = await createQueues();
      const message = { MessageBody: 'x', MessageAttributes: sent };
      const alone = client().send(new SendMessageCommand({ QueueUrl: queueUrl, ...message }));
      await expect(alone).rejects.toMatchObject({
        name: 'InvalidParameterValue',
        message: expect.stringMatching(error),
      });
      const Entries = [
        { Id: 'bad', ...message },
        { Id: 'good', MessageBody: 'good' },
      ];
      const batch = await client().send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
      expect(batch.Successful?.map((entry) => entry.Id)).toEqual(['good']);
      expect(batch.Failed).toEqual([
        { Id: 'bad', SenderFault: true, Code: 'InvalidParameterValue', Message: expect.stringMatching(error) },
      ]);
      expect(await depth(queueUrl)).toEqual([1, 0]);
    },
  );

  test('ten attributes with labeled types and names of the maximum length are accepted', async () => {
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

  test('attributes are returned only if the request names them', async () => {
    const { queueUrl } = await createQueues();
    const message = { MessageBody: 'x', MessageAttributes: attributes(1) };
    await client().send(new SendMessageCommand({ QueueUrl: queueUrl, ...message }));
    const { Messages } = await client().send(new ReceiveMessageCommand({ QueueUrl: queueUrl }));
    expect(Messages?.[0]?.MessageAttributes).toBeUndefined();
  });
});

describe('a batch', () => {
  test('a batch with only refused entries gets a response with an error per entry', async () => {
    const { queueUrl } = await createQueues();
    const Entries = [
      { Id: 'bell', MessageBody: '\u0007' },
      { Id: 'many', MessageBody: 'x', MessageAttributes: attributes(11) },
    ];
    const response = await client().send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
    expect(response.Successful ?? []).toEqual([]);
    expect(response.Failed?.map(({ Id, Code }) => [Id, Code])).toEqual([
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

  test.each(rows)('a batch $fault is refused as a whole', async ({ entries, name }) => {
    const { queueUrl } = await createQueues();
    const sent = client().send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries: entries }));
    await expect(sent).rejects.toMatchObject({ name });
    expect(await depth(queueUrl)).toEqual([0, 0]);
  });

  test('a batch of exactly 1 MiB is accepted', async () => {
    const { queueUrl } = await createQueues();
    const Entries = [entry('a', 'x'.repeat(MIB / 2)), entry('b', 'x'.repeat(MIB / 2))];
    await client().send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
    expect(await depth(queueUrl)).toEqual([2, 0]);
  });
});
