/** Tests of `cli/console/queue-letters.ts` and `letter-view.ts`, on a queue of the local system. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { DeadLetterSource } from '../../cli/console/dead-letter-source.ts';
import { letterView } from '../../cli/console/letter-view.ts';
import { openQueueLetters } from '../../cli/console/queue-letters.ts';
import { type Letter, letterOfMessage } from '../../cli/dead-letters/letter.ts';
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
  source?.close();
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
  const chosen = letters.filter(({ attributes }) => Number(attributes.n?.value) % 5 === 0);
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

test('a letter that is refused again during the redrive is not sent in a circle', async () => {
  await openWith(false);
  await fill(3);
  let isEnded = false;
  let refused = 0;
  // The function of this test refuses everything at once.
  const refuse = async (): Promise<void> => {
    while (!isEnded)
      for (const { body, attributes } of await queues.receiveAll(urls.queueUrl)) {
        refused += 1;
        await queues.send(urls.deadLetterQueueUrl, [{ body, attributes: { ...attributes, origin: originOf(body) } }]);
      }
  };
  const refusing = refuse();
  await source.redrive(undefined);
  isEnded = true;
  await refusing;
  expect(refused).toBeLessThanOrEqual(9);
});

/** The origin of an event, which is the same in each of its dead letters. */
const originOf = (body: string): string => JSON.stringify({ messageId: body, eventIndex: 0 });

describe('the view of a dead letter', () => {
  const letterWith = (attributes: Readonly<Record<string, string>>, body: string): Letter =>
    letterOfMessage({
      ...{ MessageId: 'a', Body: body, Attributes: { SentTimestamp: '5' } },
      MessageAttributes: Object.fromEntries(
        Object.entries(attributes).map(([name, value]) => [name, { DataType: 'String', StringValue: value }]),
      ),
    });
  const marked = (detail: string, body: unknown): readonly unknown[] => {
    const { lines, failing, absent } = letterView(letterWith({ reason: 'field-type', detail }, JSON.stringify(body)));
    return [failing === null ? null : lines[failing]?.trim(), absent];
  };

  test('has the event in lines, the line that failed, and the remedy', () => {
    const origin = JSON.stringify({ measurement: 'm', form: 'text' });
    const detail = 'field "t" (t): expected a number, found string';
    expect(letterView(letterWith({ reason: 'field-type', detail, origin }, '{"t":"x","n":1.50}'))).toEqual({
      ...{ id: 'a', reason: 'field-type', detail, remedy: expect.stringContaining('mismatch'), measurement: 'm' },
      ...{ lines: ['{', '  "t": "x",', '  "n": 1.50', '}'], failing: 1, absent: null, sentAtMs: 5 },
    });
  });

  test.each([
    ['field "c" (a.b): expected a number', [{ a: { b: 'x' } }], ['"b": "x"', null]],
    ['field "used": expected a number, found object', [{ fields: { used: {} } }], ['"used": {}', null]],
    ['tag "a/b": expected text', { tags: { 'a/b': [] } }, ['"a/b": []', null]],
    ['timestamp: expected a number', { timestamp: 'noon' }, ['"timestamp": "noon"', null]],
    ['measurement: expected text, found nothing', { fields: {} }, ['{', 'measurement']],
    ['the event has no value for any of its fields', { t: 1 }, [null, null]],
  ])('marks the line that %j names, also without a mapping', (detail, body, expected) => {
    expect(marked(detail, body)).toEqual(expected);
  });

  test('is the body of a message that the sink has not written', () => {
    for (const origin of ['', '{', '7', 'null', '{"form":"gzip","measurement":1}'])
      expect(letterView(letterWith({ origin }, 'no gzip'))).toMatchObject({
        ...{ reason: 'moved-by-sqs', lines: ['no gzip'], failing: null, measurement: null },
      });
  });

  test('is shortened, and a line beyond its end is not marked', () => {
    const detail = 'field "t" (t): expected';
    const body = JSON.stringify({ pads: Array.from({ length: 3_000 }, () => 'xxxxxxxxxx'), t: 1 });
    const long = letterView(letterWith({ reason: 'field-type', detail }, body));
    expect([long.lines.at(-1), long.failing]).toEqual(['…', null]);
    expect(long.lines.join('').length).toBeLessThan(21_000);
    const huge = letterView(letterWith({ reason: 'field-type', detail }, `{"t":"${'x'.repeat(200_000)}"}`));
    expect([huge.lines.length, huge.failing]).toEqual([1, null]);
    expect(huge.lines[0]).toHaveLength(20_001);
  });
});
