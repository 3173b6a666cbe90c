/** Tests of `local/event-source/` with standard queues. */

import { CreateQueueCommand, DeleteQueueCommand } from '@aws-sdk/client-sqs';
import type { SQSEvent } from 'aws-lambda';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import {
  type EventSource,
  type EventSourceEvent,
  type EventSourceOptions,
  startEventSource,
} from '../../local/event-source/event-source.ts';
import { useQueues } from './source.ts';

const { client, createQueues, send, sendBodies, receive, depth } = useQueues();

type Queues = Awaited<ReturnType<typeof createQueues>>;

const running: EventSource[] = [];
const stopping: Promise<void>[] = [];
const gates: (() => void)[] = [];

/** Starts an event source, which is stopped after the test, and records its events and its batches. */
const start = async (queues: Queues, options: Partial<EventSourceOptions> = {}) => {
  const emitted: EventSourceEvent[] = [];
  const batches: SQSEvent['Records'][] = [];
  const source = await startEventSource({
    queueUrl: queues.queueUrl,
    queueArn: queues.queueArn,
    endpoint: queues.endpoint,
    batchSize: 10,
    windowMs: 0,
    concurrency: 1,
    functionTimeoutMs: 1_000,
    ...options,
    onEvent: (event) => emitted.push(event),
    invoke: async (event, invocation) => {
      batches.push(event.Records);
      return options.invoke?.(event, invocation);
    },
  });
  running.push(source);
  const closings = () => emitted.filter((event) => event.kind === 'batch');
  return { source, emitted, batches, closings };
};

/** A gate that blocks invocations until the test opens it. */
const createGate = () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  gates.push(resolve);
  return { passed: promise, open: resolve };
};

afterEach(() => {
  for (const open of gates.splice(0)) open();
  // A mapping stops when its long poll ends. The next test need not wait for that.
  stopping.push(...running.splice(0).map((source) => source.stop()));
});
afterAll(async () => {
  await Promise.all(stopping);
});

const numbered = (count: number) => Array.from({ length: count }, (_, i) => `message ${i}`);

describe('a batch', () => {
  test('a batch is delivered when it reaches its size, long before the window ends', async () => {
    const queues = await createQueues();
    await sendBodies(queues.queueUrl, numbered(75));
    const { batches, closings } = await start(queues, { batchSize: 25, windowMs: 60_000 });
    await expect.poll(() => batches.length).toBe(3);
    expect(batches.map((batch) => batch.length)).toEqual([25, 25, 25]);
    expect(closings().map((event) => event.closedBy)).toEqual(['size', 'size', 'size']);
    expect(new Set(batches.flat().map((record) => record.body))).toEqual(new Set(numbered(75)));
  });

  test('a batch is delivered when its window ends, with the messages received until then', async () => {
    const queues = await createQueues();
    await sendBodies(queues.queueUrl, ['first']);
    const { source, batches, closings } = await start(queues, { batchSize: 1_000, windowMs: 900 });
    await expect.poll(() => source.stats().received).toBe(1);
    expect(batches).toEqual([]);
    await sendBodies(queues.queueUrl, ['second', 'third']);
    await expect.poll(() => batches.length).toBe(1);
    expect(batches[0]?.map((record) => record.body)).toEqual(['first', 'second', 'third']);
    expect(closings()[0]?.closedBy).toBe('window');
  });

  test('a window of more than a second uses long polls, and still ends in time', async () => {
    const queues = await createQueues();
    await sendBodies(queues.queueUrl, ['only']);
    const began = performance.now();
    const { batches } = await start(queues, { batchSize: 100, windowMs: 1_300 });
    await expect.poll(() => batches.length).toBe(1);
    const waited = performance.now() - began;
    expect(waited).toBeGreaterThan(1_250);
    expect(waited).toBeLessThan(2_000);
  });

  test('a batch without a window contains the messages of one poll', async () => {
    const queues = await createQueues();
    await sendBodies(queues.queueUrl, ['only']);
    const { batches } = await start(queues);
    await expect.poll(() => batches.length).toBe(1);
    expect(batches[0]).toHaveLength(1);
  });

  test('a batch is delivered before its JSON exceeds 6 MiB, and the next batch contains the remaining messages', async () => {
    const queues = await createQueues();
    // A quote has two bytes in JSON, so 400,000 quotes have 800,000 bytes, and seven such bodies fit.
    const body = '"'.repeat(400_000);
    const bodies = Array.from({ length: 15 }, () => body);
    await sendTwoByTwo(queues.queueUrl, bodies);
    const { source, batches, closings } = await start(queues, { batchSize: 100, windowMs: 60_000 });
    await expect.poll(() => source.stats().deleted).toBe(14);
    expect(batches.map((batch) => batch.length)).toEqual([7, 7]);
    expect(closings().map((event) => event.closedBy)).toEqual(['bytes', 'bytes']);
    for (const [i, Records] of batches.entries()) {
      const bytes = Buffer.byteLength(JSON.stringify({ Records }));
      expect(bytes).toBeLessThanOrEqual(6_291_456);
      expect(closings()[i]?.bytes).toBe(bytes);
    }
  });
});

const sendTwoByTwo = async (queueUrl: string, bodies: readonly string[]) => {
  for (let from = 0; from < bodies.length; from += 2) await sendBodies(queueUrl, bodies.slice(from, from + 2));
};

describe('a record', () => {
  test('a record has all members of a record of Lambda', async () => {
    const queues = await createQueues();
    const MessageAttributes = {
      note: { DataType: 'String', StringValue: 'é' },
      count: { DataType: 'Number', StringValue: '7' },
      raw: { DataType: 'Binary', BinaryValue: new Uint8Array([1, 2, 255]) },
    };
    await send(queues.queueUrl, [{ MessageBody: 'hello', MessageAttributes }]);
    const { batches } = await start(queues);
    await expect.poll(() => batches.length).toBe(1);
    const lists = { stringListValues: [], binaryListValues: [] };
    expect(batches[0]?.[0]).toEqual({
      messageId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      receiptHandle: expect.stringMatching(/./),
      body: 'hello',
      md5OfBody: '5d41402abc4b2a76b9719d911017c592',
      md5OfMessageAttributes: expect.stringMatching(/^[0-9a-f]{32}$/),
      attributes: {
        ApproximateReceiveCount: '1',
        SentTimestamp: expect.stringMatching(/^\d{13}$/),
        ApproximateFirstReceiveTimestamp: expect.stringMatching(/^\d{13}$/),
        SenderId: expect.any(String),
      },
      messageAttributes: {
        note: { dataType: 'String', stringValue: 'é', ...lists },
        count: { dataType: 'Number', stringValue: '7', ...lists },
        raw: { dataType: 'Binary', binaryValue: 'AQL/', ...lists },
      },
      eventSource: 'aws:sqs',
      eventSourceARN: queues.queueArn,
      awsRegion: 'us-east-1',
    });
  });
});

describe('after an invocation', () => {
  test('after an invocation the named messages stay in the queue and the others are deleted, also in a batch of 200', async () => {
    const queues = await createQueues();
    await sendBodies(queues.queueUrl, numbered(200));
    const isOdd = (body: string) => Number(body.split(' ')[1]) % 2 === 1;
    const { source, emitted } = await start(queues, {
      batchSize: 200,
      windowMs: 2_000,
      invoke: async ({ Records }) => ({
        batchItemFailures: Records.filter((record) => isOdd(record.body)).map((r) => ({ itemIdentifier: r.messageId })),
      }),
    });
    await expect.poll(() => emitted.some((event) => event.kind === 'settled')).toBe(true);
    expect(source.stats()).toMatchObject({ deleted: 100, returned: 100, invocationsFailed: 0 });
    expect(await depth(queues.queueUrl)).toEqual([0, 100]);
  });

  const failures = [
    { way: 'throws', invoke: () => Promise.reject(new Error('no')) },
    { way: 'names an unknown id', invoke: async () => ({ batchItemFailures: [{ itemIdentifier: 'x' }] }) },
    { way: 'does not respond in time', invoke: () => new Promise<never>(() => {}) },
  ];
  test.each(failures)('no message is deleted after an invocation that $way', async ({ invoke }) => {
    const queues = await createQueues();
    await sendBodies(queues.queueUrl, numbered(3));
    const { source, emitted } = await start(queues, { invoke, functionTimeoutMs: 100, initAllowanceMs: 0 });
    await expect.poll(() => emitted.some((event) => event.kind === 'settled')).toBe(true);
    expect(source.stats()).toMatchObject({ deleted: 0, returned: 3 });
    expect(await depth(queues.queueUrl)).toEqual([0, 3]);
  });

  test('the event source continues after an invocation that threw', async () => {
    const queues = await createQueues();
    await sendBodies(queues.queueUrl, ['bad', 'good']);
    const { source } = await start(queues, {
      batchSize: 1,
      invoke: async ({ Records }) => {
        if (Records[0]?.body === 'bad') throw new Error('no');
      },
    });
    await expect.poll(() => source.stats().deleted).toBe(1);
    expect(source.stats()).toMatchObject({ invocations: 2, invocationsFailed: 1 });
  });

  test('without ReportBatchItemFailures all messages are deleted after an invocation, whatever the response', async () => {
    const queues = await createQueues();
    await sendBodies(queues.queueUrl, numbered(2));
    const { source } = await start(queues, {
      reportBatchItemFailures: false,
      invoke: async ({ Records }) => ({ batchItemFailures: Records.map((r) => ({ itemIdentifier: r.messageId })) }),
    });
    await expect.poll(() => source.stats().deleted).toBe(2);
    expect(await depth(queues.queueUrl)).toEqual([0, 0]);
  });

  test('a failed message is received again with a higher receive count, and after its last receive is in the dead-letter queue', async () => {
    const queues = await createQueues({ visibilityTimeoutSeconds: 1, maxReceiveCount: 2 });
    await sendBodies(queues.queueUrl, ['poison', 'healthy']);
    const { batches } = await start(queues, {
      invoke: async ({ Records }) => ({
        batchItemFailures: Records.filter((r) => r.body === 'poison').map((r) => ({ itemIdentifier: r.messageId })),
      }),
    });
    await expect.poll(() => depth(queues.deadLetterQueueUrl)).toEqual([1, 0]);
    const seen = batches.flat().filter((record) => record.body === 'poison');
    expect(seen.map((record) => record.attributes.ApproximateReceiveCount)).toEqual(['1', '2']);
    expect(new Set(seen.map((record) => record.messageId)).size).toBe(1);
    expect(new Set(seen.map((record) => record.attributes.SentTimestamp)).size).toBe(1);
    expect(batches.flat().filter((record) => record.body === 'healthy')).toHaveLength(1);
    expect((await receive(queues.deadLetterQueueUrl)).map((message) => message.Body)).toEqual(['poison']);
    expect(await depth(queues.queueUrl)).toEqual([0, 0]);
  });
});

describe('an invocation', () => {
  test('an invocation gets its deadline', async () => {
    const queues = await createQueues();
    await sendBodies(queues.queueUrl, ['x']);
    const remaining: number[] = [];
    const { batches } = await start(queues, {
      functionTimeoutMs: 5_000,
      invoke: async (_event, { deadlineMs }) => remaining.push(deadlineMs - Date.now()),
    });
    await expect.poll(() => batches.length).toBe(1);
    expect(remaining[0]).toBeGreaterThan(4_900);
    expect(remaining[0]).toBeLessThanOrEqual(5_000);
  });

  test('invocations run concurrently up to the limit, and never beyond it', async () => {
    const queues = await createQueues();
    await sendBodies(queues.queueUrl, numbered(40));
    const gate = createGate();
    const { source } = await start(queues, { batchSize: 2, concurrency: 3, invoke: () => gate.passed });
    await expect.poll(() => source.stats().running).toBe(3);
    expect(source.stats().received).toBe(6);
    gate.open();
    await expect.poll(() => source.stats().deleted).toBe(40);
    expect(source.stats()).toMatchObject({ runningMax: 3, running: 0, invocations: 20 });
  });
});

describe('stopping', () => {
  test('stopping waits for the running invocation and deletes its settled messages', async () => {
    const queues = await createQueues();
    await sendBodies(queues.queueUrl, ['x']);
    const gate = createGate();
    const { source } = await start(queues, { invoke: () => gate.passed });
    await expect.poll(() => source.stats().running).toBe(1);
    const order: string[] = [];
    const stopped = source.stop().then(() => order.push('stopped'));
    setTimeout(() => {
      order.push('answered');
      gate.open();
    }, 100);
    await stopped;
    expect(order).toEqual(['answered', 'stopped']);
    expect(await depth(queues.queueUrl)).toEqual([0, 0]);
  });

  test('stopping makes the messages of an open batch visible immediately', async () => {
    const queues = await createQueues();
    await sendBodies(queues.queueUrl, numbered(30));
    const { source, batches } = await start(queues, { batchSize: 100, windowMs: 60_000 });
    await expect.poll(() => source.stats().received).toBe(30);
    await source.stop();
    expect(batches).toEqual([]);
    expect(await depth(queues.queueUrl)).toEqual([30, 0]);
  });

  test('a stopped event source receives no later messages', async () => {
    const queues = await createQueues();
    const { source } = await start(queues, { concurrency: 3 });
    await source.stop();
    await sendBodies(queues.queueUrl, ['later']);
    expect(await depth(queues.queueUrl)).toEqual([1, 0]);
  });
});

describe('the rules of a mapping', () => {
  const rows: readonly { why: string; options: Partial<EventSourceOptions>; error: RegExp }[] = [
    { why: 'a batch size of 0', options: { batchSize: 0 }, error: /batchSize must be 1 to 10000, got 0/ },
    {
      why: 'a batch size beyond the limit',
      options: { batchSize: 10_001, windowMs: 1_000 },
      error: /1 to 10000, got 10001/,
    },
    {
      why: 'a batch size of more than ten without a window',
      options: { batchSize: 11 },
      error: /needs a batching window, got 11/,
    },
    { why: 'a window beyond the limit', options: { windowMs: 300_001 }, error: /windowMs must be 0 to 300000/ },
    { why: 'a concurrency of 0', options: { concurrency: 0 }, error: /concurrency must be 1 to 1000/ },
    {
      why: 'a visibility timeout that is shorter than the timeout of the function',
      options: { functionTimeoutMs: 31_000 },
      error: /Queue visibility timeout: 30 seconds is less than Function timeout: 31 seconds/,
    },
  ];
  test.each(rows)('a mapping is refused for $why', async ({ options, error }) => {
    await expect(start(await createQueues(), options)).rejects.toThrow(error);
  });

  test('a mapping of a FIFO queue is refused for a window, and for a batch size of more than ten', async () => {
    const queues = await createQueues({ name: 'refused', fifo: true });
    await expect(start(queues, { windowMs: 1_000 })).rejects.toThrow(/FIFO queue, which has no batching window/);
    await expect(start(queues, { batchSize: 11 })).rejects.toThrow(/1 to 10, got 11/);
  });
});

test('polling continues after the queue was temporarily missing', async () => {
  const queues = await createQueues();
  const { source, emitted } = await start(queues);
  await client().send(new DeleteQueueCommand({ QueueUrl: queues.queueUrl }));
  await expect.poll(() => emitted.some((event) => event.kind === 'poll-failed')).toBe(true);
  await client().send(new CreateQueueCommand({ QueueName: queues.queueUrl.split('/').at(-1) }));
  await sendBodies(queues.queueUrl, ['x']);
  await expect.poll(() => source.stats().deleted).toBe(1);
});
