/** Runs the handler in process and checks its response, the schedule of returned messages, metrics and logs. */

import type { SQSRecord } from 'aws-lambda';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { toRecord } from '../../local/event-source/sqs-event.ts';
import { type StandIn, startStandIn } from '../../local/opengemini/server.ts';
import { handler } from '../../src/lambda/entry/ingest.ts';
import { useAwsEnvironment } from '../adapters/aws-access.ts';
import { closedAddress, startNode } from '../adapters/nodes.ts';
import { useQueues } from '../local/source.ts';
import { catchOutput, type Invoke, ingestWith, type Output } from './invoking.ts';

const { endpoint, createQueues, sendBodies, receive, depth } = useQueues();
useAwsEnvironment(() => ({ AWS_ENDPOINT_URL_SQS: endpoint() }));

let standIn: StandIn;
let output: Output;
let databases = 0;

beforeAll(async () => {
  standIn = await startStandIn();
});
afterAll(() => standIn.close());
beforeEach(() => {
  standIn.faults.clear();
  output = catchOutput();
});

type Queues = Awaited<ReturnType<typeof createQueues>>;

interface SetUp {
  readonly invoke: Invoke;
  readonly queues: Queues;
  readonly database: string;
  /** Sends bodies and receives them, as records of the source queue. */
  readonly records: (...bodies: readonly unknown[]) => Promise<SQSRecord[]>;
  /** The values of the stored fields `v`. */
  readonly stored: () => unknown[];
}

const setUp = async (variables: Record<string, string> = {}): Promise<SetUp> => {
  const queues = await createQueues({ visibilityTimeoutSeconds: 600 });
  const database = `ingest_${databases++}`;
  await fetch(`${standIn.url}/query?q=CREATE%20DATABASE%20${database}`, { method: 'POST' });
  const invoke = ingestWith({
    OPENGEMINI_URL: standIn.url,
    OPENGEMINI_DATABASE: database,
    SINK_NAME: 'test-sink',
    SINK_RETRY_BASE_MS: '1',
    DEAD_LETTER_QUEUE_URL: queues.deadLetterQueueUrl,
    AWS_ENDPOINT_URL_SQS: endpoint(),
    ...variables,
  });
  return {
    invoke,
    queues,
    database,
    async records(...bodies) {
      const texts = bodies.map((body) => (typeof body === 'string' ? body : JSON.stringify(body)));
      await sendBodies(queues.queueUrl, texts);
      const received = (await receive(queues.queueUrl)).map((message) => toRecord(message, queues.queueArn));
      return texts.map((text) => received.find(({ body }) => body === text) ?? expect.fail(`${text} did not arrive`));
    },
    stored: () => standIn.points(database).map(({ fields }) => fields.v),
  };
};

/** Returns an event with a plausible time: about now, in nanoseconds, one millisecond apart for consecutive values. */
const good = (v: number): unknown => ({ measurement: 'm', fields: { v }, timestamp: `${Date.now() + v}000000` });
const BAD = { measurement: 'm', fields: { v: { nested: true } }, timestamp: 1 };
const none = { batchItemFailures: [] };
const failures = (...records: readonly (SQSRecord | undefined)[]) => ({
  batchItemFailures: records.map((record) => ({ itemIdentifier: record?.messageId })),
});

describe('partial batch response', () => {
  test('returns no message when all events are written', async () => {
    const { invoke, records, stored } = await setUp();
    expect(await invoke(await records(good(1), [good(2), good(3)]))).toStrictEqual(none);
    expect(stored()).toEqual([1, 2, 3]);
  });
  test('returns no message when bad events are in the dead-letter queue', async () => {
    const { invoke, records, stored, queues } = await setUp();
    expect(await invoke(await records(good(1), [good(2), BAD], '{'))).toStrictEqual(none);
    expect(stored()).toEqual([1, 2]);
    const letters = await receive(queues.deadLetterQueueUrl);
    expect(letters.map(({ MessageAttributes }) => MessageAttributes?.reason?.StringValue).sort()).toEqual([
      'field-type',
      'undecodable',
    ]);
  });
  test('returns the message of a bad event without a dead-letter queue, and writes its neighbors', async () => {
    const { invoke, records, stored } = await setUp({ DEAD_LETTER_QUEUE_URL: '' });
    const [a, b, c] = await records(good(1), [good(2), BAD], good(3));
    expect(await invoke([a, b, c] as SQSRecord[])).toStrictEqual(failures(b));
    expect(stored()).toEqual([1, 2, 3]);
  });
  test('returns the message of a bad event whose dead letter is not confirmed', async () => {
    const { invoke, records, queues } = await setUp({ DEAD_LETTER_QUEUE_URL: `${endpoint()}/000000000000/none` });
    const [a, b] = await records(good(1), BAD);
    expect(await invoke([a, b] as SQSRecord[])).toStrictEqual(failures(b));
    expect(output.logs().filter(({ level }) => level === 'ERROR')).toMatchObject([
      { message: 'Failed to send dead letters.' },
    ]);
    expect(await depth(queues.deadLetterQueueUrl)).toEqual([0, 0]);
  });
  test('returns all messages while the server is unavailable', async () => {
    const { invoke, records } = await setUp({ OPENGEMINI_URL: await closedAddress() });
    const both = await records(good(1), good(2));
    expect(await invoke(both)).toStrictEqual(failures(...both));
  });
  test('returns all messages and begins none when no time is left', async () => {
    const { invoke, records } = await setUp();
    const both = await records(good(1), BAD);
    const before = standIn.counts.writesReceived;
    expect(await invoke(both, 0)).toStrictEqual(failures(...both));
    expect(standIn.counts.writesReceived).toBe(before);
  });
  test('returns all messages before the time is up when the server does not respond', async () => {
    const { invoke, records } = await setUp();
    const [a, b] = await records(good(1), good(2));
    standIn.faults.set({ name: 'hang' });
    const started = performance.now();
    expect(await invoke([a, b] as SQSRecord[], 1_500)).toStrictEqual(failures(a, b));
    // Far below the time limit of a request, which is 15 s.
    expect(performance.now() - started).toBeLessThan(10_000);
  });
  test('returns no message when there are no records', async () => {
    const { invoke } = await setUp();
    expect(await invoke([])).toStrictEqual(none);
  });
  test('returns a message only once that was delivered twice in one invocation', async () => {
    const { invoke, records } = await setUp({ OPENGEMINI_URL: await closedAddress() });
    const [a] = await records(good(1));
    expect(await invoke([a, a] as SQSRecord[])).toStrictEqual(failures(a));
  });
});

describe('instance', () => {
  test('remembers a denial and sends no request in the next invocation', async () => {
    const { invoke, records } = await setUp();
    standIn.faults.set({ name: 'locked-user', count: 1 });
    const [a] = await records(good(1));
    expect(await invoke([a as SQSRecord])).toStrictEqual(failures(a));
    const received = standIn.counts.writesReceived;
    expect(await invoke([a as SQSRecord])).toStrictEqual(failures(a));
    expect(standIn.counts.writesReceived).toBe(received);
  });
  test('retries a throttled write within the invocation', async () => {
    const { invoke, records, stored } = await setUp();
    standIn.faults.set({ name: 'queue-full', count: 2 });
    expect(await invoke(await records(good(1)))).toStrictEqual(none);
    expect(stored()).toEqual([1]);
  });
  test('creates its database only if it is configured to', async () => {
    const { invoke, records } = await setUp({ OPENGEMINI_DATABASE: 'made_here', OPENGEMINI_CREATE_DATABASE: 'true' });
    expect(await invoke(await records(good(1)))).toStrictEqual(none);
    expect(standIn.points('made_here')).toHaveLength(1);
    const other = await setUp({ OPENGEMINI_DATABASE: 'not_made' });
    const [a] = await other.records(good(1));
    expect(await other.invoke([a as SQSRecord])).toStrictEqual(failures(a));
    expect(standIn.databases()).not.toContain('not_made');
  });
});

describe('invalid configuration', () => {
  test('fails every invocation with one error that names all faults and contains no password', async () => {
    const invoke = ingestWith({
      OPENGEMINI_URL: 'ftp://x',
      OPENGEMINI_PASSWORD: 'hunter2',
      SINK_BATCH_LINES_MAX: '0',
      SINK_MAPPING: '{"version":1}',
      SINK_IN_FLIGTH_MAX: '3',
    });
    for (let i = 0; i < 2; i++) {
      const error = await invoke([]).then(
        () => expect.fail('it was accepted'),
        (one: Error) => one,
      );
      expect(error.name).toBe('ConfigError');
      for (const fault of [
        'OPENGEMINI_URL must',
        'OPENGEMINI_DATABASE must be set',
        'OPENGEMINI_USERNAME and OPENGEMINI_PASSWORD',
        'SINK_BATCH_LINES_MAX must',
        'SINK_MAPPING: mapping.measurement',
        'SINK_MAPPING: mapping.fields',
        'SINK_IN_FLIGTH_MAX is not a known variable. Did you mean SINK_IN_FLIGHT_MAX?',
      ]) {
        expect(error.message).toContain(fault);
      }
    }
    expect(output.logs()).toMatchObject([{ message: 'The sink cannot start.' }, { message: 'The sink cannot start.' }]);
    expect(output.text()).not.toContain('hunter2');
  });
  test('reports faults of the real environment variables from the deployed handler', async () => {
    vi.stubEnv('OPENGEMINI_URL', '');
    await expect(handler({ Records: [] }, {} as never)).rejects.toThrow(/OPENGEMINI_URL must be set/);
  });
});

describe('schedule of returned messages', () => {
  test("returns a message after 2 s, long before the queue's own visibility timeout", async () => {
    const { invoke, records, queues } = await setUp({ OPENGEMINI_URL: await closedAddress() });
    const [a] = await records(good(1));
    const returnedAt = performance.now();
    expect(await invoke([a as SQSRecord])).toStrictEqual(failures(a));
    expect(await receive(queues.queueUrl)).toEqual([]);
    const [again] = await receive(queues.queueUrl, 20);
    expect(again?.MessageId).toBe(a?.messageId);
    expect(performance.now() - returnedAt).toBeLessThan(25_000);
  });
  test('returns a message even if its visibility cannot be set', async () => {
    const { invoke, records } = await setUp({ OPENGEMINI_URL: await closedAddress() });
    const [a] = await records(good(1));
    const strange = { ...(a as SQSRecord), receiptHandle: 'expired' };
    expect(await invoke([strange])).toStrictEqual(failures(a));
  });

  interface Change {
    readonly ReceiptHandle: string;
    readonly VisibilityTimeout: number;
  }
  /** The visibility changes of an invocation, received by a queue service that only records them. */
  const changesOf = async (arn: string, receives: readonly (readonly [group: string, count: number])[]) => {
    const node = await startNode((_, response) => {
      response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' }).end('{"Successful":[],"Failed":[]}');
    });
    vi.stubEnv('AWS_ENDPOINT_URL_SQS', node.url);
    const { invoke, records } = await setUp({
      OPENGEMINI_URL: await closedAddress(),
      AWS_ENDPOINT_URL_SQS: node.url,
      DEAD_LETTER_QUEUE_URL: '',
    });
    const [one] = await records(good(1));
    const grouped = receives.map(([group, count], i) => ({
      ...(one as SQSRecord),
      messageId: `m${i}`,
      receiptHandle: String(i),
      eventSourceARN: arn,
      attributes: {
        ...(one as SQSRecord).attributes,
        MessageGroupId: group,
        ApproximateReceiveCount: String(count),
      },
    }));
    await invoke(grouped);
    const changes = node.seen.flatMap(({ body }) => JSON.parse(body.toString()).Entries as Change[]);
    const urls = new Set(node.seen.map(({ body }) => JSON.parse(body.toString()).QueueUrl));
    changes.sort((a, b) => Number(a.ReceiptHandle) - Number(b.ReceiptHandle));
    return { seconds: changes.map(({ VisibilityTimeout }) => VisibilityTimeout), urls: [...urls], url: node.url };
  };

  test('returns each message after a delay that grows with its receives, at most half an hour', async () => {
    const { seconds, urls, url } = await changesOf('arn:aws:sqs:us-east-1:000000000000:q', [
      ['g', 1],
      ['g', 5],
      ['g', 10],
      ['g', 999],
    ]);
    expect(urls).toEqual([`${url}/000000000000/q`]);
    [2, 32, 1_024, 1_800].forEach((full, i) => {
      expect(seconds[i]).toBeLessThanOrEqual(full);
      expect(seconds[i]).toBeGreaterThanOrEqual(full * 0.75);
    });
  });
  test('returns the rest of a FIFO group with one delay, and other groups with another', async () => {
    const { seconds } = await changesOf('arn:aws:sqs:us-east-1:000000000000:q.fifo', [
      ['a', 9],
      ['b', 1],
      ['a', 1],
      ['a', 12],
      ['b', 9],
    ]);
    const [a, b] = seconds;
    expect(seconds).toEqual([a, b, a, a, b]);
    expect(a).toBeGreaterThanOrEqual(384);
    expect(b).toBe(2);
  });
});

describe('order', () => {
  const grouped = (records: readonly SQSRecord[], suffix: string): SQSRecord[] =>
    records.map((record) => ({
      ...record,
      eventSourceARN: record.eventSourceARN + suffix,
      attributes: { ...record.attributes, MessageGroupId: 'g' },
    }));
  test('keeps the order of a FIFO queue, recognized by its ARN, and returns the rest of a group after a failure', async () => {
    const { invoke, records } = await setUp({ DEAD_LETTER_QUEUE_URL: '' });
    const [a, b, c] = grouped(await records(good(1), BAD, good(3)), '.fifo');
    expect(await invoke([a, b, c] as SQSRecord[])).toStrictEqual(failures(b, c));
  });
  test('keeps no order on a standard queue despite a group id', async () => {
    const { invoke, records } = await setUp({ DEAD_LETTER_QUEUE_URL: '' });
    const [a, b, c] = grouped(await records(good(1), BAD, good(3)), '');
    expect(await invoke([a, b, c] as SQSRecord[])).toStrictEqual(failures(b));
  });
});

describe('metrics', () => {
  const LEDGER = ['eventsWritten', 'eventsQuarantined', 'eventsCheckpointed', 'eventsReturned'] as const;

  test('publishes the documented metric names with one dimension and a balanced ledger', async () => {
    const { invoke, records } = await setUp({
      SINK_BATCH_LINES_INITIAL: '1',
      SINK_BATCH_LINES_MIN: '1',
      SINK_IN_FLIGHT_MAX: '1',
      SINK_RETRY_ATTEMPTS_MAX: '1',
    });
    standIn.faults.set({ name: 'read-only', count: 1 });
    const [a, b, c, d] = await records(good(1), good(2), BAD, '[]');
    expect(await invoke([a, b, c, d] as SQSRecord[])).toStrictEqual(failures(a));
    const [metrics = expect.fail('there are no metrics'), ...more] = output.metrics();
    expect(more).toEqual([]);
    const [{ Namespace, Dimensions, Metrics: declared }] = metrics._aws.CloudWatchMetrics;
    expect([Namespace, Dimensions, metrics.sink]).toEqual(['opengemini', [['sink']], 'test-sink']);
    expect(Object.fromEntries(declared.map(({ Name, Unit }) => [Name, Unit]))).toMatchObject({
      writeLatency: 'Milliseconds',
      totalPointsWritten: 'Count',
      totalBytesWritten: 'Bytes',
      writeErrors: 'Count',
      currentBatchSize: 'Count',
      dynamicBatchSize: 'Count',
      lastSuccessfulWriteTime: 'Milliseconds',
      pointsPerSecond: 'Count/Second',
      eventsReceived: 'Count',
      eventsWritten: 'Count',
      eventsQuarantined: 'Count',
      eventsCheckpointed: 'Count',
      eventsReturned: 'Count',
      ledgerImbalance: 'Count',
      messagesReceived: 'Count',
      messagesReturned: 'Count',
      messagesEmpty: 'Count',
      valuesAltered: 'Count',
      eventLag: 'Milliseconds',
    });
    expect(metrics).toMatchObject({
      eventsReceived: 3,
      eventsWritten: 1,
      eventsQuarantined: 1,
      eventsCheckpointed: 0,
      eventsReturned: 1,
      ledgerImbalance: 0,
      messagesReceived: 4,
      messagesReturned: 1,
      messagesEmpty: 1,
      writeErrors: 1,
      totalPointsWritten: 1,
      currentBatchSize: 1,
      dynamicBatchSize: 1,
    });
    expect(LEDGER.reduce((sum, one) => sum + Number(metrics[one]), 0)).toBe(metrics.eventsReceived);
    expect(Math.abs(Number(metrics.lastSuccessfulWriteTime) - Date.now())).toBeLessThan(60_000);
    expect(metrics.writeLatency).toHaveLength(2);
  });

  test('publishes the metrics of each invocation separately', async () => {
    const { invoke, records } = await setUp();
    await invoke(await records(good(1)));
    await invoke(await records(good(2), good(3)));
    expect(output.metrics().map(({ eventsReceived }) => eventsReceived)).toEqual([1, 2]);
    expect(new Set(output.metrics().map(({ sink }) => sink))).toEqual(new Set(['test-sink']));
  });

  test('splits the metrics of many attempts over several lines without repeating a value', async () => {
    const { invoke, records } = await setUp({ SINK_BATCH_LINES_INITIAL: '1', SINK_BATCH_LINES_MIN: '1' });
    await invoke(await records(Array.from({ length: 130 }, (_, i) => good(i))));
    const lines = output.metrics();
    expect(lines.map(({ sink }) => sink)).toEqual(['test-sink', 'test-sink']);
    expect(lines.flatMap(({ writeLatency }) => writeLatency)).toHaveLength(130);
    expect(lines.reduce((sum, { eventsReceived = 0 }) => sum + Number(eventsReceived), 0)).toBe(130);
  });

  test('publishes metrics for an invocation without records', async () => {
    const { invoke } = await setUp();
    await invoke([]);
    expect(output.metrics()).toMatchObject([{ messagesReceived: 0, eventsReceived: 0, ledgerImbalance: 0 }]);
  });
});

describe('logs', () => {
  test('logs no contents of events, regardless of their outcome', async () => {
    const WORD = 'hunter2';
    const ms = 1_780_000_000_000;
    const events = [
      { measurement: 'log', tags: { t: WORD }, fields: { s: WORD, v: 1 }, timestamp: ms },
      // The server refuses the type, and its error text contains the value.
      { measurement: 'log', tags: { t: WORD }, fields: { s: WORD, v: WORD }, timestamp: ms + 1 },
      { measurement: 'log', fields: { v: { [WORD]: WORD } }, timestamp: ms + 2 },
      { measurement: 'log', fields: { v: 1 }, timestamp: WORD },
      { measurement: 'log', tags: { t: `${WORD}\n` }, fields: { v: 1 }, timestamp: ms + 3 },
    ];
    const { invoke, records, queues } = await setUp();
    const bodies = [...events, `${WORD} is not JSON {`, `{"fields":"${WORD}`, `log,t=${WORD} v="${WORD}`];
    const received = await records(...bodies);
    await invoke(received);
    expect((await depth(queues.deadLetterQueueUrl))[0]).toBeGreaterThanOrEqual(6);
    standIn.faults.set({ name: 'read-only' });
    await invoke(received);
    standIn.faults.clear();
    const withoutQueue = await setUp({ DEAD_LETTER_QUEUE_URL: `${endpoint()}/000000000000/none` });
    await withoutQueue.invoke(received);
    expect(output.logs().length).toBeGreaterThan(6);
    expect(output.text()).not.toContain(WORD);
  });

  test('logs each invocation, and warns of refused events and unwritten lines', async () => {
    const { invoke, records } = await setUp();
    await invoke(await records(good(1), BAD));
    standIn.faults.set({ name: 'read-only' });
    await invoke(await records(good(2)));
    expect(output.logs().map(({ level, message }) => [level, message])).toEqual([
      ['INFO', 'invocation'],
      ['WARN', 'Some events were refused.'],
      ['INFO', 'invocation'],
      ['WARN', 'Some lines were not written. They are checkpointed, or their messages are returned.'],
    ]);
    expect(output.logs()[0]).toMatchObject({
      service: 'test-sink',
      function_request_id: 'request-1',
      eventsReceived: 2,
    });
    expect(output.logs()[1]).toMatchObject({ refusals: { 'field-type': 1 } });
    expect(output.logs()[3]).toMatchObject({
      leftOver: { unavailable: { lines: 1, text: 'readonly now and writing is not allowed' } },
    });
  });
});

describe('self metrics', () => {
  test('are written beside the events with SINK_SELF_METRICS, and change neither response nor ledger', async () => {
    const { invoke, records, stored, database } = await setUp({ SINK_SELF_METRICS: 'true' });
    expect(await invoke(await records(good(1), [good(2), BAD]))).toStrictEqual(none);
    await invoke(await records(good(3)));
    expect(stored().filter((value) => value !== undefined)).toEqual([1, 2, 3]);
    const own = standIn.points(database).filter(({ measurement }) => measurement === 'opengemini_sink');
    expect(own.map(({ fields }) => [fields.eventsWritten, fields.eventsQuarantined, fields.ledgerImbalance])).toEqual([
      [2, 1, 0],
      [1, 0, 0],
    ]);
    const published = output.metrics().flatMap(({ _aws }) => _aws.CloudWatchMetrics[0].Metrics.map(({ Name }) => Name));
    expect(Object.keys(own[0]?.fields ?? {})).toEqual(expect.arrayContaining([...new Set(published)]));
  });

  test('are not written without SINK_SELF_METRICS', async () => {
    const { invoke, records, database } = await setUp();
    await invoke(await records(good(1)));
    expect(standIn.points(database).map(({ measurement }) => measurement)).toEqual(['m']);
  });

  test('are not sent while a breaker is open', async () => {
    const { invoke, records } = await setUp({ SINK_SELF_METRICS: 'true' });
    standIn.faults.set({ name: 'locked-user' });
    await invoke(await records(good(1)));
    const before = standIn.counts.writesReceived;
    await invoke(await records(good(2)));
    expect(standIn.counts.writesReceived).toBe(before);
  });
});
