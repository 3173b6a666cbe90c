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
  readonly name: string;
  readonly summary: string;
  readonly options: readonly CompletedOption[];
  /** The arguments of the command. `none` if it has none. */
  readonly values: Values;
}

/** Returns the words of a program. Its commands must be declared. */
export const completedProgram = (program: Command): { commands: CompletedCommand[]; options: CompletedOption[] } => ({
  commands: program.commands.map((command) => ({
    name: command.name(),
    summary: command.summary(),
    options: optionsOf(command),
    values: argumentValues(command.registeredArguments),
  })),
  options: optionsOf(program),
});

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
