/**
 * The configuration in code: what a program may pass to `createIngestHandler` and `createFlushHandler`. Contains types
 * and checks only, so that creating a handler loads nothing.
 */

import type { MetricRecorder } from '../adapters/metric-recorder.ts';
import { type ConversionExtensions, type ExtendedRules, extendRules } from '../sink/convert/extensions.ts';
import type { Input } from '../sink/decode/decode-options.ts';
import { nearName } from '../sink/mapping/near-name.ts';
import type { RefusalCode } from '../sink/refusal.ts';
import type { InvocationReport } from '../sink/report.ts';
import type { FlushRule } from '../sink/write/batcher.ts';
import { type Config, ConfigError, type EnvironmentVariables } from './config.ts';
import type { Settings, ValueOf } from './setting.ts';

/** Figures of one run of the flush function. */
export interface FlushReport {
  /** Stored events that were written to openGemini in this run. */
  readonly eventsWritten: number;
  /** Stored events that were moved to the dead-letter queue in this run. */
  readonly eventsQuarantined: number;
  /** Segments, lines, and packed bytes that are still stored. */
  readonly backlog: { readonly segments: number; readonly lines: number; readonly bytes: number };
}

/** Figures of one invocation of either function. */
export type FunctionReport =
  | ({ readonly function: 'ingest' } & InvocationReport)
  | ({ readonly function: 'flush' } & FlushReport);

/** An event that is now in the dead-letter queue, or in the state table if it is too large for a queue. */
export interface QuarantinedEvent {
  readonly reason: RefusalCode;
  /** One sentence about the reason. */
  readonly detail: string;
  /** Body of the dead letter: the source text of the event in its envelopes. */
  readonly body: string;
  /** Attributes of the dead letter, all of type String. `origin` contains the first message of the event. */
  readonly attributes: Readonly<Record<string, string>>;
  /** Message group of the event; `undefined` if it has none. */
  readonly groupId: string | undefined;
}

/** Functions that extend the sink. Each is optional. */
export interface SinkExtensions extends ConversionExtensions {
  /** Decides when lines are handed over for a request. */
  readonly shouldFlush?: FlushRule | undefined;
  /** Called at the end of each invocation, to publish additional metrics. If it throws, the error is logged. */
  readonly metrics?: ((report: FunctionReport, metrics: MetricRecorder) => void) | undefined;
  /**
   * Called for each event that was quarantined, in addition to the dead-letter queue, at least once. It may be
   * asynchronous, but the response waits for it at most until the deadline of dead letters, at which `signal` aborts. If
   * it fails, the error is logged, and the event stays quarantined. Without a dead-letter queue it is never called.
   */
  readonly onRefused?: ((event: QuarantinedEvent, signal: AbortSignal) => void | Promise<void>) | undefined;
}

/** The values of declared settings. A setting without a default that is not required may be `undefined`. */
export type SettingValues<S extends Settings> = {
  readonly [Name in keyof S]: S[Name] extends { readonly required: true } | { readonly default: string }
    ? ValueOf<S[Name]>
    : ValueOf<S[Name]> | undefined;
};

/** Options of a handler. */
export interface HandlerOptions<S extends Settings = Settings> extends SinkExtensions {
  /** Environment variables, by default those of the process. */
  readonly variables?: EnvironmentVariables | undefined;
  /** Environment variables of the program, declared with `setting`. They are validated together with those of the sink. */
  readonly settings?: S | undefined;
  /** Returns extensions that depend on the settings. It is called once, at the first event. */
  readonly extend?: ((values: SettingValues<S>) => SinkExtensions) | undefined;
}

const FUNCTIONS = ['decode', 'transform', 'shouldFlush', 'metrics', 'onRefused', 'extend'] as const;
const OPTIONS: readonly string[] = ['converter', 'variables', 'settings', ...FUNCTIONS];

const optionHint = (name: string): string => {
  const near = nearName(name, OPTIONS);
  if (near !== undefined) return `Did you mean ${near}?`;
  if (/^[A-Z][A-Z0-9_]*$/.test(name)) return `Pass environment variables as { variables: { ${name}: … } }.`;
  return `Known options: ${OPTIONS.join(', ')}.`;
};

/**
 * Checks the options of a handler when it is created, so that a mistake fails the start of the function.
 *
 * @throws TypeError
 */
export const checkOptions = (options: object): void => {
  for (const name of Object.keys(options)) {
    if (OPTIONS.includes(name)) continue;
    throw new TypeError(`A handler has no option "${name}". ${optionHint(name)}`);
  }
  for (const name of FUNCTIONS) {
    const value = (options as Record<string, unknown>)[name];
    if (value !== undefined && typeof value !== 'function')
      throw new TypeError(`The option ${name} must be a function, got ${typeof value}.`);
  }
  for (const [name, setting] of Object.entries((options as HandlerOptions).settings ?? {}))
    if (typeof setting?.read !== 'function' || typeof setting.meaning !== 'string')
      throw new TypeError(`The setting ${name} must be declared with "setting", for example setting.text('Meaning.').`);
};

/** The extensions of a handler, and the rules of the conversion that follow from them and from the configuration. */
export interface AppliedExtensions {
  readonly extensions: SinkExtensions;
  readonly rules: ExtendedRules;
}

/**
 * Returns the extensions of a handler, with those that depend on its settings.
 *
 * @throws ConfigError if an extension and the configuration exclude each other.
 * @throws TypeError if an extension is not what it must be.
 */
export const applyExtensions = (options: HandlerOptions, config: Config): AppliedExtensions => {
  const { variables, settings, extend, ...given } = options;
  const extended = extend?.(config.settings) ?? {};
  if (typeof extended !== 'object' || extended instanceof Promise)
    throw new TypeError('extend must return an object with extensions, and must be synchronous.');
  const extensions = { ...given, ...extended };
  checkOptions(extensions);
  const { mapping, input, messageBytesMax } = config;
  const rules = extendRules({ mapping, decode: { input, messageBytesMax } }, extensions);
  const faults = extensionFaults(config, extensions);
  if (faults.length > 0) throw new ConfigError(faults);
  return { extensions, rules };
};

/** Inputs with a decoder: it gets the body as it is, or the text in the declared envelope. */
const INPUTS_OF_DECODER: readonly Input[] = ['auto', 'sns', 'gzip'];

/** Returns one sentence for each conflict. */
const extensionFaults = (
  { mapping, input }: Pick<Config, 'mapping' | 'input'>,
  { converter, decode }: ConversionExtensions,
): string[] => {
  const faults: string[] = [];
  if (converter !== undefined && mapping !== undefined)
    faults.push(
      'The handler has a converter, so no mapping may be configured. Remove SINK_MAPPING or SINK_MEASUREMENT, or the converter.',
    );
  if (converter !== undefined && input === 'canonical')
    faults.push('SINK_INPUT=canonical cannot be combined with the converter of the handler. Set SINK_INPUT=auto.');
  if (decode !== undefined && !INPUTS_OF_DECODER.includes(input))
    faults.push(
      `SINK_INPUT must be one of ${INPUTS_OF_DECODER.join(', ')} if the handler has a decode function, got "${input}".`,
    );
  return faults;
};
