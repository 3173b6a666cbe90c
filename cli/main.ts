/** `opengemini-sink`: one file per command, each loaded only when it is called. */

import { VERSION } from '../src/version.ts';
import { UsageError } from './usage.ts';

type Command = (args: readonly string[]) => Promise<number>;

const COMMANDS: Readonly<Record<string, { readonly summary: string; readonly load: () => Promise<Command> }>> = {
  dev: { summary: 'run the whole system on this machine', load: async () => (await import('./dev.ts')).dev },
  demo: {
    summary: 'run it, send events good and bad, and show what became of each',
    load: async () => (await import('./demo.ts')).demo,
  },
  send: { summary: 'send events from standard input to a queue', load: async () => (await import('./send.ts')).send },
  convert: {
    summary: 'turn events from standard input into line protocol',
    load: async () => (await import('./convert.ts')).convert,
  },
  status: {
    summary: 'tell what a sink has decided and why, which breakers are open, and what waits',
    load: async () => (await import('./status.ts')).status,
  },
  check: {
    summary: 'check the configuration in the environment, the mapping included',
    load: async () => (await import('./check.ts')).check,
  },
};

const usage = (): string =>
  [
    'Usage: opengemini-sink COMMAND [OPTIONS]',
    '',
    ...Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(9)}${summary}`),
    '',
    'COMMAND --help tells its options, --version the version.',
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
  if (command === undefined) throw new UsageError(`There is no command "${name}".\n\n${usage()}`);
  return (await command.load())(args);
};

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // Whoever reads has seen enough, as `head` does: no fault of anybody.
  if (error.code === 'EPIPE') process.exit();
  throw error;
});

try {
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  // What a user can mend is told in a sentence; anything else is a fault of ours and shows where it is.
  const expected = error instanceof UsageError || (error as Error).name === 'ConfigError';
  process.stderr.write(`${expected ? (error as Error).message : (error as Error).stack}\n`);
  process.exitCode = 2;
}
