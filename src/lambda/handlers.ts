/**
 * The handlers for programs that embed the sink. Creating one loads nothing: the AWS SDK, Powertools, middy, and undici
 * are loaded at the first event, because most programs that import the library only convert (docs/decisions/0028). The
 * functions of a deployment use `ingest.ts` and `flush.ts` directly, which load everything in Lambda's init phase.
 */

import type { Context } from 'aws-lambda';
import { checkOptions, type HandlerOptions } from '../config/handler-options.ts';
import type { Settings } from '../config/setting.ts';
import type { FlushHandler } from './flush.ts';
import type { IngestHandler } from './ingest.ts';

/** A handler that loads its services at its first event, unless `load` was called before. */
export type LazyHandler<Handler> = Handler & {
  /**
   * Loads the services now. In a Lambda function, `await handler.load()` at the top level of the module moves this work
   * (about 0.3 s) from the first event to the init phase. Does not read the configuration.
   */
  load(): Promise<void>;
  /** The options that the handler was created with. The command reads them, to check and to convert as the handler. */
  readonly options: HandlerOptions;
  /** The function that the handler is for. The command refuses a handler for the schedule where events are expected. */
  readonly function: 'ingest' | 'flush';
};

/**
 * Creates the handler for an SQS event source. What outlives an invocation (configuration, connections, knowledge about
 * the server) is created at the first event and kept. Configuration faults fail every invocation, so that every message
 * is kept.
 *
 * @throws TypeError for an unknown option, or for one of the wrong type.
 * @example
 * export const handler = createIngestHandler({
 *   converter: lineConverter<Reading>('telemetry').float('temperature', (reading) => reading.temperature),
 * });
 * await handler.load();
 */
export const createIngestHandler = <const S extends Settings = Settings>(
  options: HandlerOptions<S> = {},
): LazyHandler<IngestHandler> =>
  lazily('ingest', options, async (checked) => (await import('./ingest.ts')).composeIngestHandler(checked));

/**
 * Creates the handler for a schedule, which writes the backlog in the state table. What outlives an invocation is
 * created at the first event and kept. Pass it the same options as the ingest handler. It uses `variables`, `settings`,
 * `extend`, `metrics`, and `onRefused`, because stored events are lines already.
 *
 * @throws TypeError for an unknown option, or for one of the wrong type.
 */
export const createFlushHandler = <const S extends Settings = Settings>(
  options: HandlerOptions<S> = {},
): LazyHandler<FlushHandler> =>
  lazily('flush', options, async (checked) => (await import('./flush.ts')).composeFlushHandler(checked));

/** Composes the handler once, however many events arrive while its services are being loaded. */
const lazily = <S extends Settings, Event, Response>(
  name: 'ingest' | 'flush',
  given: HandlerOptions<S>,
  compose: (options: HandlerOptions) => Promise<(event: Event, context: Context) => Promise<Response>>,
): LazyHandler<(event: Event, context: Context) => Promise<Response>> => {
  checkOptions(given);
  // The values of `settings` are those that `extend` expects, because both come from the same options.
  const options = given as unknown as HandlerOptions;
  let composing: ReturnType<typeof compose> | undefined;
  const composed = (): ReturnType<typeof compose> => {
    composing ??= compose(options);
    return composing;
  };
  return Object.assign(async (event: Event, context: Context) => (await composed())(event, context), {
    options,
    function: name,
    load: async () => {
      await composed();
    },
  });
};
