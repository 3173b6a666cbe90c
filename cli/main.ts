/** `opengemini-sink`: selects the command. Each command has its own file, which is loaded only when it is called. */

import { nearName } from '../src/sink/mapping/near-name.ts';
import { VERSION } from '../src/version.ts';
import { PROGRAM } from './program.ts';
import { UsageError } from './usage.ts';

type Command = (args: readonly string[]) => Promise<number>;

const COMMANDS: Readonly<Record<string, { readonly summary: string; readonly load: () => Promise<Command> }>> = {
  dev: { summary: 'run the whole system on this machine', load: async () => (await import('./dev.ts')).dev },
  demo: {
    summary: 'run the system, send valid and broken events, and show the result of each',
    load: async () => (await import('./demo.ts')).demo,
  },
  send: { summary: 'send events from standard input to a queue', load: async () => (await import('./send.ts')).send },
  convert: {
    summary: 'convert events from standard input to line protocol',
    load: async () => (await import('./convert.ts')).convert,
  },
  status: {
    summary: 'show the decision of a sink with its reasons, open breakers, and the backlog',
    load: async () => (await import('./status.ts')).status,
  },
  init: { summary: 'write a new project that deploys the sink', load: async () => (await import('./init.ts')).init },
  build: { summary: 'write the functions for a deployment', load: async () => (await import('./build.ts')).build },
  package: {
    summary: 'write a CloudFormation template and zip files, without the Serverless Framework',
    load: async () => (await import('./package.ts')).packagePlain,
  },
  check: {
    summary: 'check the configuration in the environment variables, including the mapping',
    load: async () => (await import('./check.ts')).check,
  },
};

const usage = (): string =>
  [
    `Usage: ${PROGRAM} COMMAND [OPTIONS]`,
    '',
    ...Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(9)}${summary}`),
    '',
    `Run "${PROGRAM} COMMAND --help" for the options of a command, and "${PROGRAM} --version" for the version.`,
  ].join('\n');

const run = async ([name, ...args]: readonly string[]): Promise<number> => {
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(`${usage()}\n`);
    return name === undefined ? 2 : 0;
  }
  if (name === '--version') {
    process.stdout.write(`${VERSION}\n`);
    return 0;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) {
    const near = nearName(name, Object.keys(COMMANDS));
    const hint = near === undefined ? '' : ` Did you mean ${near}?`;
    throw new UsageError(`There is no command "${name}".${hint}\n\n${usage()}`);
  }
  return (await command.load())(args);
};

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // The reader has closed the pipe, as `head` does. This is not an error.
  if (error.code === 'EPIPE') process.exit();
  throw error;
});

try {
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  // Errors that a user can fix are printed as a sentence. Any other error is a bug, and is printed with its stack.
  const expected = error instanceof UsageError || (error as Error).name === 'ConfigError';
  process.stderr.write(`${expected ? (error as Error).message : (error as Error).stack}\n`);
  process.exitCode = 2;
}
