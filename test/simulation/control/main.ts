/** `npm run simulate -- control`: what the controller is worth, beside what others would do. */

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

  --case NAMES          ${CASES.map(({ name }) => name).join(', ')}
  --policy NAMES        ${Object.keys(POLICIES).join(', ')}
  --invocations NUMBERS potential invocations
  --rtt NUMBERS         round trips in ms
  --cores NUMBERS       cores of the server
  --seeds A..B          seeds to run (those that no constant was chosen on)
  --tune                the sweep that the peers' constants come from, and nothing else
  --quick               a few rows, in less than a minute
  --page FILE           writes the table and its pictures there, all rows measured anew
  --json                the rows as one line of JSON, last

Names and numbers are lists with commas. Without any, all rows are measured that docs/control.md shows.`;

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
    if (!known.includes(name)) fail(`There is no ${kind} "${name}": there are ${known.join(', ')}.`);
  return names;
};

const numbersIn = (text: string | undefined): readonly number[] | undefined =>
  text?.split(',').map((one) => (Number(one) > 0 ? Number(one) : fail(`"${one}" is no number above 0.`)));

const seedsIn = (text: string | undefined): readonly number[] | undefined => {
  if (text === undefined) return undefined;
  const [, from = '', to = from] =
    /^(\d{1,6})(?:\.\.(\d{1,6}))?$/.exec(text) ?? fail(`"${text}" is no range of seeds: write 21..23, or one number.`);
  if (Number(to) < Number(from)) fail(`"${text}" is no range of seeds: it must rise.`);
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
  print(`The model misses the measured table by ${calibration.rmsErrorPercent} % (root mean square of logarithms).`);
  const rows = await runRows(plans, (row) => print(lineOf(row)));
  if (options.page !== undefined) writePage(options.page, rows, calibration);
  if (options.json === true) print(JSON.stringify({ rmsErrorPercent: calibration.rmsErrorPercent, cases: rows }));
  return 0;
};
