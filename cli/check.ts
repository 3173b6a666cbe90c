/** `check`: reads the configuration exactly as the function does, and lists every fault. */

import { type Config, ConfigError, readConfig } from '../src/config/config.ts';
import type { MappingRule } from '../src/sink/mapping/mapping.ts';
import { counted } from './counted.ts';
import { row, styled, widthOf } from './terminal.ts';

/** Runs the command. Returns the exit code 0. Throws a `ConfigError` with every fault, which `json` prints instead. */
export const check = (json: boolean): number => {
  try {
    const config = readConfig(process.env);
    process.stdout.write(json ? `${JSON.stringify(members(config))}\n` : readable(config));
    return 0;
  } catch (error) {
    if (!json || !(error instanceof ConfigError)) throw error;
    process.stdout.write(`${JSON.stringify({ valid: false, faults: error.faults })}\n`);
    return 2;
  }
};

const measurementOf = ({ measurement }: MappingRule): string | undefined =>
  'constant' in measurement ? measurement.constant : undefined;

const credentialsOf = ({ credentials, secretArn }: Config['opengemini']): 'none' | 'user' | 'secret' => {
  if (secretArn !== undefined) return 'secret';
  return credentials === undefined ? 'none' : 'user';
};

const members = ({ name, opengemini, mapping, input, converter, adaptive }: Config): unknown => ({
  valid: true,
  sink: name,
  opengeminiUrls: opengemini.urls,
  database: opengemini.target.database,
  retentionPolicy: opengemini.target.retentionPolicy ?? null,
  credentials: credentialsOf(opengemini),
  rules: mapping?.rules.map((rule) => ({ measurement: measurementOf(rule) ?? null })) ?? null,
  input,
  converter,
  adaptive,
});

const readable = (config: Config): string => {
  const { name, opengemini, mapping, input, adaptive } = config;
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
    ['mapping', mapping === undefined ? 'none, events are canonical or line protocol' : rulesText(mapping.rules)],
    ['input', input],
    ['controller', adaptive ? 'on' : 'off, batch size and requests in flight stay as configured'],
  ];
  const width = widthOf(process.stdout);
  return [
    styled('green', 'The configuration is valid.', process.stdout),
    ...rows.map(([title, text]) => row(title, text, COLUMN, width)),
    '',
  ].join('\n');
};

const COLUMN = 13;

const rulesText = (rules: readonly MappingRule[]): string => {
  const measurements = rules.map((rule) => measurementOf(rule) ?? 'a measurement from the event');
  return `${counted(rules.length, 'rule')}: ${measurements.join(', ')}`;
};
