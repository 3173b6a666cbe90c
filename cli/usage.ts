/** Options of commands. Each command declares a table, from which this file parses the options and writes the help. */

import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { nearName } from '../src/sink/mapping/near-name.ts';
import { PROGRAM } from './program.ts';

/** An error that the caller of the command can fix. It is printed as a sentence, without a stack. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/**
 * Returns the error for a failure outside this process. The message contains the error texts of the whole chain of
 * causes.
 *
 * @param more - Remedy, printed on a second line.
 */
export const externalError = (what: string, error: unknown, more = ''): UsageError => {
  const texts = [what];
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    texts.push(cause.message || String((cause as NodeJS.ErrnoException).code));
  return new UsageError(`${texts.join(': ')}${more === '' ? '' : `\n${more}`}`);
};

/** One option of a command, as declared. */
export interface Option {
  readonly type: 'string' | 'boolean';
  /** A noun phrase with range and default, for the help. */
  readonly meaning: string;
  /** Placeholder of the value in the help, for options with a value. */
  readonly value?: string;
}

/** The options of a command by name, without the leading dashes. */
export type Options = Readonly<Record<string, Option>>;

/** The options of one call. An option that was not given is undefined or false. */
export interface Parsed {
  readonly text: (name: string) => string | undefined;
  readonly flag: (name: string) => boolean;
  /** Throws a `UsageError` for a value that is not a whole number from `min` to `max`. */
  readonly integer: (name: string, min: number, max: number) => number | undefined;
}

/**
 * Parses the arguments of a command. With `--help` it prints the help and returns undefined.
 *
 * @param about - Lines of the help that describe the command.
 */
export const parseOptions = (
  command: string,
  about: readonly string[],
  options: Options,
  args: readonly string[],
): Parsed | undefined => {
  const declared = Object.fromEntries(
    Object.entries({ ...options, help: { type: 'boolean' } }).map(([name, { type }]) => [name, { type }]),
  );
  const values = parse(command, declared as ParseArgsOptionsConfig, args);
  if (values.help === true) {
    process.stdout.write(`${help(command, about, options)}\n`);
    return undefined;
  }
  const text = (name: string): string | undefined => values[name] as string | undefined;
  // An empty value comes from a shell variable that is not set, not from the user.
  const empty = Object.keys(options).find((name) => text(name) === '');
  if (empty !== undefined) throw new UsageError(`--${empty} must not be empty.`);
  return {
    text,
    flag: (name) => values[name] === true,
    integer(name, min, max) {
      const value = text(name);
      if (value === undefined) return undefined;
      if (/^\d+$/.test(value) && Number(value) >= min && Number(value) <= max) return Number(value);
      throw new UsageError(`--${name} must be a whole number from ${min} to ${max}, got "${value}".`);
    },
  };
};

const parse = (command: string, options: ParseArgsOptionsConfig, args: readonly string[]): Record<string, unknown> => {
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    const hint = `Run "${PROGRAM} ${command} --help" for the options.`;
    throw new UsageError(`${argumentFault((error as Error).message, Object.keys(options))}\n${hint}`);
  }
};

/** Returns the parser's message with a remedy: the option that was probably meant, or how to pass a file. */
const argumentFault = (message: string, known: readonly string[]): string => {
  const [, option] = /^Unknown option '--([^']+)'/.exec(message) ?? [];
  if (option !== undefined) {
    const near = nearName(option, known);
    return `There is no option --${option}.${near === undefined ? '' : ` Did you mean --${near}?`}`;
  }
  const [, argument] = /^Unexpected argument '([^']+)'/.exec(message) ?? [];
  if (argument !== undefined)
    return `Unexpected argument "${argument}". To read a file, pass it as standard input: < ${argument}`;
  return message;
};

const help = (command: string, about: readonly string[], options: Options): string => {
  const lines = Object.entries(options).map(
    ([name, { value, meaning }]) => `  ${`--${name}${value === undefined ? '' : ` ${value}`}`.padEnd(26)}${meaning}`,
  );
  return [
    `Usage: ${PROGRAM} ${command}${lines.length > 0 ? ' [OPTIONS]' : ''}`,
    '',
    ...about,
    ...(lines.length > 0 ? ['', ...lines] : []),
  ].join('\n');
};
