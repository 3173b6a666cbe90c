/**
 * `status`: shows the decision of a sink with its reasons, open circuit breakers, and the backlog, from its state
 * table.
 */

import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { emulatorAccess } from '../local/loopback.ts';
import { systemClock } from '../src/adapters/clock.ts';
import { dynamoFlushTable, dynamoStateTable, tableAccess } from '../src/adapters/dynamodb.ts';
import { type Decision, isDecision } from '../src/controller/decision.ts';
import { EPOCH_MS } from '../src/controller/epochs.ts';
import { STALE_MS } from '../src/controller/instance-controller.ts';
import type { RegisteredSink } from '../src/flush/flush-table.ts';
import type { Clock } from '../src/runtime/clock.ts';
import type { SharedState } from '../src/runtime/state-table.ts';
import { awsRemedy } from './aws-remedy.ts';
import { counted } from './counted.ts';
import { externalError, type Options, parseOptions, UsageError } from './usage.ts';

const OPTIONS: Options = {
  table: { type: 'string', value: 'NAME', meaning: 'name of the state table (default STATE_TABLE)' },
  sink: { type: 'string', value: 'NAME', meaning: 'name of the sink (default SINK_NAME, otherwise "opengemini-sink")' },
  endpoint: { type: 'string', value: 'URL', meaning: 'address of a DynamoDB on this machine, as printed by "dev"' },
  json: { type: 'boolean', meaning: 'output as one line of JSON' },
};

const ABOUT = [
  'Show the decision of a sink with its reasons, open circuit breakers, and the backlog, as stored in the state table. For',
  'a table in AWS, the credentials and AWS_REGION of the shell apply.',
];

const TIME_LIMIT_MS = 10_000;

/** Contents of the state table about a sink at `nowMs`. */
export interface Status {
  readonly sink: string;
  readonly table: string;
  readonly view: SharedState;
  /** All sinks that use the table. */
  readonly sinks: readonly RegisteredSink[];
  readonly nowMs: number;
}

/** Runs the command. Returns the exit code. */
export const status = async (args: readonly string[]): Promise<number> => {
  const options = parseOptions('status', ABOUT, OPTIONS, args);
  if (options === undefined) return 0;
  const table = options.text('table') ?? process.env.STATE_TABLE;
  if (!table) throw new UsageError('--table (or STATE_TABLE) must name the state table; "dev" prints its name.');
  const sink = options.text('sink') ?? (process.env.SINK_NAME || 'opengemini-sink');
  const found = await readStatus(table, sink, await clientFor(options.text('endpoint')), systemClock);
  warnIfUnknown(found);
  process.stdout.write(`${options.flag('json') ? JSON.stringify(members(found)) : statusLines(found).join('\n')}\n`);
  return 0;
};

/** Warns about a sink that is not in the table, because a misspelled name must not look like a healthy sink. */
const warnIfUnknown = ({ sink, sinks, view }: Status): void => {
  const others = sinks.map(({ name }) => name);
  const isKnown = view.decision !== undefined || view.backlog !== undefined || view.breakers.length > 0;
  if (isKnown || others.includes(sink)) return;
  process.stderr.write(
    others.length === 0
      ? 'The table contains no sink yet. A sink appears when its flush function has run, about a minute after its start.\n'
      : `The table contains no sink "${sink}". It contains ${others.join(', ')}.\n`,
  );
};

const clientFor = async (endpoint: string | undefined): Promise<DynamoDBClient> => {
  if (endpoint === undefined) {
    const client = new DynamoDBClient({});
    await client.config.region().catch(() => {
      throw new UsageError('No region is set. Set AWS_REGION, or use --endpoint for a table on this machine.');
    });
    return client;
  }
  const url = URL.parse(endpoint);
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new UsageError(`--endpoint must be an address like http://127.0.0.1:8000, got "${endpoint}".`);
  return new DynamoDBClient(emulatorAccess(endpoint));
};

/** Reads the status of a sink, and destroys the client. Throws a `UsageError` if the table cannot be read. */
export const readStatus = async (
  table: string,
  sink: string,
  client: DynamoDBClient,
  clock: Clock,
): Promise<Status> => {
  const access = tableAccess(client, table, clock);
  const deadline = clock.deadlineIn(TIME_LIMIT_MS);
  try {
    const view = await dynamoStateTable(access, sink, clock).readShared();
    const sinks = await dynamoFlushTable(access, sink).listSinks(deadline);
    return { sink, table, view, sinks, nowMs: clock.nowMs() };
  } catch (error) {
    throw externalError(`The state table ${table} cannot be read`, error, awsRemedy(error));
  } finally {
    deadline.release();
    client.destroy();
  }
};

const members = ({ sink, table, view, sinks }: Status): unknown => ({
  sink,
  table,
  decision: view.decision ?? null,
  limit: view.limit ?? null,
  breakers: view.breakers,
  waiting: view.backlog ?? null,
  sinks,
});

/** Returns one row of the output. A name longer than its column is followed by one space. */
const row = (name: string, text: string): string => `${`${name} `.padEnd(20)}${text}`;

/** Returns the rows that `status` prints. Ages are relative to `nowMs`. */
export const statusLines = ({ sink, table, view, sinks, nowMs }: Status): string[] => [
  row('sink', `${sink}, in the table ${table}`),
  ...decisionRows(view, nowMs),
  ...(view.breakers.length === 0 ? [row('circuit breakers', 'closed')] : []),
  ...view.breakers.map(({ key, kind, text, openedAtMs, probeAtMs }) =>
    row(
      `breaker ${key}`,
      `open for ${duration(nowMs - openedAtMs)} (${kind}): ${text}; next probe ${probeAtMs <= nowMs ? 'is due' : `in ${duration(probeAtMs - nowMs)}`}`,
    ),
  ),
  row('backlog', backlogText(view, nowMs)),
  ...sinks.map(({ name, flushedAtMs }) =>
    row(
      name === sink ? 'flush function' : `sink ${name}`,
      flushedAtMs === undefined ? 'never seen' : `last seen ${ago(flushedAtMs, nowMs)}`,
    ),
  ),
];

const decisionRows = ({ decision, limit }: SharedState, nowMs: number): string[] => {
  if (decision === undefined) return [row('decision', 'none yet, or SINK_CONTROL=off; the configured values apply')];
  if (!isDecision(decision)) return [row('decision', 'written by a newer version than this command')];
  const { asOfMs, batchLines, share, maximumConcurrency, instances, latencyMs } = decision;
  return [
    row('decision', `${ago(asOfMs, nowMs)}, from the reports of ${counted(Math.round(instances), 'instance')}`),
    row('batch', `${counted(batchLines, 'line')}${latencyMs > 0 ? `; a request takes ${latencyMs} ms` : ''}`),
    row('share', shareText(share, nowMs - asOfMs)),
    ...(limit === undefined
      ? []
      : [
          row(
            'maximum concurrency',
            `${limit.maximumConcurrency} as of ${ago(limit.atMs, nowMs)}; the controller wants ${maximumConcurrency?.wanted ?? 'no change'}`,
          ),
        ]),
    ...stepRows(decision, nowMs),
  ];
};

const shareText = (share: number, ageMs: number): string => {
  if (ageMs > STALE_MS) return `one request in flight per invocation, because the decision of ${share} has expired`;
  return share >= 1
    ? `${share} requests in flight per invocation`
    : `one request in flight during ${Math.round(share * 100)} % of the time of each invocation`;
};

const stepRows = ({ epoch, reasons, earlier }: Decision, nowMs: number): string[] =>
  [{ epoch, reasons }, ...earlier]
    .filter((step) => step.reasons.length > 0)
    .map((step, place) =>
      row(place === 0 ? 'steps' : '', `${ago((step.epoch + 1) * EPOCH_MS, nowMs)}: ${step.reasons.join('; ')}`),
    );

const backlogText = ({ backlog }: SharedState, nowMs: number): string => {
  if (backlog === undefined) return 'not measured yet by the flush function, which runs every minute';
  const { segments, lines, bytes, oldestMs, atMs } = backlog;
  const seen = `as of ${ago(atMs, nowMs)}`;
  if (segments === 0 || oldestMs === undefined) return `empty, ${seen}`;
  return `${counted(segments, 'segment')} with ${counted(lines, 'line')} in ${bytes} bytes, the oldest ${duration(nowMs - oldestMs)} old; ${seen}`;
};

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

const duration = (ms: number): string => {
  if (ms < 2 * MINUTE_MS) return `${Math.max(0, Math.round(ms / 1_000))} s`;
  return ms < 2 * HOUR_MS ? `${Math.round(ms / MINUTE_MS)} min` : `${Math.round(ms / HOUR_MS)} h`;
};

const ago = (atMs: number, nowMs: number): string => `${duration(nowMs - atMs)} ago`;
