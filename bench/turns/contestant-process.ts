/** The process of one contestant, as the benchmark sees it. */

import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Answer, Command, Slice } from './contestant.ts';
import { pinned } from './cpus.ts';

const CHILD = fileURLToPath(new URL('./child.ts', import.meta.url));

/** A contestant to start. */
export interface Entry {
  readonly name: string;
  /** URL of the module that exports `create`. */
  readonly module: URL;
  /** Argument of `create`. It is passed as JSON. */
  readonly argument: object;
}

/** A process that was started. */
export interface ContestantProcess {
  readonly name: string;
  /** Runs one slice. Rejects if the contestant fails. */
  slice(ms: number): Promise<Slice>;
  /** Returns the lines of the first bodies. */
  lines(bodies: number): Promise<readonly string[]>;
  stop(): void;
}

/** A contestant that cannot run with this version of the sink, and the reason. */
export interface LeftOut {
  readonly name: string;
  readonly reason: string;
}

const running = new Set<ChildProcess>();

/** Ends all processes of contestants, for the end of the program. */
export const stopAll = (): void => {
  for (const child of running) child.kill();
};

/** Resolves with the next answer of a process. */
const nextAnswer = (child: ChildProcess, name: string): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const ended = (code: number | null, signal: string | null): void =>
      reject(new Error(`The process of "${name}" ended (${signal ?? `exit code ${code}`}). Its error is above.`));
    child.once('exit', ended);
    child.once('error', reject);
    child.once('message', (answer: Answer) => {
      child.off('exit', ended);
      child.off('error', reject);
      if (answer.kind === 'failed') reject(new Error(`"${name}" failed: ${answer.reason}`));
      else resolve(answer);
    });
  });

const startChild = ({ module, argument }: Entry, cpu: number | undefined): ChildProcess => {
  const command = [
    process.execPath,
    '--disable-warning=ExperimentalWarning',
    CHILD,
    module.href,
    JSON.stringify(argument),
  ];
  const [program = '', ...parameters] = pinned(cpu, command);
  // Loggers write to standard output, which costs them the same time as in Lambda.
  const child = spawn(program, parameters, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
};

/**
 * Starts a contestant, and waits until its data is ready.
 *
 * @param cpu - Undefined: not pinned.
 */
export const startContestant = async (entry: Entry, cpu: number | undefined): Promise<ContestantProcess | LeftOut> => {
  const { name } = entry;
  const child = startChild(entry, cpu);
  const stop = (): void => {
    child.kill();
  };
  const ready = await nextAnswer(child, name);
  if (ready.kind === 'unsupported') {
    stop();
    return { name, reason: ready.reason };
  }
  const ask = (command: Command): Promise<Answer> => {
    const answer = nextAnswer(child, name);
    child.send(command);
    return answer;
  };
  return {
    name,
    stop,
    async slice(ms) {
      return ((await ask({ command: 'slice', ms })) as Extract<Answer, { kind: 'slice' }>).slice;
    },
    async lines(bodies) {
      return ((await ask({ command: 'lines', bodies })) as Extract<Answer, { kind: 'lines' }>).lines;
    },
  };
};
