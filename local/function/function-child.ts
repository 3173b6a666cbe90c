import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { type FunctionSettings, functionEnvironment, identify } from './function-environment.ts';
import { FunctionError, functionError } from './function-error.ts';
import { startRuntimeApi } from './runtime-api.ts';

export interface LogSource {
  readonly stream: 'stdout' | 'stderr';
  readonly pid: number;
}

export interface ChildOptions extends FunctionSettings {
  /** Lambda's is the task root; a function from the sources finds its files where its starter stands. */
  readonly workingDirectory?: string;
  readonly timeoutMs: number;
  readonly onLogLine?: ((line: string, source: LogSource) => void) | undefined;
}

/** One process of a function. Its owner gives it one event at a time. */
export interface FunctionChild {
  readonly pid: number;
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

const BOOTSTRAP = fileURLToPath(new URL('./bootstrap.ts', import.meta.url));

const exitError = (code: number | null, signal: NodeJS.Signals | null): FunctionError => {
  if (signal) return functionError('Runtime.ExitError', `Runtime exited with error: signal: ${signal}`);
  if (code === 0) return functionError('Runtime.ExitError', 'Runtime exited without providing a reason');
  return functionError('Runtime.ExitError', `Runtime exited with error: exit status ${code}`);
};

const timeoutError = (timeoutMs: number): FunctionError =>
  functionError('Sandbox.Timedout', `Task timed out after ${(timeoutMs / 1_000).toFixed(2)} seconds`);

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

export const startFunctionChild = async (options: ChildOptions): Promise<FunctionChild> => {
  let isReady = false;
  let isGone = false;
  /** Why we ended it; otherwise it ended by itself. */
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
    answered(response) {
      // Too late: the process is being ended, and Lambda would not take the answer either.
      if (!endedBy) message.settle(({ resolve }) => resolve(response));
    },
    failed(fault) {
      if (!endedBy) message.settle(({ reject }) => reject(new FunctionError(fault)));
    },
  });
  const child = spawn(
    process.execPath,
    [`--max-old-space-size=${Math.floor(options.memoryMb * HEAP_SHARE)}`, BOOTSTRAP],
    {
      env: functionEnvironment(options, identity, api.address),
      stdio: ['ignore', 'pipe', 'pipe'],
      cwd: options.workingDirectory ?? options.taskRoot,
    },
  );
  const pid = child.pid ?? 0;
  readLines(child, pid, options.onLogLine);
  // A process that cannot be started also closes, and that is what counts.
  child.on('error', () => {});
  // 'close' and not 'exit': an answer sent just before the end still counts.
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
      const answer = message.within(options.timeoutMs);
      api.deliver({ requestId: randomUUID(), event, deadlineMs: Date.now() + options.timeoutMs });
      return answer;
    },
    kill: () => void child.kill('SIGKILL'),
  };
};
