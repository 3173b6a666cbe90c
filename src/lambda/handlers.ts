/**
 * The handlers for programs that embed the sink. Creating one loads nothing: the AWS SDK, Powertools, middy, and undici
 * are loaded at the first event, because most programs that import the library only convert (docs/decisions/0028). The
 * functions of a deployment use `ingest.ts` and `flush.ts` directly, which load everything in Lambda's init phase.
 */

import type { Context } from 'aws-lambda';
import type { EnvironmentVariables } from '../config/config.ts';
import type { FlushHandler } from './flush.ts';
import type { IngestHandler } from './ingest.ts';

/** A handler that loads its services at its first event, unless `load` was called before. */
export type LazyHandler<Handler> = Handler & {
  /**
   * Loads the services now. In a Lambda function, `await handler.load()` at the top level of the module moves this work
   * (about 0.3 s) from the first event to the init phase. Does not read the configuration.
   */
  load(): Promise<void>;
};

/**
 * Creates the handler for an SQS event source. What outlives an invocation (configuration, connections, knowledge about
 * the server) is created at the first event and kept. Configuration faults fail every invocation, so that every message
 * is kept.
 *
 * @param variables - Environment variables, by default those of the process.
 * @example
 * export const handler = createIngestHandler();
 * await handler.load();
 */
export const createIngestHandler = (variables: EnvironmentVariables = process.env): LazyHandler<IngestHandler> =>
  lazily(async () => (await import('./ingest.ts')).composeIngestHandler(variables));

/**
 * Creates the handler for a schedule, which writes the backlog in the state table. What outlives an invocation is
 * created at the first event and kept.
 *
 * @param variables - Environment variables, by default those of the process.
 */
export const createFlushHandler = (variables: EnvironmentVariables = process.env): LazyHandler<FlushHandler> =>
  lazily(async () => (await import('./flush.ts')).composeFlushHandler(variables));

/** Composes the handler once, however many events arrive while its services are being loaded. */
const lazily = <Event, Response>(
  compose: () => Promise<(event: Event, context: Context) => Promise<Response>>,
): LazyHandler<(event: Event, context: Context) => Promise<Response>> => {
  let composing: ReturnType<typeof compose> | undefined;
  const composed = (): ReturnType<typeof compose> => {
    composing ??= compose();
    return composing;
  };
  return Object.assign(async (event: Event, context: Context) => (await composed())(event, context), {
    load: async () => {
      await composed();
    },
  });
};
