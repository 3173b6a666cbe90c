/** Reports of runs, and their sums. */

import { LEDGER_FIGURES, type LedgerFigures } from './ledger.ts';

/** Unwritten lines with the same kind of outcome. */
export interface UnwrittenSummary {
  readonly lines: number;
  /** The last error text of the server. */
  readonly text: string;
}

/** Results of the messages of one invocation. */
export interface InvocationReport extends LedgerFigures {
  /** Values that were changed as the mapping declares: coerced, line breaks escaped, nulls omitted. */
  readonly valuesAltered: number;
  /** Written times that differ so much from the time of their message that the declared precision is probably wrong. */
  readonly implausibleTimes: number;
  /** Fields that were left out, because their values have another type or are not finite. */
  readonly fieldsOmitted: number;
  /** Arrays and objects of events that are absent, and that the mapping ignores. */
  readonly branchesIgnored: number;
  /** Lines with the series and time of an earlier line of their message, of which openGemini keeps one. */
  readonly pointsReplaced: number;
  /** Measurement of the first of these lines; `undefined` if there is none. */
  readonly firstReplaced?: string | undefined;
  /** Fields that were changed because their columns have another type in openGemini. */
  readonly conflictsResolved: number;
  /** Number of refused events by refusal code. */
  readonly refusals: Readonly<Record<string, number>>;
  /** Lines that were neither written nor refused, by kind of outcome. */
  readonly unwritten: Readonly<Record<string, UnwrittenSummary>>;
  /** Lines of the largest batch that was written. */
  readonly largestBatch: number;
}

/** Results of the messages of one run of the sink. */
export interface SinkReport extends InvocationReport {
  /** Indexes of the messages to return: all that are not proven settled. In ascending order. */
  readonly returned: readonly number[];
}

/**
 * Returns the sum of runs over different messages of one invocation.
 *
 * @param messages - Messages received and returned by the invocation, which may differ from the sums of its runs.
 */
export const sumReports = (
  reports: readonly SinkReport[],
  messages: { readonly received: number; readonly returned: number },
): InvocationReport => {
  const sumOf = (figure: (report: SinkReport) => number): number =>
    reports.reduce((sum, report) => sum + figure(report), 0);
  const figures = Object.fromEntries(LEDGER_FIGURES.map((name) => [name, sumOf((report) => report[name])]));
  return {
    ...(figures as unknown as LedgerFigures),
    // Two mistakes must not cancel each other out.
    ledgerImbalance: sumOf(({ ledgerImbalance }) => Math.abs(ledgerImbalance)),
    messagesReceived: messages.received,
    messagesReturned: messages.returned,
    valuesAltered: sumOf((report) => report.valuesAltered),
    implausibleTimes: sumOf((report) => report.implausibleTimes),
    fieldsOmitted: sumOf((report) => report.fieldsOmitted),
    branchesIgnored: sumOf((report) => report.branchesIgnored),
    pointsReplaced: sumOf((report) => report.pointsReplaced),
    firstReplaced: reports.find(({ firstReplaced }) => firstReplaced !== undefined)?.firstReplaced,
    conflictsResolved: sumOf((report) => report.conflictsResolved),
    refusals: sumRecords(reports.map(({ refusals }) => refusals)),
    unwritten: sumUnwritten(reports.map(({ unwritten }) => unwritten)),
    largestBatch: reports.reduce((largest, report) => Math.max(largest, report.largestBatch), 0),
  };
};

/** Returns the sum of several records of figures, by name. */
export const sumRecords = (records: readonly Readonly<Record<string, number>>[]): Record<string, number> => {
  const sums: Record<string, number> = {};
  for (const record of records)
    for (const [name, count] of Object.entries(record)) sums[name] = (sums[name] ?? 0) + count;
  return sums;
};

/** Returns the sum of unwritten lines, by kind of outcome. The last error text of each kind is kept. */
export const sumUnwritten = (records: readonly SinkReport['unwritten'][]): Record<string, UnwrittenSummary> => {
  const sums: Record<string, UnwrittenSummary> = {};
  for (const record of records)
    for (const [kind, { lines, text }] of Object.entries(record))
      sums[kind] = { lines: lines + (sums[kind]?.lines ?? 0), text };
  return sums;
};
