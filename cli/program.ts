/** The program: its commands, and how each is loaded. A command is declared in its own file when it is called. */

import { Command } from 'commander';
import { VERSION } from '../src/version.ts';
import type { Declare } from './declaration.ts';
import { formatHelp } from './help-format.ts';
import { parseFault } from './parse-fault.ts';
import { PROGRAM } from './program-name.ts';

interface Entry {
  readonly summary: string;
  readonly load: () => Promise<{ readonly declare: Declare }>;
}

const entry = (summary: string, load: Entry['load']): Entry => ({ summary, load });

/** All commands, in the order of the help. */
const COMMANDS: Readonly<Record<string, Entry>> = {
  dev: entry('run the whole system on this machine', () => import('./commands/dev.ts')),
  demo: entry(
    'run the system with valid and broken events, and show their results',
    () => import('./commands/demo.ts'),
  ),
  send: entry('send events from files or standard input to a queue', () => import('./commands/send.ts')),
  convert: entry('convert events to line protocol, without sending them', () => import('./commands/convert.ts')),
  test: entry('run tests of mappings', () => import('./commands/test.ts')),
  dlq: entry('look at dead letters, and send them back', () => import('./commands/dlq.ts')),
  status: entry('show the decision, open breakers, and the backlog of a sink', () => import('./commands/status.ts')),
  flush: entry('drain the backlog of a sink now', () => import('./commands/flush.ts')),
  pause: entry('stop the writes of a sink until it is resumed', () => import('./commands/pause.ts')),
  resume: entry('end the pause of a sink', () => import('./commands/resume.ts')),
  cost: entry('calculate the costs of a sink in AWS', () => import('./commands/cost.ts')),
  check: entry('check the configuration in the environment variables', () => import('./commands/check.ts')),
  init: entry('write a new project that deploys the sink', () => import('./commands/init.ts')),
  build: entry('write the functions for a deployment', () => import('./commands/build.ts')),
  package: entry('write a CloudFormation template and zip files', () => import('./commands/package.ts')),
  completion: entry('print a script that completes this command in a shell', () => import('./commands/completion.ts')),
  help: entry('print the help of a command', () => import('./commands/help.ts')),
};

/** Returns the program. Parse the arguments with `parseAsync`. */
export const createProgram = (): Command => {
  const program = formatHelp(new Command(PROGRAM));
  program
    .description('Tools for a sink that writes events from SQS to openGemini.')
    .version(VERSION, '-V, --version', 'print the version')
    .addHelpText('after', `\nRun "${PROGRAM} help <command>" for details.`)
    // Options after a command belong to the command.
    .enablePositionalOptions()
    .helpCommand(false)
    .exitOverride((error) => {
      throw parseFault(error, program);
    });
  for (const [name, { summary }] of Object.entries(COMMANDS)) {
    const command = program.command(name).summary(summary);
    command.exitOverride((error) => {
      throw parseFault(error, command);
    });
  }
  return program.hook('preSubcommand', (_, command) => load(command));
};

const loaded = new WeakSet<Command>();

/** Declares the arguments and options of a command. */
const load = async (command: Command): Promise<void> => {
  if (loaded.has(command)) return;
  loaded.add(command);
  const { declare } = await (COMMANDS[command.name()] as Entry).load();
  declare(command, load);
  for (const one of command.commands)
    one.exitOverride((error) => {
      throw parseFault(error, one);
    });
};
