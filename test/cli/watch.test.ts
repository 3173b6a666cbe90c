/** Tests of `status --watch`. Covers `cli/watch/`. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { CloudWatchClient, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { LetterQueue } from '../../cli/dead-letters/letter-queue.ts';
import { atMostEvery, readCloudWatch } from '../../cli/watch/cloudwatch-figures.ts';
import { createLetterReasons, LOOK_INTERVAL_MS } from '../../cli/watch/letter-reasons.ts';
import { readQueueDepth } from '../../cli/watch/queue-depth.ts';
import { type WatchFigures, watchRows } from '../../cli/watch/watch-rows.ts';
import { emulatorAccess } from '../../local/loopback.ts';
import { type QueueService, startQueueService } from '../../local/queue/queue.ts';
import { startTableService, type TableService } from '../../local/table.ts';
import { lastSteppable } from '../../src/controller/epochs.ts';
import { EMPTY_REPORT } from '../../src/controller/report.ts';
import { useAwsEnvironment } from '../adapters/aws-access.ts';
import { openTable } from '../adapters/open-table.ts';
import { soonEnough } from '../contract/state-table/made-up.ts';
import { MAIN, run } from './running.ts';

let service: TableService;
let queues: QueueService;
beforeAll(async () => {
  service = await startTableService();
  queues = await startQueueService();
});
afterAll(async () => {
  await service.close();
  await queues.close();
});
useAwsEnvironment(() => ({ AWS_ENDPOINT_URL_DYNAMODB: service.endpoint }));

const UNKNOWN = { unknown: 'there is no CloudWatch on this machine' };
const figuresOf = (more: Partial<WatchFigures> = {}): WatchFigures => ({
  report: undefined,
  queue: { value: { visible: 0, inFlight: 0, delayed: 0 } },
  deadLetterQueue: UNKNOWN,
  letterReasons: { value: { counts: {}, seen: 0 } },
  cloudWatch: UNKNOWN,
  ...more,
});
const textOf = (name: string, more: Partial<WatchFigures>): string | undefined =>
  watchRows(figuresOf(more)).find(([row]) => row === name)?.[1];

describe('rows', () => {
  test('requests are those of an epoch of 2 s, per second, with their mean latency', () => {
    const report = { ...EMPTY_REPORT, attempts: 25, answered: 20, throttled: 3, timedOut: 1, latencySumMs: 610 };
    expect(textOf('requests', { report })).toBe(
      '12.5 per second, 10.0 with a response, 31 ms each; 2.0 throttled or timed out',
    );
    expect(textOf('requests', { report: { ...EMPTY_REPORT, attempts: 4 } })).toBe(
      '2.0 per second, 0.0 with a response',
    );
    expect(textOf('requests', {})).toMatch(/^none reported in the last epoch/);
    expect(textOf('requests', { report: EMPTY_REPORT })).toMatch(/^none reported in the last epoch/);
  });

  test('depths and ages of queues are shown, and what is unknown has a reason', () => {
    const value = { queueAgeSeconds: 300, deadLetterAgeSeconds: undefined, pointsPerMinute: 0 };
    const depth = { visible: 1, inFlight: 2, delayed: 3 };
    const all = {
      queue: { value: depth },
      deadLetterQueue: { value: { ...depth, delayed: 0 } },
      cloudWatch: { value },
    };
    expect(textOf('event queue', all)).toBe(
      '1 visible message, 2 in flight, 3 delayed; age of the oldest 5 min (CloudWatch)',
    );
    expect(textOf('dead letters', all)).toBe(
      '1 visible message, 2 in flight; age of the oldest unknown: CloudWatch has no value of the last minutes',
    );
    expect(textOf('points written', all)).toBe('0 in the last minute (CloudWatch)');
    expect(textOf('event queue', {})).toBe('empty');
    expect(textOf('dead letters', {})).toBe('unknown: there is no CloudWatch on this machine');
    expect(textOf('points written', {})).toBe('unknown: there is no CloudWatch on this machine');
  });
});

test('CloudWatch is asked for complete minutes, and only for queues that have a name', async () => {
  const commands: GetMetricDataCommand[] = [];
  const client = {
    send: async (command: GetMetricDataCommand) => {
      commands.push(command);
      return {
        MetricDataResults: [
          { Id: 'points', Values: [7, 9] },
          { Id: 'queue', Values: [] },
        ],
      };
    },
  } as unknown as CloudWatchClient;
  const names = {
    sink: 'sink',
    queueUrl: 'https://sqs.eu-central-1.amazonaws.com/1/events.fifo',
    deadLetterQueueUrl: undefined,
  };
  expect(await readCloudWatch(client, names, Date.UTC(2026, 0, 1, 12, 30, 45))).toEqual({
    pointsPerMinute: 7,
    queueAgeSeconds: undefined,
    deadLetterAgeSeconds: undefined,
  });
  const [{ input } = { input: undefined }] = commands;
  expect(input?.EndTime?.toISOString()).toBe('2026-01-01T12:30:00.000Z');
  expect(input?.ScanBy).toBe('TimestampDescending');
  expect(
    input?.MetricDataQueries?.map(({ Id, MetricStat }) => [Id, MetricStat?.Metric?.Dimensions?.[0]?.Value]),
  ).toEqual([
    ['points', 'sink'],
    ['queue', 'events.fifo'],
  ]);
});

test('CloudWatch is read at most once per interval, because its reads are paid', async () => {
  const reads: number[] = [];
  const read = atMostEvery(60_000, async (nowMs) => reads.push(nowMs));
  for (const nowMs of [0, 2_000, 59_999, 60_000, 62_000, 125_000]) await read(nowMs);
  expect(reads).toEqual([0, 60_000, 125_000]);
  expect(await read(126_000)).toBe(3);
});

/** A table with a report of the last epoch, and a queue with one message. */
const openSink = async () => {
  const { name, view } = await openTable(service);
  await view('sink').registerSink(1, soonEnough());
  const queue = await queues.createQueues({
    name: `watched-${name}`,
    fifo: false,
    visibilityTimeoutSeconds: 60,
    maxReceiveCount: 10,
    retentionSeconds: 3_600,
  });
  const args = [
    'status',
    '--table',
    name,
    '--endpoint',
    service.endpoint,
    '--sink',
    'sink',
    '--queue-url',
    queue.queueUrl,
  ];
  return { args, queue, view: view('sink') };
};

describe('status --watch', () => {
  test('prints one line of JSON per refresh, and ends with exit code 0 at a signal', async () => {
    const { args, view } = await openSink();
    // The epoch may change before the command reads it.
    const epoch = lastSteppable(Date.now());
    for (let later = 0; later < 30; later++)
      await view.decisions.report(epoch + later, { ...EMPTY_REPORT, attempts: 8 });
    const child = spawn(process.execPath, [MAIN, ...args, '--watch', '--json', '--interval', '1'], {
      env: { PATH: process.env.PATH },
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    const lines: Record<string, unknown>[] = [];
    for await (const line of createInterface(child.stdout)) {
      lines.push(JSON.parse(line));
      if (lines.length === 2) child.kill('SIGINT');
    }
    const code = child.exitCode ?? (await once(child, 'close'))[0];
    expect(code).toBe(0);
    expect(lines[0]).toMatchObject({
      sink: 'sink',
      report: { attempts: 8 },
      queue: { visible: 0, inFlight: 0, delayed: 0 },
      deadLetterQueue: null,
      cloudWatch: null,
    });
    expect(Number(lines[1]?.atMs) - Number(lines[0]?.atMs)).toBeGreaterThanOrEqual(1_000);
  });

  test('prints a block per refresh without a terminal', async () => {
    const { args } = await openSink();
    const child = spawn(process.execPath, [MAIN, ...args, '--watch'], { env: { PATH: process.env.PATH } });
    onTestFinished(() => void child.kill('SIGKILL'));
    let out = '';
    for await (const chunk of child.stdout) {
      out += chunk;
      if (out.split(', every 2 s until Ctrl-C\n').length > 2) child.kill('SIGTERM');
    }
    expect(out).toContain('event queue         empty\n');
    expect(out).toContain(
      'dead letters        unknown: nothing names the dead-letter queue. Use --stack or --dead-letter-queue-url\n\n',
    );
    expect(out).not.toContain('\u001b[');
  });

  test('the depth of a queue is read, and a missing queue is an error', async () => {
    const { queue } = await openSink();
    const client = new SQSClient(emulatorAccess(queues.endpoint));
    onTestFinished(() => client.destroy());
    expect(await readQueueDepth(client, queue.queueUrl)).toEqual({ visible: 0, inFlight: 0, delayed: 0 });
    await expect(readQueueDepth(client, `${queue.queueUrl}-missing`)).rejects.toThrow();
  });

  test('fails if the first read fails, and --interval needs --watch', async () => {
    const missing = await run(['status', '--table', 'missing', '--endpoint', service.endpoint, '--watch']);
    expect([missing.code, missing.err]).toEqual([2, expect.stringContaining('The state table missing cannot be read')]);
    const alone = await run(['status', '--table', 't', '--endpoint', service.endpoint, '--interval', '5']);
    expect([alone.code, alone.err]).toEqual([
      2,
      expect.stringContaining('--interval belongs to --watch. Add --watch.'),
    ]);
    const none = await run(['status', '--watch', '--interval', '0']);
    expect([none.code, none.err]).toEqual([
      2,
      expect.stringContaining('--interval must be a whole number from 1 to 3600'),
    ]);
  });
});

describe('dead letters by reason', () => {
  const sendLetters = async (queue: string, ...reasons: readonly string[]): Promise<LetterQueue> => {
    const { deadLetterQueueUrl } = await queues.createQueues({
      name: queue,
      visibilityTimeoutSeconds: 60,
      maxReceiveCount: 1_000,
      retentionSeconds: 3_600,
    });
    const letters = new LetterQueue(sqs(), deadLetterQueueUrl);
    await addLetters(letters, ...reasons);
    return letters;
  };
  const addLetters = async (queue: LetterQueue, ...reasons: readonly string[]): Promise<void> => {
    for (const [index, reason] of reasons.entries())
      await queue.send({
        id: String(index),
        body: '{}',
        attributes: { reason: { type: 'String', value: reason } },
        groupId: undefined,
      });
  };
  const sqs = (): SQSClient => {
    const client = new SQSClient(emulatorAccess(queues.endpoint));
    onTestFinished(() => client.destroy());
    return client;
  };

  test('are counted, and given back', async () => {
    const queue = await sendLetters('reasons-a', 'no-fields', 'field-type', 'no-fields');
    const reasons = await createLetterReasons(queue)(3, 0);
    expect(reasons).toEqual({ counts: { 'no-fields': 2, 'field-type': 1 }, seen: 3 });
    expect(await queue.facts()).toMatchObject({ visible: 3, hidden: 0 });
    const depth = { value: { visible: 3, inFlight: 0, delayed: 0 } };
    expect(textOf('by reason', { deadLetterQueue: depth, letterReasons: { value: reasons } })).toBe(
      'no-fields 2, field-type 1',
    );
    const more = { value: { visible: 5, inFlight: 0, delayed: 0 } };
    expect(textOf('by reason', { deadLetterQueue: more, letterReasons: { value: reasons } })).toBe(
      'no-fields 2, field-type 1 (of 3 that were looked at)',
    );
    expect(textOf('by reason', {})).toBeUndefined();
  });

  test('are looked at again only after their number has changed, and not sooner than after 30 s', async () => {
    const queue = await sendLetters('reasons-b', 'no-fields');
    const count = createLetterReasons(queue);
    const first = await count(1, 0);
    await addLetters(queue, 'field-type');
    expect(await count(1, LOOK_INTERVAL_MS)).toBe(first);
    expect(await count(2, LOOK_INTERVAL_MS - 1)).toBe(first);
    expect(await count(2, LOOK_INTERVAL_MS)).toEqual({ counts: { 'no-fields': 1, 'field-type': 1 }, seen: 2 });
    expect(await count(0, LOOK_INTERVAL_MS)).toEqual({ counts: {}, seen: 0 });
  });
});
