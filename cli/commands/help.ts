/** `help`: prints the help of a command, as its option `--help` does. */

import { Argument } from 'commander';
import type { Declare } from '../declaration.ts';
import { unknownCommand } from '../parse-fault.ts';

/** Declares the command. */
export const declare: Declare = (command, load) => {
  const program = command.parent ?? command;
  const names = program.commands.map((one) => one.name());
  // Only for completion. The parser's own check has no suggestion.
  const name = new Argument('[command]', 'name of a command').choices(names).argParser(String);
  command
    .description('Print the help of a command. Without a command, list all of them.')
    .addArgument(name)
    .action(async (called?: string) => {
      if (called === undefined) return program.outputHelp();
      const found = program.commands.find((one) => one.name() === called);
      if (found === undefined) throw unknownCommand(called, program);
      await load(found);
      found.outputHelp();
    });
};
