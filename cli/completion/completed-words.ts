/** The words that a shell completes, read from the declared commands, so that a new option is completed automatically. */

import type { Argument, Command, Option } from 'commander';

/** What may follow an option or is an argument. */
export type Values =
  | { readonly kind: 'none' | 'any' | 'files' }
  | { readonly kind: 'words'; readonly words: readonly string[] };

/** An option of a command. */
export interface CompletedOption {
  /** With the dashes, such as `--json` and `-h`. */
  readonly names: readonly string[];
  /** The description of the help, without the default. */
  readonly description: string;
  /** `none` for an option without a value. */
  readonly values: Values;
}

/** A command of the program. */
export interface CompletedCommand {
  /** With the name of the command that contains it, such as `dlq list`. */
  readonly name: string;
  readonly summary: string;
  readonly options: readonly CompletedOption[];
  /** The arguments of the command. `none` if it has none. */
  readonly values: Values;
}

/** The words of a program. */
export interface CompletedProgram {
  readonly commands: readonly CompletedCommand[];
  readonly options: readonly CompletedOption[];
}

/**
 * Returns the words of a program. Its commands must be declared. The names of commands inside a command are its
 * arguments, and these commands follow it in the list.
 */
export const completedProgram = (program: Command): CompletedProgram => ({
  commands: program.commands.flatMap((command) => [
    completedCommand(command, command.name()),
    ...command.commands.map((inner) => completedCommand(inner, `${command.name()} ${inner.name()}`)),
  ]),
  options: optionsOf(program),
});

const completedCommand = (command: Command, name: string): CompletedCommand => {
  const inner = command.commands.map((one) => one.name());
  return {
    name,
    summary: command.summary(),
    options: optionsOf(command),
    values: inner.length > 0 ? { kind: 'words', words: inner } : argumentValues(command.registeredArguments),
  };
};

const optionsOf = (command: Command): CompletedOption[] =>
  command
    .createHelp()
    .visibleOptions(command)
    .map((option) => ({
      names: [option.short, option.long].filter((name) => name !== undefined),
      description: option.description,
      values: optionValues(option),
    }));

const optionValues = ({ required, optional, argChoices, flags }: Option): Values =>
  required || optional ? valuesOf(argChoices, flags) : { kind: 'none' };

const argumentValues = ([first]: readonly Argument[]): Values =>
  first === undefined ? { kind: 'none' } : valuesOf(first.argChoices, first.name());

/** A placeholder that contains `file` stands for the name of a file. */
const valuesOf = (choices: readonly string[] | undefined, placeholder: string): Values => {
  if (choices !== undefined) return { kind: 'words', words: choices };
  return { kind: /\bfile\b/.test(placeholder) ? 'files' : 'any' };
};
