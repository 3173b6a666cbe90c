/**
 * Package export `opengemini-sqs-sink/serverless`: the parts of a `serverless.yml`. The Serverless Framework reads them
 * through a JavaScript file in the folder of `serverless.yml`, because it loads neither TypeScript nor packages
 * (docs/decisions/0030).
 *
 * @module
 */

import type { Parameters } from './deployment.ts';
import { functions as functionsOf } from './functions.ts';
import { writeGeneratedFiles } from './packaged-files.ts';
import { ParameterError, readParameters } from './parameters.ts';
import { resources as resourcesOf, settings as settingsOf } from './service.ts';
import { printWarnings } from './warnings.ts';

/** The arguments that the Framework passes to a function of a `file` variable. */
export interface Framework {
  /** Options of the command line. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Returns a property of `serverless.yml`, with its variables resolved. */
  resolveConfigurationProperty(path: readonly string[]): Promise<unknown>;
  /** Returns the value of a variable, for example `sls:stage`. */
  resolveVariable(variable: string): Promise<unknown>;
}

/**
 * Resolves a part of `serverless.yml` from its parameters. Prints warnings about them. Prints invalid parameters and
 * ends the process with code 1.
 * Paths in parameters are relative to the working directory, which the Framework requires to be the folder of
 * `serverless.yml`.
 */
export type Resolve = (framework: Framework) => Promise<Readonly<Record<string, unknown>>>;

type Values = Readonly<Record<string, unknown>>;

/** Returns the given parameters. The command line overrides the stage in serverless.yml, which overrides `default`. */
const given = async ({ options, resolveConfigurationProperty }: Framework, stage: string): Promise<Values> => {
  const declared = ((await resolveConfigurationProperty(['params'])) ?? {}) as Readonly<Record<string, Values>>;
  const commanded = [options.param ?? []].flat().map((pair): [string, string] => {
    const text = String(pair);
    const at = text.indexOf('=');
    return [text.slice(0, at), text.slice(at + 1)];
  });
  return { ...declared.default, ...declared[stage], ...Object.fromEntries(commanded) };
};

const textOf = (value: unknown): string =>
  typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value ?? '');

/** Whether the command packages the functions. */
const writesTemplate = (): boolean => process.argv.includes('deploy') || process.argv.includes('package');

const parameters = async (framework: Framework): Promise<Parameters> => {
  const stage = String(await framework.resolveVariable('sls:stage'));
  const values = Object.entries(await given(framework, stage)).map(([name, value]) => [name, textOf(value)]);
  return readParameters(Object.fromEntries(values), {
    service: String(await framework.resolveConfigurationProperty(['service'])),
    stage,
    region: String(await framework.resolveConfigurationProperty(['provider', 'region'])),
    writesTemplate: writesTemplate(),
    toAws: process.argv.includes('deploy') && !process.env.AWS_ENDPOINT_URL,
  });
};

/**
 * Prints invalid parameters once and ends the process. The Framework would print them for every variable that refers to
 * this file, each time with a stack trace.
 */
const exitOnFault =
  (part: (parameters: Parameters) => Values): Resolve =>
  async (framework) => {
    try {
      const given = await parameters(framework);
      const resolved = part(given);
      if (writesTemplate()) {
        printWarnings(given);
        writeGeneratedFiles(process.cwd(), given.variables);
      }
      return resolved;
    } catch (error) {
      if (!(error instanceof ParameterError)) throw error;
      process.stderr.write(`${error.message}\n`);
      process.exit(1);
    }
  };

/** The two functions, complete, for `functions`. */
export const functions: Resolve = exitOnFault(functionsOf);
/** All resources that are not functions, for an entry of `resources`. */
export const resources: Resolve = exitOnFault(resourcesOf);
/**
 * Single settings, for services that declare the functions themselves: `memoryMb`, `timeoutSeconds`,
 * `logRetentionDays`, `variables`, `ingestVariables`, `flushVariables`, `eventSource`, and `files` (patterns for the package).
 */
export const settings: Resolve = exitOnFault(settingsOf);
