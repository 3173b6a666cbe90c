/** What a run did, and several of them as one. */

import { LEDGER_FIGURES, type LedgerFigures } from './ledger.ts';

export interface UnwrittenSummary {
  readonly lines: number;
  /** The server's last words. */
  readonly text: string;
}

export interface SinkReport extends LedgerFigures {
  /** Indexes of the messages that must come back. */
  readonly failed: readonly number[];
  readonly valuesAltered: number;
  readonly implausibleTimes: number;
  /** Refused events by code. */
  readonly refusals: Readonly<Record<string, number>>;
  /** Outcomes that left lines undecided, by kind. */
  readonly unwritten: Readonly<Record<string, UnwrittenSummary>>;
  /** The largest batch that was written, in lines. */
  readonly largestBatch: number;
}

/** The sum of runs over different messages of one invocation, whose answer names `failed` out of `messages`. */
export const sumReports = (reports: readonly SinkReport[], messages: number, failed: readonly number[]): SinkReport => {
  const sumOf = (figure: (report: SinkReport) => number): number =>
    reports.reduce((sum, report) => sum + figure(report), 0);
  const figures = Object.fromEntries(LEDGER_FIGURES.map((name) => [name, sumOf((report) => report[name])]));
  return {
    ...(figures as unknown as LedgerFigures),
    // Two mistakes must not cancel each other out.
    ledgerImbalance: sumOf(({ ledgerImbalance }) => Math.abs(ledgerImbalance)),
    messagesReceived: messages,
    messagesReturned: failed.length,
    failed,
    valuesAltered: sumOf((report) => report.valuesAltered),
    implausibleTimes: sumOf((report) => report.implausibleTimes),
    refusals: sumRecords(reports.map(({ refusals }) => refusals)),
    unwritten: sumUnwritten(reports.map(({ unwritten }) => unwritten)),
    largestBatch: reports.reduce((largest, report) => Math.max(largest, report.largestBatch), 0),
  };
};

export const sumRecords = (records: readonly Readonly<Record<string, number>>[]): Record<string, number> => {
  const sums: Record<string, number> = {};
  for (const record of records)
    for (const [name, count] of Object.entries(record)) sums[name] = (sums[name] ?? 0) + count;
  return sums;
};

export const sumUnwritten = (records: readonly SinkReport['unwritten'][]): Record<string, UnwrittenSummary> => {
  const sums: Record<string, UnwrittenSummary> = {};
  for (const record of records)
    for (const [kind, { lines, text }] of Object.entries(record))
      sums[kind] = { lines: lines + (sums[kind]?.lines ?? 0), text };
  return sums;
};
