/** `check`: reads the configuration exactly as the function does, and lists every fault. */

import { readConfig } from '../src/config/config.ts';
import { parseOptions } from './usage.ts';

const ABOUT = [
  'Check the environment variables of this shell, including the mapping, as the function does at start, and list every',
  'fault. docs/configuration.md describes all variables.',
];

/** Runs the command. Returns the exit code 0, or throws a `ConfigError` with every fault. */
export const check = async (args: readonly string[]): Promise<number> => {
  if (parseOptions('check', ABOUT, {}, args) === undefined) return 0;
  const { opengemini, mapping, input } = readConfig(process.env);
  const rules = mapping === undefined ? 'none, events are canonical' : `${mapping.rules.length} rule(s)`;
  process.stdout.write(
    `The configuration is valid.\nopenGemini  ${opengemini.urls.join(', ')}, database ${opengemini.target.database}\nmapping     ${rules}\ninput       ${input}\n`,
  );
  return 0;
};
