/**
 * Figures that only CloudWatch has: the age of the oldest message of each queue, and the points per minute. They are up
 * to a few minutes old. Each read of a metric is paid, so they are read once per minute.
 */

import { type CloudWatchClient, GetMetricDataCommand, type MetricDataQuery } from '@aws-sdk/client-cloudwatch';

/** Figures of the last complete minutes. A member is undefined if CloudWatch has no value. */
export interface CloudWatchFigures {
  readonly queueAgeSeconds: number | undefined;
  readonly deadLetterAgeSeconds: number | undefined;
  readonly pointsPerMinute: number | undefined;
}

/** Names whose metrics are read. */
export interface MetricNames {
  readonly sink: string;
  readonly queueUrl: string | undefined;
  readonly deadLetterQueueUrl: string | undefined;
}

/** Interval between two reads. */
export const CLOUDWATCH_INTERVAL_MS = 60_000;

const PERIOD_SECONDS = 60;
/** CloudWatch needs up to a few minutes for a value. */
const WINDOW_MS = 5 * 60_000;

const query = (
  Id: string,
  Namespace: string,
  MetricName: string,
  [Name, Value]: readonly [name: string, value: string],
  Stat: string,
): MetricDataQuery => ({
  Id,
  MetricStat: {
    Metric: { Namespace, MetricName, Dimensions: [{ Name, Value }] },
    Period: PERIOD_SECONDS,
    Stat,
  },
});

const ageOf = (Id: string, queueUrl: string | undefined): readonly MetricDataQuery[] => {
  const queueName = queueUrl?.split('/').at(-1);
  return queueName === undefined
    ? []
    : [query(Id, 'AWS/SQS', 'ApproximateAgeOfOldestMessage', ['QueueName', queueName], 'Maximum')];
};

/** Reads the newest values. */
export const readCloudWatch = async (
  client: CloudWatchClient,
  { sink, queueUrl, deadLetterQueueUrl }: MetricNames,
  nowMs: number,
): Promise<CloudWatchFigures> => {
  const command = new GetMetricDataCommand({
    MetricDataQueries: [
      query('points', 'opengemini', 'totalPointsWritten', ['sink', sink], 'Sum'),
      ...ageOf('queue', queueUrl),
      ...ageOf('letters', deadLetterQueueUrl),
    ],
    StartTime: new Date(nowMs - WINDOW_MS),
    // The current minute is not complete.
    EndTime: new Date(nowMs - (nowMs % CLOUDWATCH_INTERVAL_MS)),
    ScanBy: 'TimestampDescending',
  });
  const { MetricDataResults = [] } = await client.send(command);
  const newest = (id: string): number | undefined => MetricDataResults.find(({ Id }) => Id === id)?.Values?.[0];
  return {
    queueAgeSeconds: newest('queue'),
    deadLetterAgeSeconds: newest('letters'),
    pointsPerMinute: newest('points'),
  };
};

/** Returns a function that calls `read` at most once per interval, and returns the last result in between. */
export const atMostEvery = <T>(
  intervalMs: number,
  read: (nowMs: number) => Promise<T>,
): ((nowMs: number) => Promise<T>) => {
  let last: { readonly atMs: number; readonly result: Promise<T> } | undefined;
  return (nowMs) => {
    if (last === undefined || nowMs - last.atMs >= intervalMs) last = { atMs: nowMs, result: read(nowMs) };
    return last.result;
  };
};
