/** Adds up the ledgers that the function's invocations put into their metrics. */

import { LEDGER_FIGURES } from '../../src/sink/ledger.ts';

const FIGURES = [...LEDGER_FIGURES, 'valuesAltered'] as const;

export type LedgerTotals = Record<(typeof FIGURES)[number] | 'invocations', number>;

export const emptyLedger = (): LedgerTotals =>
  Object.fromEntries([...FIGURES, 'invocations'].map((name) => [name, 0])) as LedgerTotals;

/** A line of the function's output; all but embedded metrics with a ledger in them is passed over. */
export const addToLedger = (totals: LedgerTotals, line: string): void => {
  if (!line.startsWith('{"_aws"')) return;
  const metrics = JSON.parse(line) as Partial<Record<(typeof FIGURES)[number], number>>;
  if (metrics.eventsReceived === undefined) return;
  for (const name of FIGURES) totals[name] += metrics[name] ?? 0;
  totals.invocations += 1;
};

/** Every event of every invocation went to exactly one place. */
export const isBalanced = (totals: LedgerTotals): boolean =>
  totals.ledgerImbalance === 0 &&
  totals.eventsReceived ===
    totals.eventsWritten + totals.eventsQuarantined + totals.eventsCheckpointed + totals.eventsReturned;
