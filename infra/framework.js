/**
 * Entry point for the Serverless Framework: reads its parameters and passes them to `service.ts`. It is
 * JavaScript, because the Framework loads no TypeScript.
 */

import { ParameterError, readParameters } from './parameters.ts';
import { resources as resourcesOf, settings as settingsOf } from './service.ts';

/** Returns the given parameters. The command line overrides the stage in serverless.yml, which overrides `default`. */
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
    writesTemplate: process.argv.includes('deploy') || process.argv.includes('package'),
    toAws: process.argv.includes('deploy') && !process.env.AWS_ENDPOINT_URL,
  };
  return readParameters(values, place);
};

/**
 * Prints invalid parameters once and ends the process. The Framework would print them for every variable that refers to
 * this file, each time with a stack trace.
 */
const exitOnFault = (part) => async (framework) => {
  try {
    return part(await parameters(framework));
  } catch (error) {
    if (!(error instanceof ParameterError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
};

/** Settings of the functions, for `${file(infra/framework.js):settings...}`. */
export const settings = exitOnFault(settingsOf);
/** Everything else in the stack, for `${file(infra/framework.js):resources}`. */
export const resources = exitOnFault(resourcesOf);
