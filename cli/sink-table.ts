/** Access to the state table of a sink, for commands that read and change it. */

import { systemClock } from '../src/adapters/clock.ts';
import { dynamoFlushTable, dynamoStateTable, tableAccess } from '../src/adapters/dynamodb.ts';
import type { RegisteredSink } from '../src/flush/flush-table.ts';
import type { SharedState } from '../src/runtime/state-table.ts';
import type { Deadline } from '../src/sink/ports.ts';
import { awsRemedy } from './aws-remedy.ts';
import { requiredName, type SinkNameOptions, sinkNames, tableClient } from './sink-names.ts';
import { styled } from './terminal.ts';
import { externalError, UsageError } from './usage-error.ts';

/** Options that name a sink and its table. */
export type SinkTableOptions = Pick<SinkNameOptions, 'stack' | 'table' | 'sink' | 'endpoint'>;

/** A sink in its table, as it was just read. */
export interface SinkTable {
  readonly sink: string;
  readonly table: string;
  readonly view: SharedState;
  readonly access: ReturnType<typeof tableAccess>;
  /** Time limit of all calls. */
  readonly deadline: Deadline;
}

const TIME_LIMIT_MS = 10_000;

/**
 * Reads the sink that the options name, and passes it to `work`. The client is destroyed afterwards.
 *
 * @throws `UsageError` if the table cannot be read or changed, or contains only other sinks.
 */
export const withSinkTable = async <T>(
  options: SinkTableOptions,
  work: (found: SinkTable) => Promise<T>,
): Promise<T> => {
  const names = await sinkNames(options);
  const { sink } = names;
  const table = requiredName(names, 'table', 'Without a state table, a sink can be neither paused nor resumed.');
  const client = await tableClient(names.dynamodbEndpoint);
  const deadline = systemClock.deadlineIn(TIME_LIMIT_MS);
  try {
    const access = tableAccess(client, table, systemClock);
    const { view, sinks } = await readSink(access, sink, deadline);
    requireKnownSink(sink, view, sinks);
    return await work({ sink, table, view, access, deadline });
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw externalError(`The state table ${table} cannot be used`, error, awsRemedy(error));
  } finally {
    deadline.release();
    client.destroy();
  }
};

/**
 * Throws a `UsageError` if the table contains only other sinks, because a misspelled name must not look like a success.
 * In a table without any sink, the sink may not have started yet, so that a warning is printed.
 */
export const requireKnownSink = (sink: string, view: SharedState, sinks: readonly RegisteredSink[]): void => {
  if (!isKnownSink(sink, view, sinks) && sinks.length > 0) throw new UsageError(unknownSinkText(sink, sinks));
  warnIfUnknownSink(sink, view, sinks);
};

/** Prints a warning about a sink that the table does not contain. */
export const warnIfUnknownSink = (sink: string, view: SharedState, sinks: readonly RegisteredSink[]): void => {
  if (isKnownSink(sink, view, sinks)) return;
  process.stderr.write(`${styled('yellow', unknownSinkText(sink, sinks), process.stderr)}\n`);
};

const readSink = async (access: SinkTable['access'], sink: string, deadline: Deadline) => ({
  view: await dynamoStateTable(access, sink, systemClock).readShared(),
  sinks: await dynamoFlushTable(access, sink).listSinks(deadline),
});

/** Whether the table contains the sink. */
const isKnownSink = (sink: string, view: SharedState, sinks: readonly RegisteredSink[]): boolean =>
  view.decision !== undefined ||
  view.backlog !== undefined ||
  view.hold !== undefined ||
  view.breakers.length > 0 ||
  sinks.some(({ name }) => name === sink);

/** Returns the sentences about a sink that the table does not contain. */
const unknownSinkText = (sink: string, sinks: readonly RegisteredSink[]): string =>
  sinks.length === 0
    ? 'The table contains no sink yet. A sink appears when its flush function has run, about a minute after its start.'
    : `The table contains no sink "${sink}". It contains ${sinks.map(({ name }) => name).join(', ')}.`;
