/** `demo`: starts the system, sends events good and bad, and shows what became of each. Exit 0 only if all is as it must be. */

import { fileURLToPath } from 'node:url';
import { dropDatabase } from '../local/opengemini-client.ts';
import { LOCAL_DEFAULTS, type LocalSystem } from '../local/system.ts';
import { addToLedger, emptyLedger, isBalanced, type LedgerTotals } from '../local/workload/ledger-totals.ts';
import { makeWorkload, type Workload } from '../local/workload/messages.ts';
import { type Progress, runWorkload, type WorkloadReport } from '../local/workload/run.ts';
import { ConfigError, readConfig } from '../src/config/config.ts';
import { counted } from './counted.ts';
import { databaseText, startOrTell } from './local-start.ts';
import { type Options, outsideFault, parseOptions, UsageError } from './usage.ts';

const ABOUT = [
  'Runs the whole system on this machine, sends events good and bad, and shows what became of each. With OPENGEMINI_URL',
  'it writes to a server of yours: into a database of its own, which it removes at the end, or into OPENGEMINI_DATABASE,',
  'which is made if it is not there, and stays.',
];

const OPTIONS: Options = {
  messages: { type: 'string', value: 'N', meaning: 'messages to send (200)' },
  events: { type: 'string', value: 'N', meaning: 'events in each (20)' },
  seed: { type: 'string', value: 'N', meaning: 'another seed gives other events (1)' },
  logs: { type: 'boolean', meaning: "show the function's log on standard error" },
};

const MAPPING = fileURLToPath(new URL('../examples/mapping.json', import.meta.url));
const BROKEN_ONE_IN = 50;

const print = (text = ''): void => {
  process.stdout.write(`${text}\n`);
};

export const demo = async (args: readonly string[]): Promise<number> => {
  const options = parseOptions('demo', ABOUT, OPTIONS, args);
  if (options === undefined) return 0;
  refuseOtherEvents();
  const workload = makeWorkload({
    messages: options.integer('messages', 1, 100_000) ?? 200,
    eventsPerMessage: options.integer('events', 1, 1_000) ?? 20,
    brokenOneIn: BROKEN_ONE_IN,
    seed: options.integer('seed', 0, 2 ** 32 - 1) ?? 1,
  });
  const ledger = emptyLedger();
  let lastFailure = '';
  const system = await startOrTell({
    ...LOCAL_DEFAULTS,
    windowMs: 500,
    visibilitySeconds: 361,
    // A database of its own for each run: what was there before would only be in the way.
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
    // A variable of the shell that does not go with the mapping would fail every invocation.
    readConfig(system.functionVariables);
    const { addresses } = system;
    print('The whole system runs on this machine:');
    print(`  queue       ${addresses.queueUrl}`);
    print(`  function    src/lambda/entry/ingest.ts, mapping examples/mapping.json`);
    print(`  openGemini  ${addresses.opengeminiUrl}${serverText(system)}`);
    print();
    print(
      `Sending ${counted(workload.messages.length, 'message')} with ${counted(workload.events, 'event')}, ${workload.letters.length} of them broken.`,
    );
    const report = await runWorkload(system, workload, ledger, progressPrinter());
    return show(report, workload);
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw outsideFault('The demo did not come to its end', error, lastFailure);
  } finally {
    if (isPassing()) await dropDatabase(system.server, system.addresses.database).catch(() => undefined);
    await system.close();
  }
};

const OF_EVENTS =
  /^SINK_(?:MAPPING|INPUT|MEASUREMENT|TIMESTAMP_FIELD|SOURCE_PRECISION|TAG_FIELDS|FIELD_FIELDS|IGNORE_NULL_VALUES)$/;

/** Whoever has a mapping in the shell may think that it is being tried. */
const refuseOtherEvents = (): void => {
  const names = Object.keys(process.env).filter((name) => OF_EVENTS.test(name) && process.env[name] !== '');
  if (names.length === 0) return;
  throw new UsageError(
    `The demo has events and a mapping of its own, and would pass over ${names.join(', ')}: leave that out. "dev" runs the system with your mapping, "convert" shows what it makes of events.`,
  );
};

/** A server that is not ours keeps nothing of the demo, unless its database was named. */
const isPassing = (): boolean => Boolean(process.env.OPENGEMINI_URL) && !process.env.OPENGEMINI_DATABASE;

const serverText = (system: LocalSystem): string => {
  if (!process.env.OPENGEMINI_URL) return ` (stand-in), database ${system.addresses.database}`;
  return isPassing()
    ? `, database ${system.addresses.database}, made for this run and removed at its end`
    : `, database ${databaseText(system)}; what is written there stays`;
};

/** One line a second at most; the queue is asked more often. */
const progressPrinter = (): ((progress: Progress) => void) => {
  let last = 0;
  return ({ sent, waiting, ledger }) => {
    if (performance.now() - last < 1_000) return;
    last = performance.now();
    print(
      `  sent ${sent}, in the queue ${waiting}, written ${ledger.eventsWritten}, quarantined ${ledger.eventsQuarantined}`,
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
      `All is as it must be: ${counted(report.points.found.length, 'point')} with exactly their values, ${counted(report.letters.found.length, 'dead letter')}, each alone and with its reason.`,
    );
    print('(One of the points is not of the sink: it was there before, so that a column has a type to conflict with.)');
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
    [points.unexpected.length, `points should not be there, the first: ${JSON.stringify(points.unexpected[0])}`],
    [letters.missing.length, `dead letters are missing, the first: ${JSON.stringify(letters.missing[0])}`],
    [
      letters.unexpected.length,
      `dead letters should not be there, the first: ${JSON.stringify(letters.unexpected[0])}`,
    ],
    [
      letters.wrongReason.length,
      `dead letters give another reason, the first: ${JSON.stringify(letters.wrongReason[0])}`,
    ],
    [
      letters.crowded.length,
      `dead letters hold more than their event, the first: ${JSON.stringify(letters.crowded[0])}`,
    ],
  ];
  const faults = counts.filter(([count]) => count > 0).map(([count, text]) => `${count} ${text}`);
  if (!isBalanced(ledger)) faults.push('the ledger does not balance');
  if (ledger.eventsReceived - ledger.eventsReturned < events)
    faults.push(`${events} events were sent, but the ledger knows fewer`);
  return faults;
};
