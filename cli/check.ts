/** `check`: reads the configuration exactly as the function does, and lists every fault. */

import { exposureWarnings } from '../src/adapters/private-address.ts';
import { type Config, ConfigError, type EnvironmentVariables } from '../src/config/config.ts';
import type { MappingRule, Rule } from '../src/sink/mapping/mapping.ts';
import { counted } from './counted.ts';
import {
  functionNames,
  loadProgram,
  type Program,
  type ProgramConfig,
  readProgramConfig,
  surroundingVariables,
} from './handler-file.ts';
import type { Finding } from './live-check/finding.ts';
import { liveText } from './live-check/finding-text.ts';
import type { LiveCheckOptions } from './live-check/live-check.ts';
import { changesSince, changesText, type MappingDifferences, withoutMapping } from './mapping-comparison.ts';
import { namingOptions } from './naming-options.ts';
import { row, styled, widthOf } from './terminal.ts';
import { UsageError } from './usage-error.ts';

/** Options of one call. */
export interface CheckOptions extends LiveCheckOptions {
  /** File of a program with extensions; undefined for the sink as it is. */
  readonly handler?: string;
  /** Mapping that replaces the variables of the mapping. */
  readonly mapping?: string;
  /** An earlier version of the mapping. */
  readonly against?: string;
  /** Whether to check what the configuration reaches. */
  readonly live?: boolean;
  readonly json?: boolean;
}

/**
 * Runs the command. Returns the exit code: 0, or 1 if the mapping breaks columns or series of the earlier version, or a
 * live check fails. Throws a `ConfigError` with every fault, which `json` prints instead.
 */
export const check = async (options: CheckOptions): Promise<number> => {
  const { handler, mapping, against, live = false, json = false } = options;
  if (!live) refuseLiveOptions(options);
  const program = await loadProgram(handler);
  try {
    const surrounding = surroundingVariables(program);
    const variables = variablesFor(mapping, surrounding);
    const names = mapping === undefined ? {} : { SINK_MAPPING: '--mapping' };
    const read = namingOptions(names, () => readProgramConfig(program, variables));
    const differences = against === undefined ? undefined : changesSince(against, variables, read.config.mapping);
    const isMappingOnly = variables !== surrounding && !surrounding.OPENGEMINI_URL;
    if (live && isMappingOnly)
      throw new UsageError('--live needs the server. Set OPENGEMINI_URL and OPENGEMINI_DATABASE.');
    const findings = live ? await findingsFor(read.config, options) : undefined;
    const print = isMappingOnly ? printMapping : printConfig;
    print(program, read, { differences, findings }, json);
    const hasFailed = findings?.some(({ state }) => state === 'fault') === true;
    return !hasFailed && (differences === undefined || differences.changes.length === 0) ? 0 : 1;
  } catch (error) {
    if (!json || !(error instanceof ConfigError)) throw error;
    process.stdout.write(`${JSON.stringify({ valid: false, faults: error.faults })}\n`);
    return 2;
  }
};

const LIVE_OPTIONS = {
  stack: '--stack',
  queueUrl: '--queue-url',
  deadLetterQueueUrl: '--dead-letter-queue-url',
  table: '--table',
  endpoint: '--endpoint',
  timeout: '--timeout',
} as const;

/** Throws a `UsageError` for an option that would have no effect. */
const refuseLiveOptions = (options: CheckOptions): void => {
  for (const [member, option] of Object.entries(LIVE_OPTIONS))
    if (options[member as keyof typeof LIVE_OPTIONS] !== undefined)
      throw new UsageError(`${option} belongs to --live. Add --live.`);
};

/** Loads the live checks only here, because they need clients of AWS. */
const findingsFor = async (config: Config, options: LiveCheckOptions): Promise<readonly Finding[]> =>
  (await import('./live-check/live-check.ts')).liveCheck(config, options);

/** Returns the variables to check. A mapping that is given alone is checked without a server. */
const variablesFor = (mapping: string | undefined, surrounding: EnvironmentVariables): EnvironmentVariables => {
  if (mapping === undefined) return surrounding;
  const server = surrounding.OPENGEMINI_URL
    ? {}
    : { OPENGEMINI_URL: 'http://127.0.0.1:8086', OPENGEMINI_DATABASE: 'none' };
  return { ...withoutMapping(surrounding), ...server, SINK_MAPPING: mapping };
};

/** Results that options add to the output. */
interface Additions {
  readonly differences: MappingDifferences | undefined;
  readonly findings: readonly Finding[] | undefined;
}

type Print = (program: Program, read: ProgramConfig, additions: Additions, json: boolean) => void;

const printConfig: Print = (program, read, { differences, findings }, json) => {
  const live = findings === undefined ? '' : `\n${liveText(findings, widthOf(process.stdout))}\n`;
  const text = json
    ? `${JSON.stringify({ ...members(program, read), ...differences, live: findings })}\n`
    : readable(program, read) + changesText(differences) + live;
  process.stdout.write(text);
};

const printMapping: Print = (_, { config, extensions }, { differences }, json) => {
  const valid = styled('green', 'The mapping is valid.', process.stdout);
  const text = `${valid}\n${row('mapping', mappingText(config, extensions), COLUMN, widthOf(process.stdout))}\n`;
  const { rules, preset } = configMembers(config);
  process.stdout.write(
    json ? `${JSON.stringify({ valid: true, preset, rules, ...differences })}\n` : text + changesText(differences),
  );
};

const measurementOf = ({ measurement }: MappingRule): string | undefined =>
  'constant' in measurement ? measurement.constant : undefined;

const credentialsOf = ({ credentials, secretArn }: Config['opengemini']): 'none' | 'user' | 'secret' => {
  if (secretArn !== undefined) return 'secret';
  return credentials === undefined ? 'none' : 'user';
};

/** Returns the values of the program's settings. A secret is not shown. */
const settingsOf = ({ options }: Program, { settings }: Config): readonly (readonly [name: string, value: unknown])[] =>
  Object.entries(options.settings ?? {}).map(([name, { secret }]) => {
    const value = settings[name];
    return [name, secret === true && value !== undefined ? '***' : (value ?? null)];
  });

const members = (program: Program, { config, extensions }: ProgramConfig): object => ({
  ...configMembers(config),
  ...(program.file === undefined
    ? {}
    : { functions: functionNames(extensions), settings: Object.fromEntries(settingsOf(program, config)) }),
});

const configMembers = ({ name, opengemini, mapping, input, converter, adaptive }: Config) => ({
  valid: true,
  sink: name,
  opengeminiUrls: opengemini.urls,
  database: opengemini.target.database,
  retentionPolicy: opengemini.target.retentionPolicy ?? null,
  credentials: credentialsOf(opengemini),
  preset: mapping?.preset?.name,
  rules:
    mapping?.rules.map((rule) => ({ measurement: rule.drop === true ? null : (measurementOf(rule) ?? null) })) ?? null,
  input,
  converter,
  adaptive,
  warnings: exposureWarnings(opengemini),
});

const readable = (program: Program, { config, extensions }: ProgramConfig): string => {
  const { name, opengemini, input, adaptive } = config;
  const { database, retentionPolicy } = opengemini.target;
  const credentials = {
    none: 'none',
    user: `user ${opengemini.credentials?.username}`,
    secret: `the secret ${opengemini.secretArn}`,
  };
  const rows: readonly (readonly [string, string])[] = [
    ['sink', name],
    [
      'openGemini',
      `${opengemini.urls.join(', ')}, database ${database}${retentionPolicy === undefined ? '' : `, retention policy ${retentionPolicy}`}`,
    ],
    ['credentials', credentials[credentialsOf(opengemini)]],
    ['mapping', mappingText(config, extensions)],
    ['input', input],
    ['controller', adaptive ? 'on' : 'off, batch size and requests in flight stay as configured'],
    ...(program.file === undefined ? [] : [['functions', functionNames(extensions).join(', ') || 'none'] as const]),
    ...settingsOf(program, config).map(
      ([setting, value]) => ['setting', `${setting} = ${value ?? 'not set'}`] as const,
    ),
    ...exposureWarnings(opengemini).map((warning) => ['warning', warning] as const),
  ];
  const width = widthOf(process.stdout);
  return [
    styled('green', 'The configuration is valid.', process.stdout),
    ...rows.map(([title, text]) => row(title, text, COLUMN, width)),
    '',
  ].join('\n');
};

const COLUMN = 13;

const mappingText = ({ mapping }: Config, { converter }: ProgramConfig['extensions']): string => {
  if (mapping !== undefined) {
    const preset = mapping.preset === undefined ? [] : [`preset ${mapping.preset.name}`];
    const rules = mapping.preset !== undefined && mapping.rules.length === 0 ? [] : [rulesText(mapping.rules)];
    return [...rules, ...preset].join('; then ');
  }
  return converter === undefined
    ? 'none, events are canonical or line protocol'
    : 'none, the converter makes the points';
};

const rulesText = (rules: readonly Rule[]): string => {
  const measurements = rules.map((rule) =>
    rule.drop === true ? 'dropped on purpose' : (measurementOf(rule) ?? 'a measurement from the event'),
  );
  return `${counted(rules.length, 'rule')}: ${measurements.join(', ')}`;
};
