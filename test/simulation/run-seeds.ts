/** Runs many seeds on all processors. */

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { FAULT_KINDS, type FaultKind } from './faults.ts';
import type { Order, Progress } from './seed-worker.ts';
import type { TemplateFigures } from './template-figures.ts';

/** Sums of the results of all seeds. */
export interface Totals {
  readonly seeds: number;
  readonly events: number;
  readonly invocations: number;
  readonly faults: Readonly<Record<FaultKind, number>>;
  readonly violations: number;
}

const WORKER = fileURLToPath(new URL('./seed-worker.ts', import.meta.url));

/** Runs the seeds and calls `onReport` after each. Throws if a worker fails. */
export const runSeeds = async (
  seeds: readonly number[],
  figures: TemplateFigures,
  sabotage: string | undefined,
  onReport: (report: Progress) => void,
): Promise<Totals> => {
  const reports: Progress[] = [];
  const workers = Math.min(availableParallelism(), seeds.length);
  await Promise.all(
    Array.from({ length: workers }, async (_, worker) => {
      const own = seeds.filter((__, index) => index % workers === worker);
      await runWorker({ figures, sabotage, seeds: own }, (report) => {
        reports.push(report);
        onReport(report);
      });
    }),
  );
  return totalsOf(reports);
};

const runWorker = async (order: Order, onReport: (report: Progress) => void): Promise<void> => {
  const child = fork(WORKER, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  child.on('message', (report) => onReport(report as Progress));
  child.send(order);
  const [code, signal] = await once(child, 'exit');
  if (code !== 0) throw new Error(`a worker of the simulation ended with ${code ?? signal}`);
};

const totalsOf = (reports: readonly Progress[]): Totals => {
  const sumOf = (figure: (report: Progress) => number): number =>
    reports.reduce((sum, report) => sum + figure(report), 0);
  return {
    seeds: reports.length,
    events: sumOf(({ events }) => events),
    invocations: sumOf(({ invocations }) => invocations),
    faults: Object.fromEntries(
      FAULT_KINDS.map((kind) => [kind, sumOf(({ faults }) => faults[kind])]),
    ) as Totals['faults'],
    violations: sumOf(({ violations }) => violations.length),
  };
};
