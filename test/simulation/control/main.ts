/** `npm run simulate -- control`: measures the controller on a model, next to other policies. */

import { parseArgs } from 'node:util';
import { calibrate } from './calibration.ts';
import { CASES } from './cases.ts';
import type { Row } from './measure.ts';
import { writePage } from './page.ts';
import { planRows } from './plan.ts';
import { POLICIES } from './policies.ts';
import { runRows } from './run-rows.ts';
import { tunePeers } from './tune-peers.ts';

const HELP = `Usage: npm run --silent simulate -- control [OPTIONS]

Measure the controller and other policies on the model. By default, all rows of
docs/control.md are measured. Names and numbers are comma-separated lists.

  --case NAMES          cases: ${CASES.map(({ name }) => name).join(', ')}
  --policy NAMES        policies: ${Object.keys(POLICIES).join(', ')}
  --invocations NUMBERS numbers of potential invocations
  --rtt NUMBERS         round-trip times in ms
  --cores NUMBERS       numbers of cores of the server
  --seeds A..B          range of seeds to run (default 21..23, which were not used for tuning)
  --tune                only run the sweep that chose the constants of the other policies
  --quick               measure only a few rows, in less than a minute
  --page FILE           measure the rows, and write the page with its pictures to FILE
  --json                print the rows as one line of JSON at the end`;

const print = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

const fail = (text: string): never => {
  process.stderr.write(`${text}\n\n${HELP}\n`);
  process.exit(2);
};

const optionsOf = (args: readonly string[]) => {
  try {
    return parseArgs({
      args: [...args],
      options: {
        case: { type: 'string' },
        policy: { type: 'string' },
        invocations: { type: 'string' },
        rtt: { type: 'string' },
        cores: { type: 'string' },
        seeds: { type: 'string' },
        tune: { type: 'boolean' },
        quick: { type: 'boolean' },
        page: { type: 'string' },
        json: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    }).values;
  } catch (error) {
    return fail((error as Error).message);
  }
};

const namesIn = (text: string | undefined, known: readonly string[], kind: string): readonly string[] | undefined => {
  const names = text?.split(',');
  for (const name of names ?? [])
    if (!known.includes(name)) fail(`There is no ${kind} "${name}". Known names: ${known.join(', ')}.`);
  return names;
};

const numbersIn = (text: string | undefined): readonly number[] | undefined =>
  text?.split(',').map((one) => (Number(one) > 0 ? Number(one) : fail(`"${one}" is not a number above 0.`)));

const seedsIn = (text: string | undefined): readonly number[] | undefined => {
  if (text === undefined) return undefined;
  const [, from = '', to = from] =
    /^(\d{1,6})(?:\.\.(\d{1,6}))?$/.exec(text) ?? fail(`"${text}" is not a range of seeds (21..23, or one number).`);
  if (Number(to) < Number(from)) fail(`"${text}" is not a range of seeds in ascending order.`);
  return Array.from({ length: Number(to) - Number(from) + 1 }, (_, index) => Number(from) + index);
};

const recoveryText = (seconds: number | null): string => {
  if (seconds === null) return '';
  return seconds < 0 ? '  did not recover' : `  recovery ${seconds} s`;
};

const lineOf = (row: Row): string =>
  [
    row.case.padEnd(26),
    row.policy.padEnd(15),
    `${row.invocations} x, ${row.roundTripMs} ms, ${row.cores} cores`.padEnd(26),
    `${(100 * row.shareOfOracle).toFixed(1)} %`.padStart(8),
    `p99 ${row.p99OverUnloaded} x`.padStart(14),
    `${row.rejected + row.timedOut} errors`.padStart(14),
    recoveryText(row.recoverySeconds),
  ].join('');

/** Runs the command. Returns the exit code. */
export const simulateControl = async (args: readonly string[]): Promise<number> => {
  const options = optionsOf(args);
  if (options.help === true) {
    print(HELP);
    return 0;
  }
  if (options.tune === true) {
    tunePeers(print);
    return 0;
  }
  const plans = planRows({
    quick: options.quick === true,
    cases: namesIn(
      options.case,
      CASES.map(({ name }) => name),
      'case',
    ),
    policies: namesIn(options.policy, Object.keys(POLICIES), 'policy'),
    invocations: numbersIn(options.invocations),
    roundTripsMs: numbersIn(options.rtt),
    cores: numbersIn(options.cores),
    seeds: seedsIn(options.seeds),
  });
  const calibration = calibrate();
  print(
    `The model differs from the measured table by ${calibration.rmsErrorPercent} % (root mean square of logarithms).`,
  );
  const rows = await runRows(plans, (row) => print(lineOf(row)));
  if (options.page !== undefined) writePage(options.page, rows, calibration);
  if (options.json === true) print(JSON.stringify({ rmsErrorPercent: calibration.rmsErrorPercent, cases: rows }));
  return 0;
};
