/**
 * `status`: shows the decision of a sink with its reasons, open circuit breakers, and the backlog, from its state
 * table.
 */

import { systemClock } from '../src/adapters/clock.ts';
import { readStatus, statusMembers } from './read-status.ts';
import { requiredName, type SinkNameOptions, sinkNames, tableClient } from './sink-names.ts';
import { warnIfUnknownSink } from './sink-table.ts';
import { statusLines } from './status-lines.ts';
import { widthOf } from './terminal.ts';
import { UsageError } from './usage-error.ts';

/** Options of one call. */
export interface StatusOptions
  extends Pick<SinkNameOptions, 'stack' | 'table' | 'sink' | 'endpoint' | 'queueUrl' | 'deadLetterQueueUrl'> {
  readonly json?: boolean;
  readonly watch?: boolean;
  /** Interval of `watch` in seconds. */
  readonly interval?: number;
}

/** Default of `--interval`. */
const INTERVAL_SECONDS = 2;

/** Runs the command. */
export const status = async (options: StatusOptions): Promise<void> => {
  const { watch, interval, json } = options;
  if (interval !== undefined && !watch) throw new UsageError('--interval belongs to --watch. Add --watch.');
  const names = await sinkNames(options);
  if (watch) {
    const { watch: watchSink } = await import('./watch/watch.ts');
    return watchSink(names, { intervalMs: (interval ?? INTERVAL_SECONDS) * 1_000, isJson: json === true });
  }
  const table = requiredName(names, 'table');
  const found = await readStatus(table, names.sink, await tableClient(names.dynamodbEndpoint), systemClock);
  warnIfUnknownSink(found.sink, found.view, found.sinks);
  const text = json ? JSON.stringify(statusMembers(found)) : statusLines(found, widthOf(process.stdout)).join('\n');
  process.stdout.write(`${text}\n`);
};
