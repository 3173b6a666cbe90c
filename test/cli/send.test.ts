/**
 * Tests of `cli/send.ts` and `cli/queue-region.ts`: the messages that reach the queue, and the report of lines that do
 * not.
 */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { regionOfHost } from '../../cli/queue-region.ts';
import { emulatorAccess } from '../../local/loopback.ts';
import { type QueueService, startQueueService } from '../../local/queue/queue.ts';
import { run } from './running.ts';

const MIB = 1_048_576;

let service: QueueService;
let client: SQSClient;
let queues = 0;

beforeAll(async () => {
  service = await startQueueService();
  client = new SQSClient(emulatorAccess(service.endpoint));
});

afterAll(async () => {
  client.destroy();
  await service.close();
});

const newQueue = async (fifo = false): Promise<string> => {
  const { queueUrl } = await service.createQueues({
    name: `sent-${queues++}`,
    fifo,
    visibilityTimeoutSeconds: 60,
    maxReceiveCount: 1_000,
    retentionSeconds: 3_600,
  });
  return queueUrl;
};

const bodies = async (queueUrl: string): Promise<string[]> => {
  const { Messages = [] } = await client.send(
    new ReceiveMessageCommand({ QueueUrl: queueUrl, MaxNumberOfMessages: 10 }),
  );
  return Messages.map(({ Body = '' }) => Body).sort();
};

test('send skips only the line that is too long for a message, and reports it with the limit and a remedy', async () => {
  const queueUrl = await newQueue();
  const { code, out, err } = await run(['send', '--queue-url', queueUrl], `a\n${'x'.repeat(MIB + 1)}\nb\n`);
  expect([code, out]).toEqual([1, '2 messages sent, 1 refused\n']);
  expect(err).toBe(
    'line 2: a message has at most 1048576 bytes (1 MiB), this line has 1048577. Send its events in several messages, or send the line as gzip in base64.\n',
  );
  expect(await bodies(queueUrl)).toEqual(['a', 'b']);
});

test('send reports a refused line with its number in the input, where blank lines are counted', async () => {
  const queueUrl = await newQueue();
  const { code, out, err } = await run(['send', '--queue-url', queueUrl], '\n\n\nbad \x01 control\n\ngood\n');
  expect([code, out]).toEqual([1, '1 message sent, 1 refused\n']);
  expect(err).toMatch(/^line 4: InvalidMessageContents: /);
  expect(await bodies(queueUrl)).toEqual(['good']);
});

test('send creates two messages when the same line is sent to a FIFO queue in two runs', async () => {
  const queueUrl = await newQueue(true);
  for (const group of ['one', 'two']) await run(['send', '--queue-url', queueUrl, '--group', group], 'a\n');
  expect(await bodies(queueUrl)).toEqual(['a', 'a']);
});

interface Sent {
  readonly Entries: readonly { readonly MessageGroupId?: string }[];
}

/** Starts a proxy before the queues, which records the requests and fails every call after the first `calls`. */
const watchedQueue = async (queueUrl: string, calls = 1): Promise<{ url: string; sent: Sent[] }> => {
  const sent: Sent[] = [];
  const server = createServer(async (request, response) => {
    const body = await text(request);
    sent.push(JSON.parse(body));
    if (sent.length > calls) {
      response.writeHead(400, { 'x-amzn-query-error': 'AccessDenied;Sender' });
      response.end('{"__type":"com.amazonaws.sqs#AccessDenied","message":"No right to send."}');
      return;
    }
    const headers = {
      'content-type': request.headers['content-type'] ?? '',
      'x-amz-target': String(request.headers['x-amz-target']),
    };
    const reply = await fetch(service.endpoint, { method: 'POST', headers, body });
    response.writeHead(reply.status, { 'content-type': reply.headers.get('content-type') ?? '' });
    response.end(await reply.text());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}${new URL(queueUrl).pathname}`, sent };
};

test('send reports how many messages were sent before the queue failed, and the line to continue with', async () => {
  const { url } = await watchedQueue(await newQueue());
  const input = `\n${Array.from({ length: 12 }, (_, i) => `event ${i}\n`).join('')}`;
  const { code, err } = await run(['send', '--queue-url', url], input);
  expect([code, err]).toEqual([
    2,
    'Cannot send to the queue: No right to send.\n10 messages sent before the failure. Continue with line 12.\n',
  ]);
});

// SQS uses the group on standard queues for fairness, but the emulator discards it. So the test checks the request.
test.each([
  [false, ['--group', 'g'], 'g'],
  [false, [], undefined],
  [true, ['--group', 'g'], 'g'],
  [true, [], 'default'],
])(
  'on a queue that is FIFO or not (%j), send with the arguments %j sets the message group %j',
  async (fifo, args, group) => {
    const { url, sent } = await watchedQueue(await newQueue(fifo));
    expect(await run(['send', '--queue-url', url, ...args], 'a\n')).toMatchObject({ code: 0 });
    expect(sent.map(({ Entries }) => Entries.map(({ MessageGroupId }) => MessageGroupId))).toEqual([[group]]);
  },
);

describe('the region of the queue', () => {
  test.each([
    ['sqs.eu-west-3.amazonaws.com', 'eu-west-3'],
    ['sqs.cn-north-1.amazonaws.com.cn', 'cn-north-1'],
    ['sqs.us-iso-east-1.c2s.ic.gov', 'us-iso-east-1'],
    ['sqs.eu-central-1.api.aws', 'eu-central-1'],
    ['sqs-fips.us-gov-west-1.amazonaws.com', 'us-gov-west-1'],
    ['vpce-1a-2b.sqs.us-east-2.vpce.amazonaws.com', 'us-east-2'],
    ['eu-west-1.queue.amazonaws.com', 'eu-west-1'],
    ['queue.amazonaws.com', undefined],
    ['sqs.example.com', undefined],
  ])('the region in the host name %s is %s', (hostname, region) => {
    expect(regionOfHost(hostname)).toBe(region);
  });
  test('send requires AWS_REGION when the address of the queue contains no region', async () => {
    const variables = { AWS_CONFIG_FILE: '/dev/null', AWS_SHARED_CREDENTIALS_FILE: '/dev/null' };
    const { code, err } = await run(['send', '--queue-url', 'https://queue.invalid/1/q'], 'a\n', variables);
    expect([code, err]).toEqual([
      2,
      'The address of the queue, https://queue.invalid/1/q, contains no region. Set AWS_REGION.\n',
    ]);
  });
});
