import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { type FunctionSettings, functionEnvironment, identify } from './function-environment.ts';
import { FunctionError, functionError } from './function-error.ts';
import type { FromFunction, ToFunction } from './function-protocol.ts';

export interface LogSource {
  readonly stream: 'stdout' | 'stderr';
  readonly pid: number;
}

export interface ChildOptions extends FunctionSettings {
  /** A URL. */
  readonly module: string;
  readonly exportName: string;
  readonly timeoutMs: number;
  readonly onLogLine?: ((line: string, source: LogSource) => void) | undefined;
}

/** One process of a function. Its owner gives it one event at a time. */
export interface FunctionChild {
  /** Resolves when the handler is loaded. */
  readonly ready: Promise<void>;
  /** Resolves when the process has ended and all it printed was read. */
  readonly gone: Promise<void>;
  isGone(): boolean;
  /** JSON in, JSON out. */
  invoke(event: string): Promise<string>;
  kill(): void;
}

interface Expected {
  resolve(response: string): void;
  reject(error: FunctionError): void;
}

/** Lambda's limit for what comes before the first event. */
const INIT_MS_MAX = 10_000;
/** Lambda starts Node with this part of a function's memory as its heap. */
const HEAP_SHARE = 0.9;

const RUNTIME = fileURLToPath(new URL('./function-runtime.ts', import.meta.url));

const exitError = (code: number | null, signal: NodeJS.Signals | null): FunctionError => {
  if (signal) return functionError('Runtime.ExitError', `Runtime exited with error: signal: ${signal}`);
  if (code === 0) return functionError('Runtime.ExitError', 'Runtime exited without providing a reason');
  return functionError('Runtime.ExitError', `Runtime exited with error: exit status ${code}`);
};

const timeoutError = (timeoutMs: number): FunctionError =>
  functionError('Sandbox.Timedout', `Task timed out after ${(timeoutMs / 1_000).toFixed(2)} seconds`);

const start = (options: ChildOptions) => {
  const identity = identify(options, new Date());
  const child = fork(RUNTIME, [], {
    env: functionEnvironment(options.env, identity),
    execArgv: [`--max-old-space-size=${Math.floor(options.memoryMb * HEAP_SHARE)}`],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    serialization: 'advanced',
  });
  // What a process that is ending cannot be sent is settled by its end.
  const tell = (message: ToFunction): void => void child.send(message, () => {});
  tell({ kind: 'init', module: options.module, exportName: options.exportName, identity });
  return { child, tell };
};

/** Waits for one message at a time, and calls out when it does not come in time. */
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

export const startFunctionChild = (options: ChildOptions): FunctionChild => {
  const { child, tell } = start(options);
  const pid = child.pid ?? 0;
  readLines(child, pid, options.onLogLine);
  let isGone = false;
  /** Why we ended it; otherwise it ended by itself. */
  let endedBy: FunctionError | undefined;
  const message = createExpectation((withinMs) => {
    endedBy = timeoutError(withinMs);
    child.kill('SIGKILL');
  });

  child.on('message', (said: FromFunction) => {
    // Too late: the process is being ended, and Lambda would not take the answer either.
    if (endedBy) return;
    if (said.kind === 'ready') message.settle(({ resolve }) => resolve(''));
    else if (said.kind === 'answer') message.settle(({ resolve }) => resolve(said.response));
    else message.settle(({ reject }) => reject(new FunctionError(said.fault)));
  });
  // A process that cannot be started or told something also closes, and that is what counts.
  child.on('error', () => {});
  // 'close' and not 'exit': an answer sent just before the end still counts.
  const gone = new Promise<void>((resolveGone) => {
    child.once('close', (code, signal) => {
      isGone = true;
      message.settle(({ reject }) => reject(endedBy ?? exitError(code, signal)));
      resolveGone();
    });
  });
  const ready = message.within(INIT_MS_MAX).then(() => {});

  return {
    ready,
    gone,
    isGone: () => isGone,
    invoke: (event) => {
      if (isGone) return Promise.reject(exitError(child.exitCode, child.signalCode));
      const answer = message.within(options.timeoutMs);
      tell({ kind: 'invoke', requestId: randomUUID(), event, deadlineMs: Date.now() + options.timeoutMs });
      return answer;
    },
    kill: () => void child.kill('SIGKILL'),
  };
};
