/** Sums the ledgers of all invocations, which the function logs as embedded metrics. */

import { LEDGER_FIGURES } from '../../src/sink/ledger.ts';

const FIGURES = [...LEDGER_FIGURES, 'valuesAltered'] as const;

/** Sums of the figures of all ledgers, and the number of invocations. */
export type LedgerTotals = Record<(typeof FIGURES)[number] | 'invocations', number>;

/** Returns sums of 0. */
export const emptyLedger = (): LedgerTotals =>
  Object.fromEntries([...FIGURES, 'invocations'].map((name) => [name, 0])) as LedgerTotals;

/** Adds the ledger in a log line. Ignores every line that is not an embedded metric with a ledger. */
export const addToLedger = (totals: LedgerTotals, line: string): void => {
  if (!line.startsWith('{"_aws"')) return;
  const metrics = JSON.parse(line) as Partial<Record<(typeof FIGURES)[number], number>>;
  if (metrics.eventsReceived === undefined) return;
  for (const name of FIGURES) totals[name] += metrics[name] ?? 0;
  totals.invocations += 1;
};

/** Whether every event of every invocation went to exactly one place. */
export const isBalanced = (totals: LedgerTotals): boolean =>
  totals.ledgerImbalance === 0 &&
  totals.eventsReceived ===
    totals.eventsWritten +
      totals.eventsQuarantined +
      totals.eventsCheckpointed +
      totals.eventsDropped +
      totals.eventsReturned;
