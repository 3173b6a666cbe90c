/** Tests of `local/event-source/event-source.ts` and `group-lock.ts` with FIFO queues. */

import { afterEach, expect, test } from 'vitest';
import { type EventSource, startEventSource } from '../../local/event-source/event-source.ts';
import { createGroupLock } from '../../local/event-source/group-lock.ts';
import { useQueues } from './source.ts';

const { createQueues, send, depth } = useQueues();

let source: EventSource | undefined;
afterEach(async () => {
  await source?.stop();
});

let queueCount = 0;
const createFifo = (visibilityTimeoutSeconds = 30) =>
  createQueues({ name: `fifo-${++queueCount}`, fifo: true, visibilityTimeoutSeconds });

const message = (group: string, number: number) => ({
  MessageBody: `${group} ${number}`,
  MessageGroupId: group,
  MessageDeduplicationId: `${group}-${number}`,
});

const settings = { batchSize: 10, windowMs: 0, functionTimeoutMs: 1_000 };

test('the event source delivers message groups concurrently, each in order and to one invocation at a time', async () => {
  const queues = await createFifo();
  const groups = ['a', 'b', 'c', 'd'];
  const numbers = [0, 1, 2, 3, 4, 5];
  await send(
    queues.queueUrl,
    numbers.flatMap((number) => groups.map((group) => message(group, number))),
  );
  const busy = new Set<string>();
  const seen: string[] = [];
  let overlaps = 0;
  source = await startEventSource({
    ...queues,
    ...settings,
    batchSize: 2,
    concurrency: 4,
    invoke: async ({ Records }) => {
      const here = new Set(Records.map((record) => record.attributes.MessageGroupId ?? ''));
      for (const group of here) if (busy.has(group)) overlaps++;
      for (const group of here) busy.add(group);
      for (const record of Records) seen.push(record.body);
      await new Promise((resolve) => setTimeout(resolve, 10));
      for (const group of here) busy.delete(group);
    },
  });
  await expect.poll(() => source?.stats().deleted).toBe(24);
  expect(overlaps).toBe(0);
  expect(source.stats().runningMax).toBeGreaterThan(1);
  for (const group of groups) {
    expect(seen.filter((body) => body.startsWith(group))).toEqual(numbers.map((number) => `${group} ${number}`));
  }
});

test('a returned message blocks the later messages of its group, and no other group', async () => {
  const queues = await createFifo(1);
  await send(queues.queueUrl, [message('a', 0), message('a', 1), message('b', 0), message('b', 1)]);
  const seen: string[] = [];
  let refusals = 1;
  source = await startEventSource({
    ...queues,
    ...settings,
    concurrency: 2,
    invoke: async ({ Records }) => {
      for (const record of Records) seen.push(record.body);
      const failed = Records.filter((record) => record.body === 'a 0' && refusals-- > 0);
      return { batchItemFailures: failed.map((record) => ({ itemIdentifier: record.messageId })) };
    },
  });
  await expect.poll(() => source?.stats().deleted).toBe(4);
  expect(seen.filter((body) => body.startsWith('a'))).toEqual(['a 0', 'a 0', 'a 1']);
  expect(seen.indexOf('b 1')).toBeLessThan(seen.lastIndexOf('a 0'));
  expect(await depth(queues.queueUrl)).toEqual([0, 0]);
});

test('records of a FIFO queue contain their group, their deduplication id, and their sequence number', async () => {
  const queues = await createFifo();
  await send(queues.queueUrl, [message('a', 0)]);
  const attributes: unknown[] = [];
  source = await startEventSource({
    ...queues,
    ...settings,
    concurrency: 1,
    invoke: async ({ Records }) => attributes.push(...Records.map((record) => record.attributes)),
  });
  await expect.poll(() => attributes.length).toBe(1);
  expect(attributes[0]).toMatchObject({
    MessageGroupId: 'a',
    MessageDeduplicationId: 'a-0',
    SequenceNumber: expect.stringMatching(/^\d{20}$/),
  });
});

test('a message that becomes visible during its invocation waits for the end of that invocation, and blocks no other group', async () => {
  const lock = createGroupLock();
  const freeBoth = await lock.take(new Set(['a', 'b']));
  const order: string[] = [];
  const second = lock.take(new Set(['b', 'c'])).then((free) => {
    order.push('b again');
    free();
  });
  const freeOther = await lock.take(new Set(['d']));
  order.push('d between');
  freeOther();
  freeBoth();
  await second;
  expect(order).toEqual(['d between', 'b again']);
});
