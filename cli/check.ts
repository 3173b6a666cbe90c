/** `check`: reads the configuration that the function would read, and tells every fault in it. */

import { readConfig } from '../src/config/config.ts';
import { parseOptions } from './usage.ts';

const ABOUT = [
  'Reads the variables of this shell as the function reads its own, the mapping included, and tells every fault.',
  'docs/configuration.md lists them all.',
];

export const check = async (args: readonly string[]): Promise<number> => {
  if (parseOptions('check', ABOUT, {}, args) === undefined) return 0;
  const { opengemini, mapping, input } = readConfig(process.env);
  const rules = mapping === undefined ? 'none, events are canonical' : `${mapping.rules.length} rule(s)`;
  process.stdout.write(
    `The configuration is valid.\nopenGemini  ${opengemini.urls.join(', ')}, database ${opengemini.target.database}\nmapping     ${rules}\ninput       ${input}\n`,
  );
  return 0;
};
