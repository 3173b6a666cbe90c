/** Reads the environment variables into a frozen configuration, or throws one error that lists every fault. */

import type { Credentials } from '../adapters/basic-auth.ts';
import type { ConverterKind } from '../sink/convert/converter.ts';
import type { LinePrecision } from '../sink/convert/influx-point.ts';
import type { Input } from '../sink/decode/decode-options.ts';
import { type Declaration, parseDeclaration } from '../sink/json/repeated-keys.ts';
import type { Mapping } from '../sink/mapping/mapping.ts';
import { mappingFromVariables } from '../sink/mapping/mapping-from-variables.ts';
import { parseMapping } from '../sink/mapping/parse-mapping.ts';
import type { Target } from '../sink/ports.ts';
import type { Settings } from './setting.ts';
import { SettingReader } from './setting-reader.ts';
import { readTextFile } from './text-file.ts';
import { readTlsFiles } from './tls-files.ts';
import { VARIABLES } from './variables.ts';

export type { Credentials };

/** Environment variables, for example `process.env`. */
export type EnvironmentVariables = Readonly<Record<string, string | undefined>>;

/**
 * The configuration of a sink, validated and frozen. Times are in milliseconds. `variables.ts` explains each setting.
 */
export interface Config {
  readonly name: string;
  readonly opengemini: {
    readonly urls: readonly string[];
    readonly target: Target;
    readonly credentials: Credentials | undefined;
    readonly secretArn: string | undefined;
    /** Contents of `OPENGEMINI_CA_FILE`, PEM text. */
    readonly ca: string | undefined;
    /** Contents of `OPENGEMINI_CERT_FILE` and `OPENGEMINI_KEY_FILE`, PEM text. */
    readonly clientCertificate: { readonly cert: string; readonly key: string } | undefined;
    readonly timeoutMs: number;
    /** Whether request bodies are compressed (`OPENGEMINI_GZIP`). */
    readonly gzip: 'auto' | 'on' | 'off';
    readonly createDatabase: boolean;
  };
  readonly input: Input;
  readonly converter: ConverterKind;
  /** Unit of the times of line protocol. */
  readonly linePrecision: LinePrecision;
  /** Undefined if events are canonical events or line protocol. */
  readonly mapping: Mapping | undefined;
  readonly batch: {
    readonly linesInitial: number;
    readonly linesMin: number;
    readonly linesMax: number;
    readonly bytesMax: number;
    readonly growth: 'additive' | 'multiplicative';
    readonly latencyLowMs: number;
    readonly latencyHighMs: number;
    readonly evaluationIntervalMs: number;
  };
  /** Whether the controller adapts batch size and requests in flight to the server (`SINK_CONTROL`). */
  readonly adaptive: boolean;
  /** Whether the sink writes its own metrics into openGemini (`SINK_SELF_METRICS`). */
  readonly selfMetrics: boolean;
  /**
   * Id of the event source mapping whose `MaximumConcurrency` the flush function moves. Undefined if it must not move
   * any.
   */
  readonly eventSourceMapping: string | undefined;
  /** Name or ARN of the flush function that the ingest function invokes. Undefined: only the schedule invokes it. */
  readonly flushFunction: string | undefined;
  readonly inFlightMax: number;
  readonly retry: { readonly attemptsMax: number; readonly baseMs: number; readonly capMs: number };
  readonly flushIntervalMs: number;
  readonly checkpointBytesMax: number;
  readonly messageBytesMax: number;
  readonly invocationBytesMax: number;
  readonly stateTable: string | undefined;
  readonly deadLetterQueueUrl: string | undefined;
  /** Values of the settings that a program declares, by name. `undefined` for one that is not set. */
  readonly settings: Readonly<Record<string, unknown>>;
}

/** The configuration is invalid. The message lists all faults, one per line. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  /** Sentences, at least one. */
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(`Invalid configuration:\n${faults.map((fault) => `- ${fault}`).join('\n')}`);
    this.faults = faults;
  }
}

type Reader = SettingReader<typeof VARIABLES>;

/** Begins the names of variables that belong to the sink. */
const OWN_PREFIX = /^(?:SINK|OPENGEMINI)_/;

/**
 * Reads and validates the configuration. Unknown variables with the prefixes `SINK_` and `OPENGEMINI_` are faults
 * (docs/decisions/0010). File paths are relative to the working directory, which in Lambda is the root of the package.
 *
 * @param declared - Settings of a program that extends the sink. They are read from the same environment variables.
 * @throws {ConfigError} if there is any fault. All faults come in one error.
 */
export const readConfig = (environment: EnvironmentVariables, declared: Settings = {}): Config => {
  const reader = new SettingReader(VARIABLES, environment);
  for (const name of Object.keys(environment)) {
    if (OWN_PREFIX.test(name)) reader.refuseUnknown(name, 'variable', 'docs/configuration.md');
  }
  const settings = readSettings(declared, environment, reader);
  const opengemini = readServer(reader);
  const config: Config = {
    name: reader.must('SINK_NAME'),
    opengemini,
    input: reader.must('SINK_INPUT'),
    converter: reader.must('SINK_CONVERTER'),
    linePrecision: reader.must('SINK_LINE_PRECISION'),
    mapping: readDeclaredMapping(reader, opengemini.target),
    batch: readBatch(reader),
    adaptive: reader.must('SINK_CONTROL') === 'on',
    selfMetrics: reader.must('SINK_SELF_METRICS'),
    eventSourceMapping: reader.get('SINK_EVENT_SOURCE_MAPPING'),
    flushFunction: reader.get('SINK_FLUSH_FUNCTION'),
    inFlightMax: reader.must('SINK_IN_FLIGHT_MAX'),
    retry: {
      attemptsMax: reader.must('SINK_RETRY_ATTEMPTS_MAX'),
      baseMs: reader.must('SINK_RETRY_BASE_MS'),
      capMs: reader.must('SINK_RETRY_CAP_MS'),
    },
    flushIntervalMs: reader.must('SINK_FLUSH_INTERVAL_MS'),
    checkpointBytesMax: reader.must('SINK_CHECKPOINT_BYTES_MAX'),
    messageBytesMax: reader.must('SINK_MESSAGE_BYTES_MAX'),
    invocationBytesMax: reader.must('SINK_INVOCATION_BYTES_MAX'),
    stateTable: reader.get('STATE_TABLE'),
    deadLetterQueueUrl: reader.get('DEAD_LETTER_QUEUE_URL'),
    settings,
  };
  if (config.mapping !== undefined && config.input === 'canonical') {
    reader.faults.push(
      'SINK_INPUT=canonical cannot be combined with a mapping, because canonical events need none. Remove the mapping, or set SINK_INPUT=auto.',
    );
  }
  if (config.messageBytesMax > config.invocationBytesMax) {
    reader.faults.push(
      `SINK_MESSAGE_BYTES_MAX must not be more than SINK_INVOCATION_BYTES_MAX, got ${config.messageBytesMax} and ${config.invocationBytesMax}. No invocation could begin a larger message.`,
    );
  }
  if (reader.faults.length > 0) throw new ConfigError(reader.faults);
  return deepFreeze(config);
};

/** Reads the settings of a program, and adds their faults to those of the sink. */
const readSettings = (
  declared: Settings,
  environment: EnvironmentVariables,
  { faults }: Reader,
): Readonly<Record<string, unknown>> => {
  const reader = new SettingReader(declared, environment);
  const values = Object.entries(declared).map(([name, setting]) => {
    if (Object.hasOwn(VARIABLES, name) || OWN_PREFIX.test(name))
      reader.faults.push(
        `The setting ${name} of the program needs another name. Names that begin with SINK_ or OPENGEMINI_, STATE_TABLE, and DEAD_LETTER_QUEUE_URL belong to the sink.`,
      );
    return [name, setting.required === true ? reader.require(name) : reader.get(name)];
  });
  faults.push(...reader.faults);
  return Object.fromEntries(values);
};

const readServer = (reader: Reader): Config['opengemini'] => {
  const username = reader.get('OPENGEMINI_USERNAME');
  const password = reader.get('OPENGEMINI_PASSWORD');
  const secretArn = reader.get('OPENGEMINI_SECRET_ARN');
  if ((username === undefined) !== (password === undefined)) {
    reader.faults.push('OPENGEMINI_USERNAME and OPENGEMINI_PASSWORD must be set together.');
  }
  if (secretArn !== undefined && username !== undefined) {
    reader.faults.push('OPENGEMINI_SECRET_ARN and OPENGEMINI_USERNAME both set the credentials. Set only one of them.');
  }
  return {
    urls: reader.require('OPENGEMINI_URL'),
    target: {
      database: reader.require('OPENGEMINI_DATABASE'),
      retentionPolicy: reader.get('OPENGEMINI_RETENTION_POLICY'),
    },
    credentials: username === undefined || password === undefined ? undefined : { username, password },
    secretArn,
    ...readTlsFiles(reader),
    timeoutMs: reader.must('OPENGEMINI_TIMEOUT_MS'),
    gzip: reader.must('OPENGEMINI_GZIP'),
    createDatabase: reader.must('OPENGEMINI_CREATE_DATABASE'),
  };
};

const readBatch = (reader: Reader): Config['batch'] => {
  const batch = {
    linesInitial: reader.must('SINK_BATCH_LINES_INITIAL'),
    linesMin: reader.must('SINK_BATCH_LINES_MIN'),
    linesMax: reader.must('SINK_BATCH_LINES_MAX'),
    bytesMax: reader.must('SINK_BATCH_BYTES_MAX'),
    growth: reader.must('SINK_BATCH_GROWTH'),
    latencyLowMs: reader.must('SINK_LATENCY_LOW_MS'),
    latencyHighMs: reader.must('SINK_LATENCY_HIGH_MS'),
    evaluationIntervalMs: reader.must('SINK_EVALUATION_INTERVAL_MS'),
  };
  const { latencyLowMs: low, latencyHighMs: high } = batch;
  if (low >= high)
    reader.faults.push(`SINK_LATENCY_LOW_MS must be less than SINK_LATENCY_HIGH_MS, got ${low} and ${high}.`);
  if (batch.linesMin > batch.linesInitial || batch.linesInitial > batch.linesMax) {
    reader.faults.push(
      `SINK_BATCH_LINES_MIN, _INITIAL and _MAX must be in ascending order, got ${batch.linesMin}, ${batch.linesInitial} and ${batch.linesMax}.`,
    );
  }
  return batch;
};

/** Variables of the simple mapping, which cannot be combined with `SINK_MAPPING`. */
export const SIMPLE_MAPPING = [
  'SINK_TIMESTAMP_FIELD',
  'SINK_SOURCE_PRECISION',
  'SINK_TAG_FIELDS',
  'SINK_FIELD_FIELDS',
  'SINK_IGNORE_NULL_VALUES',
  'SINK_MEASUREMENT',
] as const;

const readDeclaredMapping = (reader: Reader, target: Target): Mapping | undefined => {
  const declared = reader.get('SINK_MAPPING');
  const simple = SIMPLE_MAPPING.filter((name) => reader.isSet(name));
  if (declared !== undefined) {
    if (simple.length > 0)
      reader.faults.push(`SINK_MAPPING cannot be combined with ${simple.join(', ')}. Remove one or the other.`);
    return loadMapping(declared, target, reader);
  }
  if (simple.length === 0) return undefined;
  const read = mappingFromVariables({
    measurement:
      reader.require('SINK_MEASUREMENT', `, because ${simple.join(' and ')} ${simple.length > 1 ? 'are' : 'is'} set`) ??
      '_',
    timestampField: reader.get('SINK_TIMESTAMP_FIELD'),
    sourcePrecision: reader.must('SINK_SOURCE_PRECISION'),
    tagFields: reader.get('SINK_TAG_FIELDS') ?? [],
    fieldFields: reader.get('SINK_FIELD_FIELDS'),
    ignoreNullValues: reader.must('SINK_IGNORE_NULL_VALUES'),
  });
  if ('mapping' in read) return read.mapping;
  reader.faults.push(...read.faults);
  return undefined;
};

const loadMapping = (declared: string, target: Target, reader: Reader): Mapping | undefined => {
  const preset = /^preset:(.*)$/s.exec(declared.trim())?.[1];
  const inline = preset !== undefined || /^\s*[{[]/.test(declared);
  const given = preset === undefined ? declared : JSON.stringify({ version: 1, preset });
  const text = inline ? given : readTextFile(declared, 'SINK_MAPPING', reader.faults);
  if (text === undefined) return undefined;
  let declaration: Declaration;
  try {
    declaration = parseDeclaration(text, 'mapping');
  } catch (error) {
    reader.faults.push(
      `SINK_MAPPING ${inline ? '(inline)' : `(${declared})`} is not JSON: ${(error as Error).message}.`,
    );
    return undefined;
  }
  reader.faults.push(
    ...declaration.repeated.map(
      (place) => `SINK_MAPPING: ${place} is declared more than once. JSON keeps only the last declaration.`,
    ),
  );
  const read = parseMapping(declaration.value, target);
  if ('mapping' in read) return read.mapping;
  reader.faults.push(...read.faults.map((fault) => `SINK_MAPPING: ${fault}`));
  return undefined;
};

const deepFreeze = <T>(value: T): T => {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) deepFreeze(inner);
  }
  return value;
};
