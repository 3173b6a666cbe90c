/**
 * `demo`: starts the local system, sends valid and broken events, and shows the result of each.
 * Exits with 0 only if every point and every dead letter is as expected.
 */

import { extname, join } from 'node:path';
import { dropDatabase } from '../local/opengemini-client.ts';
import { PACKAGE_ROOT } from '../local/package-root.ts';
import { LOCAL_DEFAULTS, type LocalSystem } from '../local/system.ts';
import { addToLedger, emptyLedger, isBalanced, type LedgerTotals } from '../local/workload/ledger-totals.ts';
import { makeWorkload, type Workload } from '../local/workload/messages.ts';
import { type Progress, runWorkload, type WorkloadReport } from '../local/workload/run.ts';
import { ConfigError, readConfig } from '../src/config/config.ts';
import { counted } from './counted.ts';
import { databaseText, startForCommand } from './local-start.ts';
import { externalError, type Options, parseOptions, UsageError } from './usage.ts';

const ABOUT = [
  'Run the whole system on this machine, send valid and broken events, and show the result of each. With OPENGEMINI_URL',
  'the demo writes to your own server. It creates a separate database there and removes it at the end. If you set',
  'OPENGEMINI_DATABASE, it uses that database instead, creates it if it does not exist, and keeps it.',
];

const OPTIONS: Options = {
  messages: { type: 'string', value: 'N', meaning: 'messages to send, 1 to 100000 (default 200)' },
  events: { type: 'string', value: 'N', meaning: 'events in each message, 1 to 1000 (default 20)' },
  seed: { type: 'string', value: 'N', meaning: 'seed that determines the events, 0 to 4294967295 (default 1)' },
  logs: { type: 'boolean', meaning: 'log of the function on standard error' },
};

const MAPPING = join(PACKAGE_ROOT, 'examples/mapping.json');
/** One event in 50 is broken. */
const BROKEN_ONE_IN = 50;

const print = (text = ''): void => {
  process.stdout.write(`${text}\n`);
};

/** Runs the command. Returns the exit code: 0 if all results are as expected, otherwise 1. */
export const demo = async (args: readonly string[]): Promise<number> => {
  const options = parseOptions('demo', ABOUT, OPTIONS, args);
  if (options === undefined) return 0;
  refuseEventVariables();
  const workload = makeWorkload({
    messages: options.integer('messages', 1, 100_000) ?? 200,
    eventsPerMessage: options.integer('events', 1, 1_000) ?? 20,
    brokenOneIn: BROKEN_ONE_IN,
    seed: options.integer('seed', 0, 2 ** 32 - 1) ?? 1,
  });
  const ledger = emptyLedger();
  let lastFailure = '';
  const system = await startForCommand({
    ...LOCAL_DEFAULTS,
    windowMs: 500,
    visibilitySeconds: 361,
    // Each run has a separate database, because points of an earlier run would fail the comparison.
    variables: {
      ...process.env,
      OPENGEMINI_DATABASE: process.env.OPENGEMINI_DATABASE || `demo_${process.pid}`,
      SINK_MAPPING: MAPPING,
    },
    onLogLine(line) {
      addToLedger(ledger, line);
      if (line.startsWith('invocation failed')) lastFailure = line;
      if (options.flag('logs')) process.stderr.write(`${line}\n`);
    },
  });
  try {
    // A variable of the shell that conflicts with the mapping would fail every invocation. Report it now.
    readConfig(system.functionVariables);
    const { addresses } = system;
    print('The whole system runs on this machine:');
    print(`  queue       ${addresses.queueUrl}`);
    print(`  function    src/lambda/entry/ingest${extname(import.meta.url)}, mapping examples/mapping.json`);
    print(`  openGemini  ${addresses.opengeminiUrl}${serverText(system)}`);
    print();
    print(
      `Sending ${counted(workload.messages.length, 'message')} with ${counted(workload.events, 'event')}, ${workload.letters.length} of them broken.`,
    );
    const report = await runWorkload(system, workload, ledger, progressPrinter());
    return show(report, workload);
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw externalError('The demo did not complete', error, lastFailure);
  } finally {
    if (isTemporary()) await dropDatabase(system.server, system.addresses.database).catch(() => undefined);
    await system.close();
  }
};

const EVENT_VARIABLES =
  /^SINK_(?:MAPPING|INPUT|MEASUREMENT|TIMESTAMP_FIELD|SOURCE_PRECISION|TAG_FIELDS|FIELD_FIELDS|IGNORE_NULL_VALUES)$/;

/**
 * Refuses variables that the demo would ignore: a user with a mapping in the shell could believe that the demo uses it.
 */
const refuseEventVariables = (): void => {
  const names = Object.keys(process.env).filter((name) => EVENT_VARIABLES.test(name) && process.env[name] !== '');
  if (names.length === 0) return;
  throw new UsageError(
    `The demo uses its own events and mapping and would ignore ${names.join(', ')}. Unset it for the demo. To run the system with your mapping, use "dev". To see the lines of your events, use "convert".`,
  );
};

/**
 * Whether to drop the database at the end: on the user's own server, unless OPENGEMINI_DATABASE names a database to
 * keep.
 */
const isTemporary = (): boolean => Boolean(process.env.OPENGEMINI_URL) && !process.env.OPENGEMINI_DATABASE;

const serverText = (system: LocalSystem): string => {
  if (!process.env.OPENGEMINI_URL) return ` (stand-in), database ${system.addresses.database}`;
  return isTemporary()
    ? `, database ${system.addresses.database}, created for this run and removed at its end`
    : `, database ${databaseText(system)}; its points are kept`;
};

/** Prints at most one line per second. Progress is reported more often than that. */
const progressPrinter = (): ((progress: Progress) => void) => {
  let last = 0;
  return ({ sent, queued, ledger }) => {
    if (performance.now() - last < 1_000) return;
    last = performance.now();
    print(
      `  sent ${sent}, in the queue ${queued}, written ${ledger.eventsWritten}, quarantined ${ledger.eventsQuarantined}`,
    );
  };
};

const show = (report: WorkloadReport, workload: Workload): number => {
  print();
  print(`Drained after ${report.seconds.toFixed(1)} s.`);
  print();
  showLedger(report.ledger);
  showPoints(report);
  showLetters(report);
  const faults = faultsOf(report, workload);
  for (const fault of faults) print(`WRONG: ${fault}`);
  if (faults.length === 0) {
    print(
      `All results are as expected: ${counted(report.points.found.length, 'point')} with exact values, ${counted(report.letters.found.length, 'dead letter')}, each with one event and the right reason.`,
    );
    print(
      '(One point was not written by the sink. The demo wrote it first, to fix the type of a column for a conflict.)',
    );
  }
  return faults.length === 0 ? 0 : 1;
};

const showLedger = (ledger: LedgerTotals): void => {
  print(`The ledger of ${counted(ledger.invocations, 'invocation')}:`);
  const row = (name: string, value: number): void => print(`  ${name.padEnd(14)}${String(value).padStart(8)}`);
  row('received', ledger.eventsReceived);
  row('written', ledger.eventsWritten);
  row('quarantined', ledger.eventsQuarantined);
  row('checkpointed', ledger.eventsCheckpointed);
  row('returned', ledger.eventsReturned);
  row('difference', ledger.ledgerImbalance);
  print();
};

const showPoints = ({ points }: WorkloadReport): void => {
  print('Some points, read back from openGemini:');
  const step = Math.max(1, Math.floor(points.found.length / 4));
  for (const { measurement, tags, fields, time } of points.found.filter((_, index) => index % step === 0).slice(0, 4)) {
    print(`  ${time}  ${measurement}  ${JSON.stringify(tags)}  ${shortened(JSON.stringify(fields), 90)}`);
  }
  print();
};

const showLetters = ({ letters }: WorkloadReport): void => {
  if (letters.found.length === 0) {
    print('No dead letters.');
    print();
    return;
  }
  const byReason = Map.groupBy(letters.found, ({ reason }) => reason);
  print(`${counted(letters.found.length, 'dead letter')}, by reason:`);
  for (const [reason, found] of [...byReason].sort(([a], [b]) => (a < b ? -1 : 1))) {
    print(`  ${String(found.length).padStart(4)}  ${reason.padEnd(20)}${shortened(found[0]?.detail ?? '', 100)}`);
  }
  print();
};

const shortened = (text: string, length: number): string =>
  text.length <= length ? text : `${text.slice(0, length - 3)}...`;

const faultsOf = ({ points, letters, ledger }: WorkloadReport, { events }: Workload): string[] => {
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
