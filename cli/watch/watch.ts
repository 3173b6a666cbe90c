/** The loop of `status --watch`: reads everything, shows it, and waits, until Ctrl-C or SIGTERM. */

import { setTimeout as sleep } from 'node:timers/promises';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { systemClock } from '../../src/adapters/clock.ts';
import { dynamoStateTable, tableAccess } from '../../src/adapters/dynamodb.ts';
import { lastSteppable } from '../../src/controller/epochs.ts';
import { LetterQueue } from '../dead-letters/letter-queue.ts';
import { durationText } from '../duration.ts';
import { LiveText } from '../live-text.ts';
import { readStatusOf, statusMembers } from '../read-status.ts';
import { queueClient, requiredName, type SinkNames, tableClient } from '../sink-names.ts';
import { warnIfUnknownSink } from '../sink-table.ts';
import { type Status, statusLines } from '../status-lines.ts';
import { row, styled, widthOf } from '../terminal.ts';
import { atMostEvery, CLOUDWATCH_INTERVAL_MS, type CloudWatchFigures, readCloudWatch } from './cloudwatch-figures.ts';
import { createLetterReasons, type LetterReasons } from './letter-reasons.ts';
import { type QueueDepth, readQueueDepth } from './queue-depth.ts';
import { type Known, type WatchFigures, watchRows } from './watch-rows.ts';

/** Options of the loop. */
export interface WatchOptions {
  readonly intervalMs: number;
  readonly isJson: boolean;
}

/** Everything that one refresh found. */
interface Refresh extends WatchFigures {
  readonly status: Status;
}

/** Watches a sink until a signal. Throws a `UsageError` if the first read of the state table fails. */
export const watch = async (names: SinkNames, { intervalMs, isJson }: WatchOptions): Promise<void> => {
  const ended = new AbortController();
  const end = (): void => ended.abort();
  process.once('SIGINT', end).once('SIGTERM', end);
  const live = new LiveText(process.stdout);
  const reader = await createReader(names);
  try {
    let hasRead = false;
    while (!ended.signal.aborted) {
      try {
        const refresh = await reader.read();
        if (isJson) process.stdout.write(`${JSON.stringify(jsonOf(refresh))}\n`);
        else live.show(fitted(textOf(refresh, intervalMs)));
        if (!hasRead) warnIfUnknownSink(names.sink, refresh.status.view, refresh.status.sinks);
        hasRead = true;
      } catch (error) {
        if (!hasRead) throw error;
        // The next refresh may succeed, and a screen that ends would be of no use in an outage.
        live.line(styled('red', (error as Error).message, process.stdout));
      }
      // An aborted pause rejects, which means only that it has ended.
      await sleep(intervalMs, undefined, { signal: ended.signal }).catch(() => undefined);
    }
  } finally {
    live.end();
    process.off('SIGINT', end).off('SIGTERM', end);
    reader.close();
  }
};

const createReader = async (names: SinkNames) => {
  const table = requiredName(names, 'table');
  const dynamodb = await tableClient(names.dynamodbEndpoint);
  const access = tableAccess(dynamodb, table, systemClock);
  const queue = await depthReader(names.queueUrl, 'the event queue', '--queue-url');
  const letters = await depthReader(names.deadLetterQueueUrl, 'the dead-letter queue', '--dead-letter-queue-url');
  const reasons = await reasonReader(names.deadLetterQueueUrl);
  const figures = cloudWatchReader(names);
  return {
    async read(): Promise<Refresh> {
      const status = await readStatusOf(access, table, names.sink, systemClock);
      const state = dynamoStateTable(access, names.sink, systemClock);
      const [report, queueDepth, letterDepth, cloudWatch] = await Promise.all([
        state.decisions.reportsOf(lastSteppable(status.nowMs)).catch(() => undefined),
        queue.read(),
        letters.read(),
        figures.read(status.nowMs),
      ]);
      // Afterwards, because a look hides the letters for a moment.
      const letterReasons = await reasons.read(letterDepth, status.nowMs);
      return { status, report, queue: queueDepth, deadLetterQueue: letterDepth, letterReasons, cloudWatch };
    },
    close(): void {
      dynamodb.destroy();
      for (const { close } of [queue, letters, reasons, figures]) close();
    },
  };
};

/** Returns the value, or the error as the reason why it is unknown. One part must not hide the others. */
const known = async <T>(reading: Promise<T>): Promise<Known<T>> => {
  try {
    return { value: await reading };
  } catch (error) {
    return { unknown: (error as Error).message };
  }
};

const depthReader = async (queueUrl: string | undefined, what: string, option: string) => {
  if (queueUrl === undefined) {
    const unknown = { unknown: `nothing names ${what}. Use --stack or ${option}` };
    return { read: async (): Promise<Known<QueueDepth>> => unknown, close: () => undefined };
  }
  const client: SQSClient = await queueClient(queueUrl, option);
  return { read: () => known(readQueueDepth(client, queueUrl)), close: () => client.destroy() };
};

const reasonReader = async (url: string | undefined) => {
  const unknown = { unknown: 'the number of dead letters is unknown' };
  if (url === undefined) return { read: async (): Promise<Known<LetterReasons>> => unknown, close: () => undefined };
  const client = await queueClient(url, '--dead-letter-queue-url');
  const count = createLetterReasons(new LetterQueue(client, url));
  return {
    read: async (depth: Known<QueueDepth>, nowMs: number): Promise<Known<LetterReasons>> => {
      if ('unknown' in depth) return unknown;
      const { visible, inFlight, delayed } = depth.value;
      return known(count(visible + inFlight + delayed, nowMs));
    },
    close: () => client.destroy(),
  };
};

/** Reads CloudWatch once per minute, and only for a sink in AWS. */
const cloudWatchReader = (names: SinkNames) => {
  if (names.dynamodbEndpoint !== undefined) {
    const unknown = { unknown: 'there is no CloudWatch on this machine' };
    return { read: async (): Promise<Known<CloudWatchFigures>> => unknown, close: () => undefined };
  }
  const client = new CloudWatchClient({});
  const read = (nowMs: number): Promise<Known<CloudWatchFigures>> => known(readCloudWatch(client, names, nowMs));
  return { read: atMostEvery(CLOUDWATCH_INTERVAL_MS, read), close: () => client.destroy() };
};

const COLUMN = 20;

const textOf = (refresh: Refresh, intervalMs: number): string[] => {
  const width = widthOf(process.stdout);
  const { status } = refresh;
  const head = `${new Date(status.nowMs).toISOString()}, every ${durationText(intervalMs)} until Ctrl-C`;
  return [
    styled('bold', head, process.stdout),
    ...statusLines(status, width),
    ...watchRows(refresh).map(([name, text]) => row(name, text, COLUMN, width)),
    ...(process.stdout.isTTY ? [] : ['']),
  ];
};

/** Returns the lines that fit into the terminal, because a text that scrolls cannot be replaced. */
const fitted = (lines: readonly string[]): string => {
  const { rows } = process.stdout;
  const all = lines.flatMap((line) => line.split('\n'));
  return (rows ? all.slice(0, rows - 1) : all).join('\n');
};

const jsonOf = ({ status, report, queue, deadLetterQueue, letterReasons, cloudWatch }: Refresh): unknown => {
  const valueOrNull = <T>(figure: Known<T>): T | null => ('value' in figure ? figure.value : null);
  return {
    atMs: status.nowMs,
    ...statusMembers(status),
    report: report ?? null,
    queue: valueOrNull(queue),
    deadLetterQueue: valueOrNull(deadLetterQueue),
    letterReasons: valueOrNull(letterReasons),
    cloudWatch: valueOrNull(cloudWatch),
  };
};
