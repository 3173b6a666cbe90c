import { type ChildOptions, type FunctionChild, startFunctionChild } from './function-child.ts';

/** The processes of one function: the idle ones are taken again before another is started. */
export interface WarmProcesses {
  /** Ready for an event, and nobody else's until it is given back. */
  take(): Promise<FunctionChild>;
  giveBack(child: FunctionChild): void;
  alive(): number;
  started(): number;
  /** Kills all of them, those that are just being started too. */
  close(): Promise<void>;
}

export const createWarmProcesses = (options: ChildOptions): WarmProcesses => {
  const alive = new Set<FunctionChild>();
  const starting = new Set<Promise<FunctionChild>>();
  const idle: FunctionChild[] = [];
  let started = 0;

  const start = async (): Promise<FunctionChild> => {
    started++;
    const child = await startFunctionChild(options);
    alive.add(child);
    void child.gone.then(() => alive.delete(child));
    return child;
  };
  const startNoted = (): Promise<FunctionChild> => {
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
      const child = takeIdle() ?? (await startNoted());
      try {
        await child.ready;
        return child;
      } catch (error) {
        // A process that could not begin is of no use to the next event: Lambda too starts another then.
        child.kill();
        await child.gone;
        throw error;
      }
    },
    giveBack: (child) => {
      if (!child.isGone()) idle.push(child);
    },
    alive: () => alive.size,
    started: () => started,
    close: async () => {
      await Promise.allSettled(starting);
      const ending = [...alive];
      for (const child of ending) child.kill();
      await Promise.all(ending.map((child) => child.gone));
    },
  };
};
