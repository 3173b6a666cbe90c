/**
 * A Lambda function on this machine: one process per concurrent event, with Lambda's limits for request and response.
 */

import type { ChildOptions } from './function-child.ts';
import { functionError } from './function-error.ts';
import { createWarmProcesses, type WarmProcesses } from './warm-processes.ts';

/** Settings of a pool. */
export interface FunctionPoolOptions extends ChildOptions {
  /** Processes, at most. If all are busy, an event waits for one, where Lambda would throttle. */
  readonly concurrency: number;
}

interface FunctionPoolStats {
  /** Processes that run now. */
  readonly processes: number;
  readonly busy: number;
  /** Events that wait for a process. */
  readonly waiting: number;
  /** Processes started, that is, cold starts. */
  readonly started: number;
  readonly invocations: number;
  readonly failures: number;
}

/** A function that can be invoked. */
export interface FunctionPool {
  /** Invokes the function with an event. Rejects with a `FunctionError`. */
  invoke(event: unknown): Promise<unknown>;
  /** Replaces the environment variables. Running invocations finish, and later ones use new processes. */
  reload(env: Readonly<Record<string, string>>): void;
  /** Kills all processes. Later invocations fail. */
  close(): Promise<void>;
  /** Returns the ids of the processes that run now. */
  processes(): readonly number[];
  stats(): FunctionPoolStats;
}

const REQUEST_BYTES_MAX = 6_291_456;
/** Lambda's limit, which is 100 bytes more than that of the request. */
const RESPONSE_BYTES_MAX = 6_291_556;

const toRequest = (event: unknown): string => {
  const request = JSON.stringify(event) ?? 'null';
  const bytes = Buffer.byteLength(request);
  if (bytes <= REQUEST_BYTES_MAX) return request;
  throw functionError('RequestEntityTooLargeException', `${bytes} byte payload is too large (${REQUEST_BYTES_MAX})`);
};

const fromResponse = (response: string): unknown => {
  if (Buffer.byteLength(response) <= RESPONSE_BYTES_MAX) return JSON.parse(response);
  throw functionError(
    'Function.ResponseSizeTooLarge',
    `Response payload size exceeded maximum allowed payload size (${RESPONSE_BYTES_MAX} bytes).`,
  );
};

/** A semaphore with `count` places. Callers that find no free place wait in the order of their calls. */
const createPlaces = (count: number) => {
  let free = count;
  const line: (() => void)[] = [];
  return {
    take: async (): Promise<void> => {
      if (free > 0) free--;
      else await new Promise<void>((granted) => line.push(granted));
    },
    giveBack: (): void => {
      const next = line.shift();
      if (next) next();
      else free++;
    },
    waiting: () => line.length,
  };
};

const sumOf = (all: readonly WarmProcesses[], count: (each: WarmProcesses) => number): number =>
  all.reduce((sum, each) => sum + count(each), 0);

/** Creates a pool without processes. Each concurrent event gets a process, which is kept warm for later events. */
export const createFunctionPool = (options: FunctionPoolOptions): FunctionPool => {
  let processes = createWarmProcesses(options);
  /** Processes of earlier environment variables. They end with their invocations. */
  const retired: WarmProcesses[] = [];
  const places = createPlaces(options.concurrency);
  const counts = { busy: 0, invocations: 0, failures: 0 };
  let closed = false;

  const run = async (request: string): Promise<unknown> => {
    if (closed) throw functionError('ResourceNotFoundException', 'The function is closed.');
    const used = processes;
    const child = await used.take();
    try {
      return fromResponse(await child.invoke(request));
    } finally {
      used.giveBack(child);
    }
  };

  return {
    invoke: async (event) => {
      const request = toRequest(event);
      await places.take();
      counts.busy++;
      counts.invocations++;
      try {
        return await run(request);
      } catch (error) {
        counts.failures++;
        throw error;
      } finally {
        counts.busy--;
        places.giveBack();
      }
    },
    reload: (env) => {
      processes.retire();
      retired.push(processes);
      processes = createWarmProcesses({ ...options, env });
    },
    close: async () => {
      closed = true;
      await Promise.all([...retired, processes].map((each) => each.close()));
    },
    processes: () => [...retired, processes].flatMap((each) => each.pids()),
    stats: () => ({
      ...counts,
      processes: sumOf([...retired, processes], (each) => each.pids().length),
      started: sumOf([...retired, processes], (each) => each.started()),
      waiting: places.waiting(),
    }),
  };
};
