/** The parameter `variables`: environment variables of the functions that have no parameter of their own. */

import type { Setting } from '../src/config/setting.ts';

/** Environment variables that the parameter `variables` must not set, with the parameters that set them. */
const SET_ELSEWHERE: Readonly<Record<string, string>> = {
  OPENGEMINI_URL: 'the parameter opengeminiUrl',
  OPENGEMINI_DATABASE: 'the parameter database',
  OPENGEMINI_RETENTION_POLICY: 'the parameter retentionPolicy',
  OPENGEMINI_SECRET_ARN: 'the parameter secretArn',
  SINK_NAME: 'the parameter sinkName',
  SINK_MAPPING: 'the parameter mapping',
  SINK_EVENT_SOURCE_MAPPING: 'the parameter moveMaximumConcurrency',
  SINK_FLUSH_FUNCTION: 'the template',
  STATE_TABLE: 'the template',
  DEAD_LETTER_QUEUE_URL: 'the template',
};

/** A map of environment variables, as JSON. Faults do not show it, because it may contain passwords. */
export const variableMap = (meaning: string): Setting<Readonly<Record<string, string>>> => ({
  read(value) {
    let given: unknown;
    try {
      given = JSON.parse(value);
    } catch {
      given = undefined;
    }
    if (typeof given !== 'object' || given === null || Array.isArray(given))
      return { fault: 'must be names and values, as a map in serverless.yml or as a JSON object on the command line' };
    const taken = Object.keys(given).find((name) => Object.hasOwn(SET_ELSEWHERE, name));
    if (taken !== undefined) return { fault: `must not set ${taken}, because ${SET_ELSEWHERE[taken]} sets it` };
    const wrong = Object.entries(given).find(([, one]) => one === null || typeof one === 'object')?.[0];
    if (wrong !== undefined) return { fault: `must give ${wrong} a text, a number, or a boolean` };
    return { value: Object.fromEntries(Object.entries(given).map(([name, one]) => [name, String(one)])) };
  },
  default: '{}',
  range: 'map',
  meaning,
  secret: true,
});
