/** `completion`: prints a script that completes the command in a shell. */

import { Argument } from 'commander';
import { bashScript } from '../completion/bash-script.ts';
import { completedProgram } from '../completion/completed-words.ts';
import { fishScript } from '../completion/fish-script.ts';
import { zshScript } from '../completion/zsh-script.ts';
import type { Declare } from '../declaration.ts';
import { addExamples } from '../help-format.ts';
import { COMMAND_NAME, PROGRAM } from '../program-name.ts';
import { UsageError } from '../usage-error.ts';

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;
type Shell = keyof typeof SCRIPTS;

const SHELLS = Object.keys(SCRIPTS);

const readShell = (text: string): Shell => {
  if (SHELLS.includes(text)) return text as Shell;
  throw new UsageError(`The shell must be one of ${SHELLS.join(', ')}, got "${text}".`);
};

/** Declares the command. */
export const declare: Declare = (command, load) => {
  const program = command.parent ?? command;
  command
    .description(
      `Print a script that completes ${COMMAND_NAME} in a shell: commands, options, their values, and names of files. ` +
        'Load the script when the shell starts, with the line for your shell below. It completes the name ' +
        `${COMMAND_NAME}, which exists after "npm install --global opengemini-sqs-sink". For a package that is ` +
        `installed in a project, also define: ${COMMAND_NAME}() { npx ${COMMAND_NAME} "$@"; }`,
    )
    // `choices` is for completion and help. The parser's own check has no sentence.
    .addArgument(new Argument('<shell>', `one of ${SHELLS.join(', ')}`).choices(SHELLS).argParser(readShell))
    .action(async (shell: Shell) => {
      for (const one of program.commands) await load(one);
      const { commands, options } = completedProgram(program);
      process.stdout.write(SCRIPTS[shell](COMMAND_NAME, commands, options));
    });
  addExamples(
    command,
    `source <(${PROGRAM} completion bash)    # in ~/.bashrc`,
    `source <(${PROGRAM} completion zsh)     # in ~/.zshrc, after compinit`,
    `${PROGRAM} completion fish | source     # in ~/.config/fish/config.fish`,
  );
};
