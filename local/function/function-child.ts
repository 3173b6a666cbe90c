/**
 * Starts one process of a function, delivers events over a separate Runtime API, and kills the process at a timeout.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { extname } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { type FunctionIdentity, type FunctionSettings, functionEnvironment, identify } from './function-environment.ts';
import { FunctionError, functionError } from './function-error.ts';
import { startRuntimeApi } from './runtime-api.ts';

/** Where a log line comes from. */
export interface LogSource {
  readonly stream: 'stdout' | 'stderr';
  readonly pid: number;
}

/** Settings of a process. */
export interface ChildOptions extends FunctionSettings {
  /**
   * Working directory of the process. Undefined means the task root, as in Lambda. A function from the sources uses the
   * directory of the command.
   */
  readonly workingDirectory?: string;
  /** Limit for one event. A process that exceeds it is killed. */
  readonly timeoutMs: number;
  readonly onLogLine?: ((line: string, source: LogSource) => void) | undefined;
}

/** One process of a function. It accepts one event at a time. */
export interface FunctionChild {
  readonly pid: number;
  /** Resolves when the handler is loaded. Rejects with a `FunctionError`. */
  readonly ready: Promise<void>;
  /** Resolves when the process has ended and all its output has been read. */
  readonly gone: Promise<void>;
  isGone(): boolean;
  /** Delivers an event as JSON, and returns the response as JSON. Rejects with a `FunctionError`. */
  invoke(event: string): Promise<string>;
  kill(): void;
}

interface Expected {
  resolve(response: string): void;
  reject(error: FunctionError): void;
}

/** Lambda's limit for the initialization before the first event. */
const INIT_MS_MAX = 10_000;
/** Part of a function's memory that Lambda gives to Node as its heap. */
const HEAP_SHARE = 0.9;

/** Has the extension of this file: `.ts` in the sources, `.js` in the built package. */
const BOOTSTRAP = fileURLToPath(new URL(`./bootstrap${extname(import.meta.url)}`, import.meta.url));

const exitError = (code: number | null, signal: NodeJS.Signals | null): FunctionError => {
  if (signal) return functionError('Runtime.ExitError', `Runtime exited with error: signal: ${signal}`);
  if (code === 0) return functionError('Runtime.ExitError', 'Runtime exited without providing a reason');
  return functionError('Runtime.ExitError', `Runtime exited with error: exit status ${code}`);
};

const timeoutError = (timeoutMs: number): FunctionError =>
  functionError('Sandbox.Timedout', `Task timed out after ${(timeoutMs / 1_000).toFixed(2)} seconds`);

/** Waits for one message at a time, and calls `onTooLate` if it does not arrive in time. */
const createExpectation = (onTooLate: (withinMs: number) => void) => {
  let expected: Expected | undefined;
  let timer: NodeJS.Timeout | undefined;
  return {
    within: (ms: number): Promise<string> =>
      new Promise<string>((resolve, reject) => {
        expected = { resolve, reject };
        timer = setTimeout(() => onTooLate(ms), ms);
      }),
    settle: (how: (expected: Expected) => void): void => {
      const settled = expected;
      expected = undefined;
      clearTimeout(timer);
      if (settled) how(settled);
    },
  };
};

const readLines = (child: ChildProcess, pid: number, onLogLine: ChildOptions['onLogLine']): void => {
  for (const stream of ['stdout', 'stderr'] as const) {
    const input = child[stream] as Readable;
    createInterface({ input, crlfDelay: Infinity }).on('line', (line) => onLogLine?.(line, { stream, pid }));
  }
};

const spawnBootstrap = (options: ChildOptions, identity: FunctionIdentity, apiAddress: string): ChildProcess =>
  spawn(process.execPath, [`--max-old-space-size=${Math.floor(options.memoryMb * HEAP_SHARE)}`, BOOTSTRAP], {
    env: functionEnvironment(options, identity, apiAddress),
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: options.workingDirectory ?? options.taskRoot,
  });

/** Starts a process. Returns before its handler is loaded, see `ready`. */
export const startFunctionChild = async (options: ChildOptions): Promise<FunctionChild> => {
  let isReady = false;
  let isGone = false;
  /** Error for which this process killed the child. Undefined if it did not kill the child. */
  let endedBy: FunctionError | undefined;
  const message = createExpectation((withinMs) => {
    endedBy = timeoutError(withinMs);
    child.kill('SIGKILL');
  });
  const identity = identify(options, new Date());
  const api = await startRuntimeApi(identity, {
    idle() {
      if (isReady) return;
      isReady = true;
      message.settle(({ resolve }) => resolve(''));
    },
    responded(response) {
      // A response after the timeout is ignored, as in Lambda, because the process is being killed.
      if (!endedBy) message.settle(({ resolve }) => resolve(response));
    },
    failed(fault) {
      if (!endedBy) message.settle(({ reject }) => reject(new FunctionError(fault)));
    },
  });
  const child = spawnBootstrap(options, identity, api.address);
  const pid = child.pid ?? 0;
  readLines(child, pid, options.onLogLine);
  // A process that cannot be started also emits 'close', which is handled below.
  child.on('error', () => {});
  // 'close' instead of 'exit', so that a response sent just before the end still counts.
  const gone = new Promise<void>((resolveGone) => {
    child.once('close', (code, signal) => {
      isGone = true;
      api.close();
      message.settle(({ reject }) => reject(endedBy ?? exitError(code, signal)));
      resolveGone();
    });
  });
  const ready = message.within(INIT_MS_MAX).then(() => {});

  return {
    pid,
    ready,
    gone,
    isGone: () => isGone,
    invoke: (event) => {
      if (isGone) return Promise.reject(exitError(child.exitCode, child.signalCode));
      const response = message.within(options.timeoutMs);
      api.deliver({ requestId: randomUUID(), event, deadlineMs: Date.now() + options.timeoutMs });
      return response;
    },
    kill: () => void child.kill('SIGKILL'),
  };
};
