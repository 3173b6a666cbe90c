/** The processes of one function. An idle process is used again before a new one is started. */

import { type ChildOptions, type FunctionChild, startFunctionChild } from './function-child.ts';

/** Reusable processes of one function. */
export interface WarmProcesses {
  /** Returns a process that is ready for an event. No other caller receives it before `giveBack`. */
  take(): Promise<FunctionChild>;
  giveBack(child: FunctionChild): void;
  /** Returns the ids of the processes that run now. */
  pids(): readonly number[];
  /** Number of processes that have been started. */
  started(): number;
  /** Kills the idle processes. A busy one is killed when its event is complete. No process may be taken afterwards. */
  retire(): void;
  /** Kills all processes, including those that are still starting. */
  close(): Promise<void>;
}

/** Creates the set without processes. They are started when needed. */
export const createWarmProcesses = (options: ChildOptions): WarmProcesses => {
  const alive = new Set<FunctionChild>();
  const starting = new Set<Promise<FunctionChild>>();
  const idle: FunctionChild[] = [];
  let started = 0;
  let isRetired = false;

  const start = async (): Promise<FunctionChild> => {
    started++;
    const child = await startFunctionChild(options);
    alive.add(child);
    void child.gone.then(() => alive.delete(child));
    return child;
  };
  const startTracked = (): Promise<FunctionChild> => {
    const promised = start();
    starting.add(promised);
    return promised.finally(() => starting.delete(promised));
  };
  const takeIdle = (): FunctionChild | undefined => {
    for (let child = idle.pop(); child; child = idle.pop()) if (!child.isGone()) return child;
    return undefined;
  };

  return {
    take: async () => {
      const child = takeIdle() ?? (await startTracked());
      try {
        await child.ready;
        return child;
      } catch (error) {
        // A process that failed to initialize cannot serve the next event. Lambda starts a new one too.
        child.kill();
        await child.gone;
        throw error;
      }
    },
    giveBack: (child) => {
      if (isRetired) child.kill();
      else if (!child.isGone()) idle.push(child);
    },
    pids: () => [...alive].map(({ pid }) => pid),
    started: () => started,
    retire: () => {
      isRetired = true;
      for (const child of idle.splice(0)) child.kill();
    },
    close: async () => {
      await Promise.allSettled(starting);
      const ending = [...alive];
      for (const child of ending) child.kill();
      await Promise.all(ending.map((child) => child.gone));
    },
  };
};
