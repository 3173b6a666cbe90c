/** Faults in the arguments of a call, as sentences with a remedy. The parser's own texts are not sentences. */

import type { Command, CommanderError } from 'commander';
import { nearName } from '../src/sink/mapping/near-name.ts';
import { PROGRAM } from './program-name.ts';
import { UsageError } from './usage-error.ts';

/** Returns the error to throw for an error of the parser. It is unchanged if it only ends the call, as `--help` does. */
export const parseFault = (error: CommanderError, command: Command): Error => {
  if (error.exitCode === 0 || error.code === 'commander.help') return error;
  if (error.code === 'commander.unknownCommand') return unknownCommand(command.args[0] ?? '', command);
  return new UsageError(`${faultText(error, command)}\nRun "${callOf(command)} --help" for the options.`);
};

/** Returns how a command is called, with the commands that contain it. */
const callOf = (command: Command): string =>
  command.parent === null ? PROGRAM : `${callOf(command.parent)} ${command.name()}`;

/** Returns the error for a command that does not exist in a program, or in a command that contains others. */
export const unknownCommand = (name: string, group: Command): UsageError => {
  const near = nearName(
    name,
    group.commands.map((one) => one.name()),
  );
  const called = group.parent === null ? name : `${group.name()} ${name}`;
  const hint = near === undefined ? '' : ` Did you mean ${near}?`;
  return new UsageError(`There is no command "${called}".${hint}\nRun "${callOf(group)} --help" for the commands.`);
};

const faultText = ({ code, message }: CommanderError, command: Command): string => {
  // The parser quotes the option or argument. Its error contains no other trace of it.
  const [, quoted = ''] = /'(.*)'/s.exec(message) ?? [];
  if (code === 'commander.unknownOption') return unknownOption(quoted, command);
  if (code === 'commander.optionMissingArgument') {
    const [name = '', placeholder = ''] = quoted.split(' ');
    return `${name} needs a value: ${name} ${placeholder}`;
  }
  if (code === 'commander.missingMandatoryOptionValue') {
    // A misspelled name is the cause. The parser looks for it later.
    const misspelled = command.args.find((arg) => arg.startsWith('--'));
    return misspelled === undefined ? `The option ${quoted} is required.` : unknownOption(misspelled, command);
  }
  if (code === 'commander.missingArgument') return `The argument <${quoted}> is missing.`;
  if (code === 'commander.excessArguments')
    return `Unexpected argument "${command.args[command.registeredArguments.length]}".`;
  return message;
};

const unknownOption = (given: string, command: Command): string => {
  const name = given.replace(/=.*/s, '');
  // Words of a name are separated by "_" for `nearName`.
  const words = (option: string): string => option.replace(/^-+/, '').replaceAll('-', '_');
  const options = command.createHelp().visibleOptions(command);
  const known = new Map(options.flatMap(({ long }) => (long ? [[words(long), long]] : [])));
  const near = nearName(words(name), [...known.keys()]);
  return `There is no option ${name}.${near === undefined ? '' : ` Did you mean ${known.get(near)}?`}`;
};
