/**
 * Tests of `cli/send.ts`, `cli/input-documents.ts`, and `cli/queue-region.ts`: the messages that reach the queue, and the report of lines that do
 * not.
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
    'line 2: a message has at most 1048576 bytes (1 MiB), this line has 1048577. Send its events in several messages, or send it as gzip in base64.\n',
  );
  expect(await bodies(queueUrl)).toEqual(['a', 'b']);
});

test('send sends JSON over several lines as one message, and does not send JSON that is never closed', async () => {
  const queueUrl = await newQueue();
  const pretty = JSON.stringify({ a: [1, 2] }, null, 2);
  const { code, out, err } = await run(['send', '--queue-url', queueUrl], `${pretty}\n{"b":1}\n[\n  1,\n  2\n`);
  expect([code, out]).toEqual([1, '2 messages sent, 1 refused\n']);
  expect(err).toBe(
    'line 8: JSON begins here, but its brackets are never closed. Correct it: lines 8 to 10 were not sent.\n',
  );
  expect(await bodies(queueUrl)).toEqual([pretty, '{"b":1}'].sort());
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

/** Creates files with these contents, and returns their paths. They are deleted after the test. */
const filesOf = (...contents: readonly string[]): string[] => {
  const folder = mkdtempSync(join(tmpdir(), 'sink-send-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return contents.map((content, index) => {
    const file = join(folder, `events-${index}.ndjson`);
    writeFileSync(file, content);
    return file;
  });
};

test('send reads files and standard input for "-", and names the file of a refused line', async () => {
  const queueUrl = await newQueue();
  const files = filesOf('a\n', '\nbad \x01 control\na\n') as [string, string];
  const { code, out, err } = await run(['send', '--queue-url', queueUrl, files[0], '-', files[1]], 'b\n');
  expect([code, out]).toEqual([1, '3 messages sent, 1 refused\n']);
  expect(err).toMatch(new RegExp(`^${files[1]}, line 2: InvalidMessageContents: `));
  expect(await bodies(queueUrl)).toEqual(['a', 'a', 'b']);
});

test('send sends nothing if one of its files cannot be read', async () => {
  const queueUrl = await newQueue();
  const { code, out, err } = await run(['send', '--queue-url', queueUrl, ...filesOf('a\n'), '/nowhere.ndjson']);
  expect([code, out]).toEqual([2, '']);
  expect(err).toMatch(/^The file "\/nowhere\.ndjson" cannot be read: /);
  expect(await bodies(queueUrl)).toEqual([]);
});

test('send --json prints the counts to standard output, and each refused line to standard error', async () => {
  const queueUrl = await newQueue();
  const [file = ''] = filesOf(`a\nbad \x01 control\n${'x'.repeat(MIB + 1)}\n`);
  const [named, input] = await Promise.all([
    run(['send', '--json', '--queue-url', queueUrl, file]),
    run(['send', '--json', '--queue-url', queueUrl], 'bad \x01 control\n'),
  ]);
  expect([named.code, named.out, input.code, input.out]).toEqual([
    1,
    '{"sent":1,"refused":2}\n',
    1,
    '{"sent":0,"refused":1}\n',
  ]);
  const refused = (err: string) =>
    err
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
  const detail = expect.any(String);
  expect(refused(named.err)).toEqual(
    expect.arrayContaining([
      { file, line: 2, reason: 'InvalidMessageContents', detail },
      { file, line: 3, reason: 'too-long', detail },
    ]),
  );
  expect(refused(input.err)).toEqual([{ line: 1, reason: 'InvalidMessageContents', detail }]);
});

interface Sent {
  readonly Entries: readonly { readonly MessageGroupId?: string; readonly MessageDeduplicationId?: string }[];
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

test('send gives lines with the same number in two files different deduplication ids on a FIFO queue', async () => {
  const { url, sent } = await watchedQueue(await newQueue(true));
  expect(await run(['send', '--queue-url', url, ...filesOf('a\n', 'a\n')])).toMatchObject({ code: 0 });
  const ids = sent.flatMap(({ Entries }) => Entries.map((one) => one.MessageDeduplicationId));
  expect([ids.length, new Set(ids).size]).toEqual([2, 2]);
});

test('send names the file to continue with after a failure', async () => {
  const { url } = await watchedQueue(await newQueue());
  const [first, second] = filesOf('event\n'.repeat(10), '\nevent\n') as [string, string];
  const { code, err } = await run(['send', '--queue-url', url, first, second]);
  expect(code).toBe(2);
  expect(err).toContain(`\n10 messages sent before the failure. Continue with line 2 of ${second}.\n`);
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
