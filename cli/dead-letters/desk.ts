/** Opens the dead letters of a sink: its dead-letter queue, and the letters that its state table keeps. */

import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { systemClock } from '../../src/adapters/clock.ts';
import {
  deleteKeptLetter,
  type KeptLetter,
  listKeptLetters,
  readKeptBody,
} from '../../src/adapters/dynamodb/large-letters.ts';
import { tableAccess } from '../../src/adapters/dynamodb.ts';
import { awsRemedy } from '../aws-remedy.ts';
import {
  queueClient,
  requiredName,
  type SinkNameOptions,
  type SinkNames,
  sinkNames,
  tableClient,
} from '../sink-names.ts';
import { externalError, UsageError } from '../usage-error.ts';
import { type Letter, letterOfTable } from './letter.ts';
import { LetterQueue } from './letter-queue.ts';
import { type Visited, type VisitOptions, visitLetters } from './visit-letters.ts';

/** Letters of the state table. */
export interface TableLetters {
  list(signal: AbortSignal): Promise<readonly KeptLetter[]>;
  read(letter: KeptLetter, signal: AbortSignal): Promise<Letter>;
  delete(letter: KeptLetter, signal: AbortSignal): Promise<void>;
}

/** The dead letters of one sink. */
export interface Desk {
  readonly names: SinkNames;
  readonly client: SQSClient;
  readonly queue: LetterQueue;
  /** Undefined if nothing names the state table. */
  readonly table: TableLetters | undefined;
  close(): void;
}

/** Opens the dead letters that the options name. Throws a `UsageError` if they name none. */
export const openDesk = async (options: SinkNameOptions): Promise<Desk> => {
  const names = await sinkNames(options);
  const url = requiredName(names, 'deadLetterQueueUrl');
  const client = await queueClient(url, '--dead-letter-queue-url');
  const tables = names.table === undefined ? undefined : await tableClient(names.dynamodbEndpoint);
  return {
    names,
    client,
    queue: new LetterQueue(client, url),
    table: tables && tableLetters(tables, names),
    close: () => {
      client.destroy();
      tables?.destroy();
    },
  };
};

const tableLetters = (client: DynamoDBClient, { table = '', sink }: SinkNames): TableLetters => {
  const access = tableAccess(client, table, systemClock);
  return {
    list: (signal) => listKeptLetters(access, sink, signal),
    read: async (letter, signal) => letterOfTable(letter, await readKeptBody(access, sink, letter, signal)),
    delete: (letter, signal) => deleteKeptLetter(access, sink, letter, signal),
  };
};

/** Calls `visit` for each letter of the queue and then of the table, see `visitLetters`. */
export const visitAll = async (
  { queue, table }: Pick<Desk, 'queue' | 'table'>,
  visit: (letter: Letter) => void,
  options: VisitOptions,
): Promise<Visited> => {
  const { max, signal } = options;
  const visited = await visitLetters(queue, visit, options);
  let { letters } = visited;
  const kept = table === undefined || signal.aborted ? [] : await table.list(signal);
  for (const head of kept) {
    if (signal.aborted || letters >= max) break;
    letters += 1;
    visit(await (table as TableLetters).read(head, signal));
  }
  return { ...visited, letters };
};

/**
 * Runs a command with the dead letters of a sink, and returns its exit code. Ctrl-C aborts the signal, after which the
 * command gives back what it holds, and the exit code is 130, by the convention of shells. Errors of AWS become a
 * `UsageError` with a remedy.
 */
export const withDesk = async (
  options: SinkNameOptions,
  command: (desk: Desk, signal: AbortSignal) => Promise<number>,
): Promise<number> => {
  const desk = await openDesk(options);
  const interrupted = new AbortController();
  const { signal } = interrupted;
  const interrupt = (): void => interrupted.abort();
  for (const name of SIGNALS) process.on(name, interrupt);
  try {
    const code = await command(desk, signal);
    return signal.aborted ? INTERRUPTED : code;
  } catch (error) {
    if (signal.aborted && (error as Error).name === 'AbortError') return INTERRUPTED;
    if (error instanceof UsageError || !isAwsError(error)) throw error;
    throw externalError(`The dead letters of ${desk.queue.url} cannot be read`, error, awsRemedy(error));
  } finally {
    for (const name of SIGNALS) process.off(name, interrupt);
    desk.close();
  }
};

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;
const INTERRUPTED = 130;

/** Whether an error comes from AWS, or from the way to it. Others are bugs, and are reported with their stack. */
const isAwsError = (error: unknown): boolean =>
  error instanceof Error && ('$metadata' in error || 'code' in error || error.name === 'CredentialsProviderError');
