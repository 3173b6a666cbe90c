/** Measures many rows on all processors. Each free worker takes the next row. */

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Row, RowPlan } from './measure.ts';

const WORKER = fileURLToPath(new URL('./row-worker.ts', import.meta.url));

/** Returns the rows in the order of their plans. Throws if a worker fails. */
export const runRows = async (plans: readonly RowPlan[], onRow: (row: Row) => void): Promise<readonly Row[]> => {
  const rows: Row[] = [];
  let next = 0;
  const give = (child: ChildProcess): void => {
    const index = next++;
    const plan = plans[index];
    if (plan === undefined) {
      child.disconnect();
      return;
    }
    child.once('message', (row) => {
      rows[index] = row as Row;
      onRow(row as Row);
      give(child);
    });
    child.send(plan);
  };
  const workers = Math.min(availableParallelism(), plans.length);
  await Promise.all(
    Array.from({ length: workers }, async () => {
      const child = fork(WORKER, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
      give(child);
      const [code, signal] = await once(child, 'exit');
      if (code !== 0) throw new Error(`a worker of the simulation ended with ${code ?? signal}`);
    }),
  );
  return rows;
};
