/**
 * Commands that `dev` prints for pasting into another terminal: send events, read points, read dead letters, read the
 * state.
 */

import { quoted } from '../local/opengemini-client.ts';
import type { LocalSystem } from '../local/system.ts';
import { needsOwnEvents, type ProgramConfig } from './handler-file.ts';
import { PROGRAM } from './program-name.ts';

/**
 * Returns the purpose and the text of each command.
 *
 * @param config - Undefined if the configuration has faults. The command that sends events is then omitted.
 */
export const devHints = (
  system: LocalSystem,
  config: ProgramConfig | undefined,
): (readonly [purpose: string, command: string])[] => [
  ...(config === undefined ? [] : [['Send events', sendText(system, config)] as const]),
  ['Read points', readText(system, config)],
  ['Read dead letters', deadLettersText(system)],
  ['Read state', statusText(system)],
];

/** Quotes the text as one word of a shell command. */
const word = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

const EXAMPLE = '{"measurement":"cpu","tags":{"host":"a"},"fields":{"used":0.5}}';

const takesExample = ({ config: { mapping, input }, extensions }: ProgramConfig): boolean =>
  mapping === undefined && !needsOwnEvents(extensions) && ['auto', 'json', 'ndjson', 'canonical'].includes(input);

const sendText = ({ addresses }: LocalSystem, config: ProgramConfig): string => {
  const send = `${PROGRAM} send --queue-url ${addresses.queueUrl}`;
  return takesExample(config)
    ? `echo ${word(EXAMPLE)} | ${send}`
    : `${send} < FILE  # one message per line, or JSON over several lines`;
};

const readText = ({ addresses, server }: LocalSystem, config: ProgramConfig | undefined): string => {
  const user = server.credentials === undefined ? '' : ' -u "$OPENGEMINI_USERNAME:$OPENGEMINI_PASSWORD"';
  const request = `curl -sG${user} ${word(`${addresses.opengeminiUrl}/query`)}`;
  return `${request} --data-urlencode ${word(`db=${addresses.database}`)} --data-urlencode ${word(`q=${selectText(config)}`)}`;
};

/** Returns a query for a measurement that the configuration names, otherwise the query that lists the measurements. */
const selectText = (config: ProgramConfig | undefined): string => {
  const measurement = config === undefined ? undefined : measurementOf(config);
  if (measurement === undefined) return 'SHOW MEASUREMENTS';
  const policy = config?.config.opengemini.target.retentionPolicy;
  return `SELECT * FROM ${policy === undefined ? '' : `${quoted(policy)}.`}${quoted(measurement)}`;
};

const measurementOf = (config: ProgramConfig): string | undefined => {
  if (takesExample(config)) return 'cpu';
  for (const rule of config.config.mapping?.rules ?? []) {
    if (rule.drop === true || rule.database !== undefined || rule.retentionPolicy !== undefined) continue;
    if ('constant' in rule.measurement) return rule.measurement.constant;
  }
  return undefined;
};

const statusText = ({ addresses }: LocalSystem): string =>
  `${PROGRAM} status --table ${addresses.stateTable} --endpoint ${addresses.dynamodbEndpoint}`;

const deadLettersText = ({ addresses }: LocalSystem): string =>
  `${PROGRAM} dlq list --dead-letter-queue-url ${addresses.deadLetterQueueUrl} --table ${addresses.stateTable} --endpoint ${addresses.dynamodbEndpoint}`;
