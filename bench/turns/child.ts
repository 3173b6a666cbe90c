/**
 * Process of one contestant. Arguments: the URL of the module that creates it (export `create`), and the argument of
 * `create` as JSON. It works only when the benchmark commands it to, and is idle while the others work.
 */

import {
  type Answer,
  type Command,
  type Contestant,
  type CreateContestant,
  type Slice,
  Unsupported,
} from './contestant.ts';

const [moduleUrl = '', argument = 'null'] = process.argv.slice(2);

const answer = (value: Answer): void => {
  process.send?.(value);
};

/** Returns the CPU time of the process so far: user and system, all threads, in nanoseconds. */
const cpuNs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) * 1_000;
};

/**
 * Runs one slice. Its length and its figure are CPU time, not the time that passes. On a machine with two cores both
 * gave the same ratios, with quartiles that were 8 % of the median apart, as long as the CPU was free. With another
 * program on the same CPU it was 11 to 18 % for CPU time, and 26 to 45 % for the time that passes (slices of 40 ms).
 */
const runSlice = async (contestant: Contestant, ms: number): Promise<Slice> => {
  const started = cpuNs();
  let items = 0;
  let ns = 0;
  do {
    items += await contestant.step();
    ns = cpuNs() - started;
  } while (ns < ms * 1e6);
  return { items, ns };
};

const obey = async (contestant: Contestant, command: Command): Promise<Answer> => {
  if (command.command === 'slice') return { kind: 'slice', slice: await runSlice(contestant, command.ms) };
  return { kind: 'lines', lines: (await contestant.lines?.(command.bodies)) ?? [] };
};

const failure = (error: unknown): Answer => ({
  kind: error instanceof Unsupported ? 'unsupported' : 'failed',
  reason: error instanceof Unsupported ? error.message : String((error as Error).stack ?? error),
});

process.on('disconnect', () => process.exit());
try {
  const { create } = (await import(moduleUrl)) as { readonly create: CreateContestant };
  const contestant = await create(JSON.parse(argument) as never);
  process.on('message', (command: Command) => {
    obey(contestant, command).then(answer, (error) => answer(failure(error)));
  });
  answer({ kind: 'ready' });
} catch (error) {
  answer(failure(error));
}
