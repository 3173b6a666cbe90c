/** The configuration of commands that convert events as the function does. */

import { SIMPLE_MAPPING } from '../src/config/config.ts';
import { type Program, type ProgramConfig, readProgramConfig, surroundingVariables } from './handler-file.ts';
import { namingOptions } from './naming-options.ts';

/** The options that override environment variables of the function. */
const VARIABLES_OF_OPTIONS = { mapping: 'SINK_MAPPING', converter: 'SINK_CONVERTER', input: 'SINK_INPUT' } as const;
type VariableOption = keyof typeof VARIABLES_OF_OPTIONS;

/** Options of commands that convert events. */
export interface ConversionConfigOptions {
  readonly mapping?: string;
  readonly converter?: string;
  readonly input?: string;
}

/**
 * Returns the configuration of a conversion without a server: the `SINK_*` variables of the program or the shell, and the
 * options, which replace the variables of their names.
 *
 * @throws ConfigError with all faults, which name the options that the user gave.
 */
export const conversionConfig = (options: ConversionConfigOptions, program: Program): ProgramConfig => {
  const given = Object.entries(VARIABLES_OF_OPTIONS).filter(([name]) => options[name as VariableOption] !== undefined);
  const isReplaced = (name: string): boolean =>
    options.mapping !== undefined && (SIMPLE_MAPPING as readonly string[]).includes(name);
  const isPassed = (name: string): boolean =>
    (name.startsWith('SINK_') && !isReplaced(name)) || Object.hasOwn(program.options.settings ?? {}, name);
  const names = Object.fromEntries(given.map(([name, variable]) => [variable, `--${name}`]));
  return namingOptions(names, () =>
    readProgramConfig(program, {
      ...Object.fromEntries(Object.entries(surroundingVariables(program)).filter(([name]) => isPassed(name))),
      OPENGEMINI_URL: 'http://127.0.0.1:8086',
      OPENGEMINI_DATABASE: 'none',
      ...Object.fromEntries(given.map(([name, variable]) => [variable, options[name as VariableOption]])),
    }),
  );
};
