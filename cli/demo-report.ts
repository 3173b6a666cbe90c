/** The results of `demo`: faults, text, and JSON. */

import type { LocalAddresses } from '../local/system.ts';
import { isBalanced, type LedgerTotals } from '../local/workload/ledger-totals.ts';
import type { Workload } from '../local/workload/messages.ts';
import type { WorkloadReport } from '../local/workload/run.ts';
import { counted } from './counted.ts';
import { row, styled, widthOf, wrapped } from './terminal.ts';

/** Options of one call. */
export interface DemoOptions {
  readonly messages: number;
  readonly events: number;
  readonly seed: number;
  readonly logs?: boolean;
  readonly json?: boolean;
}

/** Returns what is not as expected, as sentences without a period. */
export const demoFaults = ({ points, letters, ledger }: WorkloadReport, { events }: Workload): string[] => {
  const counts: [number, string][] = [
    [points.missing.length, `points are missing, the first: ${JSON.stringify(points.missing[0])}`],
    [points.unexpected.length, `points are unexpected, the first: ${JSON.stringify(points.unexpected[0])}`],
    [letters.missing.length, `dead letters are missing, the first: ${JSON.stringify(letters.missing[0])}`],
    [letters.unexpected.length, `dead letters are unexpected, the first: ${JSON.stringify(letters.unexpected[0])}`],
    [
      letters.wrongReason.length,
      `dead letters have the wrong reason, the first: ${JSON.stringify(letters.wrongReason[0])}`,
    ],
    [
      letters.crowded.length,
      `dead letters contain more than their event, the first: ${JSON.stringify(letters.crowded[0])}`,
    ],
  ];
  const faults = counts.filter(([count]) => count > 0).map(([count, text]) => `${count} ${text}`);
  if (!isBalanced(ledger)) faults.push('the ledger does not balance');
  if (ledger.eventsReceived - ledger.eventsReturned < events)
    faults.push(`${events} events were sent, but the ledger contains fewer`);
  return faults;
};

/** Returns the members of `demo --json`. */
export const demoMembers = (
  { seed }: DemoOptions,
  { opengeminiUrl, database }: LocalAddresses,
  workload: Workload,
  report: WorkloadReport,
): unknown => {
  const { points, letters, ledger, seconds } = report;
  const faults = demoFaults(report, workload);
  return {
    passed: faults.length === 0,
    faults,
    seed,
    messages: workload.messages.length,
    events: workload.events,
    broken: workload.letters.length,
    opengeminiUrl,
    database,
    seconds: Math.round(seconds * 1_000) / 1_000,
    ledger,
    points: { found: points.found.length, missing: points.missing.length, unexpected: points.unexpected.length },
    deadLetters: {
      found: letters.found.length,
      missing: letters.missing.length,
      unexpected: letters.unexpected.length,
      reasons: Object.fromEntries(byReason(letters).map(([reason, found]) => [reason, found.length])),
    },
  };
};

/** Returns the text that `demo` prints at its end. */
export const reportText = (report: WorkloadReport, faults: readonly string[]): string => {
  const sections = [
    [`Drained after ${report.seconds.toFixed(1)} s.`],
    ledgerLines(report.ledger),
    pointLines(report),
    letterLines(report),
    faults.length === 0 ? successLines(report) : faults.map(faultLine),
  ];
  return sections.map((lines) => `\n${lines.join('\n')}\n`).join('');
};

const cut = (text: string, length: number): string =>
  text.length <= length ? text : `${text.slice(0, length - 3)}...`;

const width = (): number | undefined => widthOf(process.stdout);

const faultLine = (fault: string): string => styled('red', `WRONG: ${fault}`, process.stdout);

const successLines = ({ points, letters }: WorkloadReport): string[] => {
  const result = `All results are as expected: ${counted(points.found.length, 'point')} with exact values, ${counted(letters.found.length, 'dead letter')}, each with one event and the right reason.`;
  const note =
    '(One point was not written by the sink. The demo wrote it first, to fix the type of a column for a conflict.)';
  return [styled('green', wrapped(result, width()), process.stdout), wrapped(note, width())];
};

const ledgerLines = (ledger: LedgerTotals): string[] => {
  const line = (name: string, value: number): string => `  ${name.padEnd(14)}${String(value).padStart(8)}`;
  return [
    `The ledger of ${counted(ledger.invocations, 'invocation')}:`,
    line('received', ledger.eventsReceived),
    line('written', ledger.eventsWritten),
    line('quarantined', ledger.eventsQuarantined),
    line('checkpointed', ledger.eventsCheckpointed),
    line('returned', ledger.eventsReturned),
    line('difference', ledger.ledgerImbalance),
  ];
};

const pointLines = ({ points }: WorkloadReport): string[] => {
  const step = Math.max(1, Math.floor(points.found.length / 4));
  const shown = points.found.filter((_, index) => index % step === 0).slice(0, 4);
  return [
    'Some points, read back from openGemini:',
    ...shown.map(({ measurement, tags, fields, time }) => {
      const members = cut(JSON.stringify(fields), 90);
      return wrapped(`  ${time}  ${measurement}  ${JSON.stringify(tags)}  ${members}`, width(), 4);
    }),
  ];
};

type Letters = WorkloadReport['letters'];

const byReason = ({ found }: Letters): [string, Letters['found']][] =>
  [...Map.groupBy(found, ({ reason }) => reason)].sort(([a], [b]) => (a < b ? -1 : 1));

const letterLines = ({ letters }: WorkloadReport): string[] => {
  if (letters.found.length === 0) return ['No dead letters.'];
  return [
    `${counted(letters.found.length, 'dead letter')}, by reason:`,
    ...byReason(letters).map(([reason, found]) => {
      const name = `  ${String(found.length).padStart(4)}  ${reason}`;
      const line = row(name, cut(found[0]?.detail ?? '', 100), COLUMN, width());
      return line.replace(reason, () => styled('yellow', reason, process.stdout));
    }),
  ];
};

const COLUMN = 28;
