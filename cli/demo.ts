/**
 * `demo`: starts the local system, sends valid and broken events, and shows the result of each.
 * Exits with 0 only if every point and every dead letter is as expected.
 */

import { extname, join } from 'node:path';
import { LOCAL_DEFAULTS } from '../local/local-defaults.ts';
import { dropDatabase } from '../local/opengemini-client.ts';
import { PACKAGE_ROOT } from '../local/package-root.ts';
import type { LocalSystem } from '../local/system.ts';
import { addToLedger, emptyLedger } from '../local/workload/ledger-totals.ts';
import { makeWorkload } from '../local/workload/messages.ts';
import { type Progress, runWorkload } from '../local/workload/run.ts';
import { ConfigError, readConfig } from '../src/config/config.ts';
import { counted } from './counted.ts';
import { type DemoOptions, demoFaults, demoMembers, reportText } from './demo-report.ts';
import { databaseText, startForCommand } from './local-start.ts';
import { row, widthOf } from './terminal.ts';
import { externalError, UsageError } from './usage-error.ts';

const MAPPING = join(PACKAGE_ROOT, 'examples/mapping.json');
/** One event in 50 is broken. */
const BROKEN_ONE_IN = 50;

/** Runs the command. Returns the exit code: 0 if all results are as expected, otherwise 1. */
export const demo = async (options: DemoOptions): Promise<number> => {
  refuseEventVariables();
  const workload = makeWorkload({
    messages: options.messages,
    eventsPerMessage: options.events,
    brokenOneIn: BROKEN_ONE_IN,
    seed: options.seed,
  });
  const print = options.json ? () => undefined : printText;
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
      if (options.logs) process.stderr.write(`${line}\n`);
    },
  });
  try {
    // A variable of the shell that conflicts with the mapping would fail every invocation. Report it now.
    readConfig(system.functionVariables);
    print(introduction(system));
    print(
      `\nSending ${counted(workload.messages.length, 'message')} with ${counted(workload.events, 'event')}, ${workload.letters.length} of them broken.`,
    );
    const report = await runWorkload(system, workload, ledger, progressPrinter(print));
    const faults = demoFaults(report, workload);
    if (options.json)
      process.stdout.write(`${JSON.stringify(demoMembers(options, system.addresses, workload, report))}\n`);
    else process.stdout.write(reportText(report, faults));
    return faults.length === 0 ? 0 : 1;
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

const introduction = (system: LocalSystem): string => {
  const { addresses } = system;
  const line = (name: string, text: string): string => row(`  ${name}`, text, COLUMN, widthOf(process.stdout));
  return [
    'The whole system runs on this machine:',
    line('queue', addresses.queueUrl),
    line('function', `src/lambda/entry/ingest${extname(import.meta.url)}, mapping examples/mapping.json`),
    line('openGemini', `${addresses.opengeminiUrl}${serverText(system)}`),
  ].join('\n');
};

const COLUMN = 14;

const printText = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

/** Prints at most one line per second. Progress is reported more often than that. */
const progressPrinter = (print: (text: string) => void): ((progress: Progress) => void) => {
  let last = 0;
  return ({ sent, queued, ledger }) => {
    if (performance.now() - last < 1_000) return;
    last = performance.now();
    print(
      `  sent ${sent}, in the queue ${queued}, written ${ledger.eventsWritten}, quarantined ${ledger.eventsQuarantined}`,
    );
  };
};
