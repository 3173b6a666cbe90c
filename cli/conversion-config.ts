/** The configuration of commands that convert events as the function does. */

import { ConfigError, SIMPLE_MAPPING } from '../src/config/config.ts';
import { type Program, type ProgramConfig, readProgramConfig, surroundingVariables } from './handler-file.ts';

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
 * Returns the configuration of a conversion without a server: the `SINK_*` variables of the shell, and the options, which
 * replace the variables of their names.
 *
 * @throws ConfigError with all faults, which name the options that the user gave.
 */
export const conversionConfig = (options: ConversionConfigOptions, program: Program): ProgramConfig => {
  const given = Object.entries(VARIABLES_OF_OPTIONS).filter(([name]) => options[name as VariableOption] !== undefined);
  const isReplaced = (name: string): boolean =>
    options.mapping !== undefined && (SIMPLE_MAPPING as readonly string[]).includes(name);
  try {
    const isPassed = (name: string): boolean =>
      (name.startsWith('SINK_') && !isReplaced(name)) || Object.hasOwn(program.options.settings ?? {}, name);
    return readProgramConfig(program, {
      ...Object.fromEntries(Object.entries(surroundingVariables(program)).filter(([name]) => isPassed(name))),
      OPENGEMINI_URL: 'http://127.0.0.1:8086',
      OPENGEMINI_DATABASE: 'none',
      ...Object.fromEntries(given.map(([name, variable]) => [variable, options[name as VariableOption]])),
    });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    // The user gave an option, so the fault names the option instead of the variable.
    const inOptions = (fault: string): string =>
      given.reduce((text, [name, variable]) => text.replaceAll(variable, `--${name}`), fault);
    throw new ConfigError(error.faults.map(inOptions));
  }
};
