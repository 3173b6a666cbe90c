/** `status`: what a sink has decided and why, which breakers are open, and what waits; as its state table has it. */

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
import { counted } from './counted.ts';
import { type Options, outsideFault, parseOptions, UsageError } from './usage.ts';

const OPTIONS: Options = {
  table: { type: 'string', value: 'NAME', meaning: 'the state table (STATE_TABLE)' },
  sink: { type: 'string', value: 'NAME', meaning: 'the sink (SINK_NAME, else "opengemini-sink")' },
  endpoint: { type: 'string', value: 'URL', meaning: 'of a DynamoDB on this machine, as "dev" prints it' },
  json: { type: 'boolean', meaning: 'one line of JSON' },
};

const ABOUT = [
  'Reads from the state table what the instances of a sink have decided and why, which circuit breakers are open, and',
  'what waits. For a table in AWS, credentials and AWS_REGION are those of the shell.',
];

const TIME_LIMIT_MS = 10_000;

export interface Status {
  readonly sink: string;
  readonly table: string;
  readonly view: SharedState;
  readonly sinks: readonly RegisteredSink[];
  readonly nowMs: number;
}

export const status = async (args: readonly string[]): Promise<number> => {
  const options = parseOptions('status', ABOUT, OPTIONS, args);
  if (options === undefined) return 0;
  const table = options.text('table') ?? process.env.STATE_TABLE;
  if (!table) throw new UsageError('--table (or STATE_TABLE) must name the state table; "dev" prints its name.');
  const sink = options.text('sink') ?? (process.env.SINK_NAME || 'opengemini-sink');
  const found = await readStatus(table, sink, await clientFor(options.text('endpoint')), systemClock);
  tellUnknown(found);
  process.stdout.write(`${options.flag('json') ? JSON.stringify(members(found)) : statusLines(found).join('\n')}\n`);
  return 0;
};

/** A name that is misspelt must not look like a sink that is well. */
const tellUnknown = ({ sink, sinks, view }: Status): void => {
  const others = sinks.map(({ name }) => name);
  const isKnown = view.decision !== undefined || view.backlog !== undefined || view.breakers.length > 0;
  if (isKnown || others.length === 0 || others.includes(sink)) return;
  process.stderr.write(`Nothing is known of a sink "${sink}" in this table; it knows ${others.join(', ')}.\n`);
};

const clientFor = async (endpoint: string | undefined): Promise<DynamoDBClient> => {
  if (endpoint === undefined) {
    const client = new DynamoDBClient({});
    await client.config.region().catch(() => {
      throw new UsageError('No region is named: set AWS_REGION, or --endpoint for a table on this machine.');
    });
    return client;
  }
  const url = URL.parse(endpoint);
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new UsageError(`--endpoint must be an address like http://127.0.0.1:8000, got "${endpoint}".`);
  return new DynamoDBClient(emulatorAccess(endpoint));
};

/** Reads what `status` prints, and destroys the client. Throws a `UsageError` when the table cannot be read. */
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
    throw outsideFault(`The state table ${table} cannot be read`, error);
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

/** Names that are longer keep a blank behind them. */
const row = (name: string, text: string): string => `${`${name} `.padEnd(20)}${text}`;

/** The rows that `status` prints; ages are relative to `nowMs`. */
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
  row('waiting', waitingText(view, nowMs)),
  ...sinks.map(({ name, flushedAtMs }) =>
    row(
      name === sink ? 'flush function' : `sink ${name}`,
      flushedAtMs === undefined ? 'was never heard of' : `was heard of ${ago(flushedAtMs, nowMs)}`,
    ),
  ),
];

const decisionRows = ({ decision, limit }: SharedState, nowMs: number): string[] => {
  if (decision === undefined)
    return [row('decision', 'none: nobody has decided yet, or SINK_CONTROL is off; the configured values hold')];
  if (!isDecision(decision)) return [row('decision', 'of a newer version than this command')];
  const { asOfMs, batchLines, share, maximumConcurrency, instances, latencyMs } = decision;
  return [
    row('decision', `of ${ago(asOfMs, nowMs)}, by the reports of ${counted(Math.round(instances), 'instance')}`),
    row('batch', `${counted(batchLines, 'line')}${latencyMs > 0 ? `; a request takes ${latencyMs} ms` : ''}`),
    row('share', shareText(share, nowMs - asOfMs)),
    ...(limit === undefined
      ? []
      : [
          row(
            'maximum concurrency',
            `${limit.maximumConcurrency} as of ${ago(limit.atMs, nowMs)}, and ${maximumConcurrency?.wanted ?? 'nothing else'} is wanted`,
          ),
        ]),
    ...stepRows(decision, nowMs),
  ];
};

const shareText = (share: number, ageMs: number): string => {
  if (ageMs > STALE_MS) return `one request at once of each invocation: ${share} was decided too long ago`;
  return share >= 1
    ? `${share} requests at once of each invocation`
    : `a request in ${Math.round(share * 100)} % of the time of each invocation`;
};

const stepRows = ({ epoch, reasons, earlier }: Decision, nowMs: number): string[] =>
  [{ epoch, reasons }, ...earlier]
    .filter((step) => step.reasons.length > 0)
    .map((step, place) =>
      row(place === 0 ? 'steps' : '', `${ago((step.epoch + 1) * EPOCH_MS, nowMs)}: ${step.reasons.join('; ')}`),
    );

const waitingText = ({ backlog: waiting }: SharedState, nowMs: number): string => {
  if (waiting === undefined) return 'the flush function has not summed it up yet';
  const { segments, lines, bytes, oldestMs, atMs } = waiting;
  const seen = `as of ${ago(atMs, nowMs)}`;
  if (segments === 0 || oldestMs === undefined) return `nothing, ${seen}`;
  return `${counted(segments, 'segment')} with ${counted(lines, 'line')} in ${bytes} bytes, the oldest is ${duration(nowMs - oldestMs)} old; ${seen}`;
};

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

const duration = (ms: number): string => {
  if (ms < 2 * MINUTE_MS) return `${Math.max(0, Math.round(ms / 1_000))} s`;
  return ms < 2 * HOUR_MS ? `${Math.round(ms / MINUTE_MS)} min` : `${Math.round(ms / HOUR_MS)} h`;
};

const ago = (atMs: number, nowMs: number): string => `${duration(nowMs - atMs)} ago`;
