/**
 * The door for the Serverless Framework, which loads JavaScript: reads its parameters and hands them to `service.ts`.
 */

import { ParameterError, readParameters } from './parameters.ts';
import { resources as resourcesOf, settings as settingsOf } from './service.ts';

/** What the stage says in serverless.yml, over what all stages say, and over both the command line. */
const given = async ({ options, resolveConfigurationProperty }, stage) => {
  const declared = (await resolveConfigurationProperty(['params'])) ?? {};
  const commanded = [options.param ?? []].flat().map((pair) => {
    const at = pair.indexOf('=');
    return [pair.slice(0, at), pair.slice(at + 1)];
  });
  return Object.entries({ ...declared.default, ...declared[stage], ...Object.fromEntries(commanded) });
};

const textOf = (value) => (typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value ?? ''));

const parameters = async (framework) => {
  const stage = await framework.resolveVariable('sls:stage');
  const values = Object.fromEntries((await given(framework, stage)).map(([name, value]) => [name, textOf(value)]));
  const place = {
    service: await framework.resolveConfigurationProperty(['service']),
    stage,
    region: await framework.resolveConfigurationProperty(['provider', 'region']),
    away: process.argv.includes('deploy') && !process.env.AWS_ENDPOINT_URL,
  };
  return readParameters(values, place);
};

/** The Framework would tell a fault once for every place that asks, each time with where in our files it arose. */
const tell = (part) => async (framework) => {
  try {
    return part(await parameters(framework));
  } catch (error) {
    if (!(error instanceof ParameterError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
};

export const settings = tell(settingsOf);
export const resources = tell(resourcesOf);
