/** Options with a value, for the declarations of commands. Each checks its value and reports a fault as a sentence. */

import { Option } from 'commander';
import { UsageError } from './usage-error.ts';

/**
 * Returns an option whose value `read` converts. A value with `file` in its placeholder (`--mapping <file>`) is
 * completed with file names.
 *
 * @param read - Converts a value that is not empty, or throws a `UsageError`. Its second parameter is the option's name
 * with the dashes.
 */
export const valueOption = <T>(
  flags: string,
  description: string,
  read: (value: string, name: string) => T,
): Option => {
  const option = new Option(flags, description);
  const name = option.long ?? flags;
  return option.argParser((value: string) => {
    if (value === '')
      throw new UsageError(`${name} must not be empty. A variable of the shell that is not set gives an empty value.`);
    return read(value, name);
  });
};

/** Returns the option for the program of a user, whose extensions the command uses. */
export const handlerOption = (): Option =>
  textOption('--handler <file>', 'module that exports a handler with extensions, see docs/extending.md').default(
    undefined,
    'the sink as it is',
  );

/** Returns an option for any text. */
export const textOption = (flags: string, description: string): Option => valueOption(flags, description, String);

/**
 * Returns an option that is completed with these values. The values are not checked here, because the configuration
 * checks them, knows further names for them, and reports all faults together.
 */
export const choiceOption = (flags: string, description: string, choices: readonly string[]): Option => {
  const option = textOption(flags, description);
  const { parseArg } = option;
  // `choices` replaces the parser.
  option.choices(choices);
  return parseArg === undefined ? option : option.argParser(parseArg);
};

/** Returns the reader of a whole number from `min` to `max`, for `valueOption`. */
export const wholeNumber =
  (min: number, max: number) =>
  (value: string, name: string): number => {
    if (/^\d+$/.test(value) && Number(value) >= min && Number(value) <= max) return Number(value);
    throw new UsageError(`${name} must be a whole number from ${min} to ${max}, got "${value}".`);
  };

/** Returns an option for a whole number from `min` to `max`, which the help states after the description. */
export const wholeNumberOption = (
  flags: string,
  description: string,
  [min, max]: readonly [min: number, max: number],
): Option => valueOption(flags, `${description}, ${min} to ${max}`, wholeNumber(min, max));

/** Returns an option for a number from `min` to `max`, which may have decimals. The help states the range. */
export const numberOption = (
  flags: string,
  description: string,
  [min, max]: readonly [min: number, max: number],
): Option =>
  valueOption(flags, `${description}, ${min} to ${max}`, (value, name) => {
    if (/^\d+(\.\d+)?$/.test(value) && Number(value) >= min && Number(value) <= max) return Number(value);
    throw new UsageError(`${name} must be a number from ${min} to ${max}, got "${value}".`);
  });
