/** Tests of `cli/console/queue-letters.ts` and `letter-view.ts`, on a queue of the local system. */

import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { DeadLetterSource } from '../../cli/console/dead-letter-source.ts';
import { letterView } from '../../cli/console/letter-view.ts';
import { openQueueLetters } from '../../cli/console/queue-letters.ts';
import { type QueueService, type Queues, startQueueService } from '../../local/queue/queue.ts';
import { openQueues, type QueueAccess } from '../../local/queue/queue-access.ts';

let service: QueueService;
let queues: QueueAccess;
let source: DeadLetterSource;
let urls: Queues;

const openWith = async (fifo: boolean): Promise<void> => {
  const limits = { visibilityTimeoutSeconds: 300, maxReceiveCount: 10, retentionSeconds: 3_600 };
  urls = await service.createQueues({ name: 'events', fifo, ...limits });
  source = openQueueLetters({ sqsEndpoint: service.endpoint, ...urls });
};

beforeEach(async () => {
  service = await startQueueService({ port: 0 });
  queues = openQueues(service.endpoint);
});

afterEach(async () => {
  queues.close();
  source.close();
  await service.close();
});

const fill = (count: number): Promise<void> =>
  queues.send(
    urls.deadLetterQueueUrl,
    Array.from({ length: count }, (_, n) => ({ body: `{"n":${n}}`, attributes: { reason: 'field-type', n: `${n}` } })),
  );

test('all dead letters are listed, each once, and stay visible for the next reader', async () => {
  await openWith(false);
  await fill(35);
  for (let round = 0; round < 2; round++) {
    const { letters, hasMore } = await source.list(100);
    expect([new Set(letters.map(({ body }) => body)).size, letters.length, hasMore]).toEqual([35, 35, false]);
  }
  expect(await queues.receiveAll(urls.deadLetterQueueUrl)).toHaveLength(35);
});

test('at most the given number is listed, and the source reports that there are more', async () => {
  await openWith(false);
  await fill(25);
  const { letters, hasMore } = await source.list(12);
  expect([letters.length, hasMore]).toEqual([12, true]);
  expect((await source.list(25)).hasMore).toBe(false);
});

test('a redrive sends the chosen dead letters back with their attributes, deletes them, and leaves the others', async () => {
  await openWith(false);
  await fill(13);
  const { letters } = await source.list(100);
  const chosen = letters.filter(({ attributes }) => Number(attributes.n) % 5 === 0);
  expect(await source.redrive(new Set(chosen.map(({ id }) => id)))).toBe(3);
  const back = await queues.receiveAll(urls.queueUrl);
  expect(back.map(({ body }) => body).sort()).toEqual(['{"n":0}', '{"n":10}', '{"n":5}']);
  expect(back.every(({ attributes }) => attributes.reason === 'field-type')).toBe(true);
  expect((await source.list(100)).letters).toHaveLength(10);
  expect(await source.redrive(undefined)).toBe(10);
  expect([await queues.depth(urls.deadLetterQueueUrl), await queues.depth(urls.queueUrl)]).toEqual([0, 13]);
});

test('calls at the same time run one after the other, so that none hides dead letters from another', async () => {
  await openWith(false);
  await fill(20);
  const lists = await Promise.all([source.list(100), source.list(100), source.list(100)]);
  expect(lists.map(({ letters }) => letters.length)).toEqual([20, 20, 20]);
});

test('a FIFO queue gets redriven dead letters too', async () => {
  await openWith(true);
  const { SQSClient, SendMessageCommand } = await import('@aws-sdk/client-sqs');
  const client = new SQSClient({
    endpoint: service.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  const letter = { MessageBody: '{}', MessageGroupId: 'g', MessageDeduplicationId: 'd' };
  await client.send(new SendMessageCommand({ QueueUrl: urls.deadLetterQueueUrl, ...letter }));
  client.destroy();
  expect(await source.redrive(undefined)).toBe(1);
  expect(await queues.depth(urls.queueUrl)).toBe(1);
});

test('the view of a dead letter has its unpacked event, and marks the failing value', async () => {
  await openWith(false);
  const attributes = { reason: 'field-type', detail: 'field "t" (t): expected a number, found string' };
  const packed = (value: unknown): string => gzipSync(JSON.stringify(value)).toString('base64');
  const origin = (form: string): string => JSON.stringify({ form, measurement: 'm', sentAt: 5 });
  const text = letterView({ id: 'a', body: '{"t":"x"}', attributes: { ...attributes, origin: origin('text') } });
  expect(text).toEqual({
    ...{ id: 'a', ...attributes, body: '{"t":"x"}', mark: [5, 8], measurement: 'm', sentAtMs: 5 },
  });
  const gzip = letterView({ id: 'a', body: packed({ t: 'x' }), attributes: { ...attributes, origin: origin('gzip') } });
  expect(gzip).toEqual(text);
  const body = packed({ origin: {}, body: '{"t":"x"}' });
  expect(letterView({ id: 'a', body, attributes: { ...attributes, origin: origin('enclosed') } })).toEqual(text);
});

test('the view of a message that the sink has not written is its body, and a long body is shortened', async () => {
  await openWith(false);
  for (const origin of ['', '{', '7', 'null', '{"form":"gzip","measurement":1,"sentAt":"x"}'])
    expect(letterView({ id: 'a', body: 'no gzip', attributes: { origin } })).toMatchObject({
      ...{ reason: 'none', body: 'no gzip', mark: null, measurement: null, sentAtMs: null },
    });
  const long = letterView({ id: 'a', body: 'x'.repeat(30_000), attributes: {} });
  expect(long.body).toHaveLength(20_001);
  const late = { reason: 'field-type', detail: 'field "t" (t): expected' };
  const body = `{"pad":"${'x'.repeat(30_000)}","t":1}`;
  expect(letterView({ id: 'a', body, attributes: late }).mark).toBeNull();
});
