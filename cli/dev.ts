/** `dev`: runs the whole system on this machine until Ctrl-C or SIGTERM. */

import { once } from 'node:events';
import type { LocalSystem } from '../local/system.ts';
import { ConfigError } from '../src/config/config.ts';
import { devHints } from './dev-hints.ts';
import { type DevOptions, systemOptions } from './dev-options.ts';
import { removeDevState, writeDevState } from './dev-state.ts';
import { loadProgram, type Program, type ProgramConfig, readProgramConfig } from './handler-file.ts';
import { databaseText, startForCommand } from './local-start.ts';
import { row, styled, widthOf } from './terminal.ts';

/** Runs the command. */
export const dev = async (options: DevOptions): Promise<void> => {
  // Listen before the start, so that a signal during the start leaves nothing running.
  const ended = Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT'), parentEnded()]);
  const program = await loadProgram(options.handler);
  const system = await startForCommand(
    systemOptions(options, program.file, (line) => process.stderr.write(`${line}\n`)),
  );
  const folder = process.cwd();
  const sink = process.env.SINK_NAME || 'opengemini-sink';
  try {
    const config = reportConfigFaults(program, system, options.mapping ?? process.env.SINK_MAPPING);
    writeDevState(folder, { pid: process.pid, startedAtMs: Date.now(), sink, addresses: system.addresses });
    process.stdout.write(`${options.json ? JSON.stringify(system.addresses) : readable(system, config)}\n`);
    await ended;
  } finally {
    removeDevState(folder);
    await system.close();
  }
};

const PARENT_POLL_MS = 250;

/**
 * Resolves when the parent process has ended, if that is npm. A signal to npm ends npm and its shell but does not reach
 * this process. Without npm it never resolves, because another parent may start `dev` in the background and exit.
 */
const parentEnded = async (): Promise<void> => {
  if (process.env.npm_lifecycle_event === undefined) return new Promise(() => {});
  const parent = process.ppid;
  while (process.ppid === parent) await new Promise((resolve) => setTimeout(resolve, PARENT_POLL_MS).unref());
};

/**
 * Prints the faults of the configuration at start, because the function would fail with every event. Returns undefined
 * if there are faults.
 *
 * @param mapping - Mapping as the user names it, so that faults name the user's file.
 */
const reportConfigFaults = (
  program: Program,
  { functionVariables }: LocalSystem,
  mapping: string | undefined,
): ProgramConfig | undefined => {
  try {
    return readProgramConfig(program, { ...functionVariables, SINK_MAPPING: mapping });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const consequence =
      'Every invocation will fail with this message. No event is lost, because messages stay in the queue. Press Ctrl-C, correct it, and start again.';
    process.stderr.write(`${styled('yellow', error.message, process.stderr)}\n${consequence}\n`);
    return undefined;
  }
};

const readable = (system: LocalSystem, config: ProgramConfig | undefined): string => {
  const { addresses } = system;
  const width = widthOf(process.stdout);
  const line = (name: string, text: string): string => row(`  ${name}`, text, COLUMN, width);
  const server = process.env.OPENGEMINI_URL ? '' : ' (stand-in, in memory)';
  return [
    'The sink runs on this machine until Ctrl-C.',
    '',
    line('queue', addresses.queueUrl),
    line('dead-letter queue', addresses.deadLetterQueueUrl),
    line('state table', `${addresses.stateTable} at ${addresses.dynamodbEndpoint}`),
    line('openGemini', `${addresses.opengeminiUrl}${server}, database ${databaseText(system)}`),
    '',
    ...devHints(system, config).map(([name, command]) => hint(name, command)),
  ].join('\n');
};

const COLUMN = 22;
const HINT_COLUMN = 20;

/** The command is not wrapped, so that it can be pasted. */
const hint = (name: string, command: string): string =>
  `${styled('bold', `${name}:`, process.stdout)}${' '.repeat(HINT_COLUMN - name.length - 1)}${command}`;
