/** `dev`: runs the whole system on this machine until Ctrl-C or SIGTERM. */

import { once } from 'node:events';
import type { StateFiles } from '../local/state-folder.ts';
import type { LocalSystem } from '../local/system.ts';
import { ConfigError } from '../src/config/config.ts';
import type { Console } from './console/console.ts';
import { type ConsoleRecorder, createConsoleRecorder } from './console/recorder.ts';
import { applyEnvFile } from './dev/env-file.ts';
import { foundState } from './dev/found-state.ts';
import { createLogLines } from './dev/log-lines.ts';
import { chosenPorts, type DevPorts, storePorts } from './dev/ports.ts';
import { type DevFiles, filesToWatch, functionVariables, namedMapping, readDevConfig, reload } from './dev/reload.ts';
import { readWatched } from './dev/watched-files.ts';
import { startDevConsole } from './dev-console.ts';
import { devHints } from './dev-hints.ts';
import { type DevOptions, givenPorts, systemOptions } from './dev-options.ts';
import { DEV_FOLDER, openDevState, removeDevState, writeDevState } from './dev-state.ts';
import { loadProgram, type Program, type ProgramConfig } from './handler-file.ts';
import { databaseText, startForCommand } from './local-start.ts';
import { row, styled, widthOf } from './terminal.ts';

/** Runs the command. */
export const dev = async (options: DevOptions): Promise<void> => {
  // Listen before the start, so that a signal during the start leaves nothing running.
  const ended = Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT'), parentEnded()]);
  const folder = process.cwd();
  const envFile = applyEnvFile(options.envFile, process.env);
  const watched = readWatched(() => filesToWatch(options));
  const program = await loadProgram(options.handler);
  const state = openDevState(folder, options.fresh ?? false);
  const recorder = createConsoleRecorder();
  try {
    const ports = await chosenPorts(givenPorts(options), folder, print);
    const system = await startSystem(options, { folder, program, state, recorder, ports });
    let console: Console | undefined;
    try {
      const config = reportConfigFaults(program, system, options);
      const sink = process.env.SINK_NAME || 'opengemini-sink';
      const mapping = namedMapping(options);
      const found = await foundState(system, sink);
      console = await startDevConsole(options, { system, recorder, sink, config, mapping, port: ports.console });
      storePorts(folder, system.addresses, !process.env.OPENGEMINI_URL, console?.url);
      writeDevState(folder, { pid: process.pid, startedAtMs: Date.now(), sink, addresses: system.addresses });
      process.stdout.write(
        `${options.json ? JSON.stringify({ ...system.addresses, console: console?.url ?? null }) : readable({ system, config, console, found })}\n`,
      );
      let isValid = config !== undefined;
      watched.start(async (changed) => {
        isValid = await reload(isValid, changed, { files: options, folder, system, envFile, print });
      });
      await ended;
    } finally {
      watched.stop();
      removeDevState(folder);
      await console?.close();
      await system.close();
    }
  } finally {
    state.close();
  }
};

/** What a start has found in the working directory. */
interface DevStart {
  readonly folder: string;
  readonly program: Program;
  readonly state: StateFiles;
  readonly recorder: ConsoleRecorder;
  readonly ports: DevPorts;
}

const startSystem = async (
  options: DevOptions,
  { folder, program, state, recorder, ports }: DevStart,
): Promise<LocalSystem> => {
  const given = systemOptions(options, {
    variables: functionVariables(options, folder),
    handlerFile: program.file,
    ports,
    state,
    onLogLine: options.logs ? print : readablePrinter(),
  });
  return startForCommand(recorder.recording(given));
};

const print = (line: string): void => void process.stderr.write(`${line}\n`);

const COLORS = { warning: 'yellow', error: 'red' } as const;

/** Returns a function that prints the readable form of a log line. */
const readablePrinter = (): ((line: string) => void) => {
  const readable = createLogLines();
  return (line) => {
    const found = readable(line);
    if (found === undefined) return;
    print(found.level === 'info' ? found.text : styled(COLORS[found.level], found.text, process.stderr));
  };
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
 * @param files - Files as the user names them, which faults repeat.
 */
const reportConfigFaults = (program: Program, system: LocalSystem, files: DevFiles): ProgramConfig | undefined => {
  try {
    return readDevConfig(program, system, files);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const consequence =
      'Every invocation will fail with this message. No event is lost, because messages stay in the queue. Correct the file, and dev reloads it. Press Ctrl-C and start again to change an option or a variable of the shell.';
    print(`${styled('yellow', error.message, process.stderr)}\n${consequence}`);
    return undefined;
  }
};

interface Started {
  readonly system: LocalSystem;
  /** Undefined if it has faults. */
  readonly config: ProgramConfig | undefined;
  readonly console: Console | undefined;
  /** What earlier runs have left, in words. */
  readonly found: string | undefined;
}

const readable = ({ system, config, console, found }: Started): string => {
  const { addresses } = system;
  const width = widthOf(process.stdout);
  const line = (name: string, text: string): string => row(`  ${name}`, text, COLUMN, width);
  const server = process.env.OPENGEMINI_URL ? '' : ' (stand-in)';
  return [
    'The sink runs on this machine until Ctrl-C.',
    '',
    line('queue', addresses.queueUrl),
    line('dead-letter queue', addresses.deadLetterQueueUrl),
    line('state table', `${addresses.stateTable} at ${addresses.dynamodbEndpoint}`),
    line('openGemini', `${addresses.opengeminiUrl}${server}, database ${databaseText(system)}`),
    ...(console === undefined ? [] : [line('console', console.url)]),
    line('state', `kept in ${DEV_FOLDER}/ for the next run; --fresh forgets it`),
    ...(found === undefined ? [] : [line('from earlier runs', found)]),
    '',
    ...devHints(system, config).map(([name, command]) => hint(name, command)),
  ].join('\n');
};

const COLUMN = 22;
const HINT_COLUMN = 20;

/** The command is not wrapped, so that it can be pasted. */
const hint = (name: string, command: string): string =>
  `${styled('bold', `${name}:`, process.stdout)}${' '.repeat(HINT_COLUMN - name.length - 1)}${command}`;
