/** `help`: prints the help of a command, as its option `--help` does. */

import { Argument } from 'commander';
import type { Declare } from '../declaration.ts';
import { unknownCommand } from '../parse-fault.ts';

/** Declares the command. */
export const declare: Declare = (command, load) => {
  const program = command.parent ?? command;
  const names = program.commands.map((one) => one.name());
  // Only for completion. The parser's own check has no suggestion.
  const path = new Argument('[command...]', 'names of a command').choices(names).argParser(added);
  command
    .description('Print the help of a command. Without a command, list all of them.')
    .addArgument(path)
    .action(async (called: readonly string[] = []) => {
      let found = program;
      for (const name of called) {
        const inner = found.commands.find((one) => one.name() === name);
        if (inner === undefined) throw unknownCommand(name, found);
        if (inner.parent === program) await load(inner);
        found = inner;
      }
      found.outputHelp();
    });
};

/** The parser calls it for each word. */
const added = (name: string, earlier: readonly string[] | undefined): readonly string[] => [...(earlier ?? []), name];
