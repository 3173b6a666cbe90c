/** Options of commands: declared in one table, which parses them and writes the help. */

import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';

/** Something in the call that its author can mend. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** What went wrong with something outside, in its own words and those of what caused it. */
export const outsideFault = (what: string, error: unknown, more = ''): UsageError => {
  const words = [what];
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    words.push(cause.message || String((cause as NodeJS.ErrnoException).code));
  return new UsageError(`${words.join(': ')}${more === '' ? '' : `\n${more}`}`);
};

export interface Option {
  readonly type: 'string' | 'boolean';
  readonly meaning: string;
  /** Shown for options with a value. */
  readonly value?: string;
}

export type Options = Readonly<Record<string, Option>>;

export interface Parsed {
  readonly text: (name: string) => string | undefined;
  readonly flag: (name: string) => boolean;
  readonly integer: (name: string, min: number, max: number) => number | undefined;
}

/** Undefined when help was asked for, which is then printed: what the command is about, in lines, and its options. */
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
  // Nobody writes an empty value: it is a variable of the shell that was not set.
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
    throw new UsageError(`${(error as Error).message}\n"opengemini-sink ${command} --help" tells the options.`);
  }
};

const help = (command: string, about: readonly string[], options: Options): string => {
  const lines = Object.entries(options).map(
    ([name, { value, meaning }]) => `  ${`--${name}${value === undefined ? '' : ` ${value}`}`.padEnd(26)}${meaning}`,
  );
  return [
    `Usage: opengemini-sink ${command}${lines.length > 0 ? ' [OPTIONS]' : ''}`,
    '',
    ...about,
    ...(lines.length > 0 ? ['', ...lines] : []),
  ].join('\n');
};
