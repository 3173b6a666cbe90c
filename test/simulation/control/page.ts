/**
 * Generates `docs/control.md`: the table of all rows, and a picture of each case. The section that was measured by hand on a
 * real server is kept.
 */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { CALIBRATION_LINES, type Calibration } from './calibration.ts';
import { CASES, type Case } from './cases.ts';
import { policyOf, type Row, runCase } from './measure.ts';
import { draw, type Shade } from './picture.ts';
import { PICTURE_SEED } from './plan.ts';
import { POLICIES } from './policies.ts';

const OTHER = 'fixed-2000-mc5';
const MEASURED_START = '<!-- Measured: written by hand, and kept when this page is generated again. -->';
const MEASURED_END = '<!-- End of the measured section. -->';
const NOT_MEASURED = 'Nothing yet. All figures of this page come from the model.';

/** Writes the page and its pictures. */
export const writePage = (file: string, rows: readonly Row[], calibration: Calibration): void => {
  const folder = join(dirname(file), basename(file, '.md'));
  mkdirSync(folder, { recursive: true });
  for (const one of CASES) writeFileSync(join(folder, `${one.name}.svg`), pictureOf(one));
  const measured = measuredIn(existsSync(file) ? readFileSync(file, 'utf8') : '');
  writeFileSync(file, pageOf(rows, calibration, basename(folder), measured));
};

const measuredIn = (page: string): string => {
  const start = page.indexOf(MEASURED_START);
  const end = page.indexOf(MEASURED_END);
  return start < 0 || end < start ? NOT_MEASURED : page.slice(start + MEASURED_START.length, end).trim();
};

const START_OF_CASE: Readonly<Record<string, number>> = { 'wrong-maximum-concurrency': 250 };

const pictureOf = (one: Case): string => {
  const maximumConcurrency = START_OF_CASE[one.name];
  const plan = { case: one.name, invocations: 200, roundTripMs: 2, cores: 2, seeds: [PICTURE_SEED] };
  const momentsOf = (policy: string) => {
    const start = maximumConcurrency === undefined ? {} : { maximumConcurrency };
    return runCase({ ...plan, policy, ...start }, PICTURE_SEED)[0]?.moments ?? [];
  };
  const what = maximumConcurrency === undefined ? one.title : `MaximumConcurrency starts at ${maximumConcurrency}`;
  const title = `${what} (2 cores, 2 ms)`;
  const otherTitle = maximumConcurrency === undefined ? policyOf(OTHER).title : '2,000 lines';
  return draw(title, otherTitle, momentsOf('ours'), momentsOf(OTHER), shadesOf(one));
};

/** Intervals in which a condition of the case differs from the usual one. */
const shadesOf = ({ changes, phases }: Case): readonly Shade[] => {
  const endMs = phases.at(-1)?.endMs ?? 0;
  return changes.flatMap(({ fromMs, speed, cores, tableAway, lines }, index) => {
    const unusual = (speed ?? 1) !== 1 || cores !== undefined || tableAway === true || lines === 0;
    return unusual ? [{ fromS: fromMs / 1_000, toS: (changes[index + 1]?.fromMs ?? endMs) / 1_000 }] : [];
  });
};

const percent = (part: number): string => `${(100 * part).toFixed(1)} %`;

const table = (heads: readonly string[], cells: readonly (readonly string[])[]): string =>
  [heads, heads.map(() => '---'), ...cells].map((row) => `| ${row.join(' | ')} |`).join('\n');

const rowCells = (row: Row): readonly string[] => [
  `\`${row.policy}\``,
  `${row.invocations}`,
  `${row.roundTripMs}`,
  `${row.cores}`,
  row.startMaximumConcurrency === null ? 'none' : `${row.startMaximumConcurrency}`,
  percent(row.shareOfOracle),
  `${row.p50Ms}`,
  `${row.p99Ms}`,
  `${row.p99OverUnloaded}`,
  `${row.rejected + row.timedOut} (${row.rejectedTotal + row.timedOutTotal})`,
  `${row.duplicateLines}`,
  `${row.lambdaSecondsPerMillionLines}`,
  `${row.writesPerMillionLines}`,
  row.recoverySeconds === null ? '' : row.recoverySeconds < 0 ? 'not' : `${row.recoverySeconds}`,
  row.ratio === null ? '' : `${row.ratio}`,
];

const HEADS = [
  'policy',
  'invocations',
  'round trip ms',
  'cores',
  'limit at start',
  'of oracle',
  'p50 ms',
  'p99 ms',
  'p99 / unloaded',
  'errors late (all)',
  'duplicate lines',
  'Lambda s / M lines',
  'writes / M lines',
  'recovery s',
  'second : first sink',
];

const caseText = (one: Case, rows: readonly Row[], folder: string): string => {
  const own = rows.filter((row) => row.case === one.name);
  const shown = own.length === 0 ? 'Not measured in this run.' : table(HEADS, own.map(rowCells));
  return `### ${one.name}\n\n${one.title}.\n\n![${one.title}: throughput, latency, share, batch size](${folder}/${one.name}.svg)\n\n${shown}`;
};

const calibrationTable = ({ rows }: Calibration): string =>
  table(
    ['thousand lines/s', ...CALIBRATION_LINES.map((lines) => `${lines} lines`)],
    rows.map(({ atOnce, measured, modelled }) => [
      `${atOnce} in flight, measured / model`,
      ...measured.map((rate, column) => `${rate} / ${modelled[column]}`),
    ]),
  );

const pageOf = (rows: readonly Row[], calibration: Calibration, folder: string, measured: string): string =>
  `# Control: the value of the controller

<!-- Generated by "npm run simulate -- control --page docs/control.md". Edit test/simulation/control/page.ts instead. -->

This page is for developers and operators who ask what [the controller](operating/controller.md#the-controller) gains.
It shows measurements and a model.

All instances of a sink share one decision: the size of a batch, the number of requests that each invocation may have in
flight (the share), and, where permitted, the number of invocations (\`MaximumConcurrency\`). \`src/controller/\` contains
the algorithm, its constants, and their reasons. Start at \`step.ts\`.

## Measured

${MEASURED_START}

${measured}

${MEASURED_END}

## Modeled

All figures below come from a model of server, event source, and functions (\`test/simulation/control/\`). It runs the
code of \`src/controller/\` unchanged. Nothing was measured on AWS. The server of the model is fitted to one measured
table, with an error of ${calibration.rmsErrorPercent} % (root mean square of the logarithms). Differences of less than about 10 % between batch
sizes are therefore not significant.

${calibrationTable(calibration)}

- *of oracle*: lines per second, as a part of the oracle's rate. The oracle is the best constant combination of batch
  size, concurrency, and number of invocations that a sweep found for the same server and seed, regardless of latency.
  Mean over the seeds.
- *p99 / unloaded*: latency of each request divided by that of the same request alone on the same server, 99th
  percentile. This value, errors, and recovery are those of the worst seed.
- *errors*: 503 responses and timeouts after the first 30 s of the measured phase; in parentheses those of the whole
  run.
- *recovery*: seconds from the end of the disturbance until two seconds reach 90 % of the oracle's rate.
- *limit at start*: \`MaximumConcurrency\`. \`ours\` may move it, and a change takes effect after 20 to 40 s.
- Constants of this controller and of its peers were chosen on other seeds than those shown.

${table(
  ['policy', 'what it is'],
  Object.entries(POLICIES).map(([name, { title }]) => [`\`${name}\``, title]),
)}

${CASES.map((one) => caseText(one, rows, folder)).join('\n\n')}

## Where it falls short

- **Without a limit of invocations**: an invocation cannot have less than one request, so hundreds of them pause between
  requests, and many independent pauses look like random arrivals. At nine tenths of the load the queue of random
  arrivals is several times the service time, whatever the rule. Five invocations per core, or permission to move the
  limit, solve this.
- **While the server is slow**: the round trip is then a small part of the latency, so fewer requests fit in flight, and
  the loss by probes and pauses has a larger effect. A constant limit that happens to fit does not have this cost.
- **A change of the limit takes effect late.** When a much lower one takes effect, the share is too small for two or
  three seconds.
- **If you know the cores of the server**, and they do not change, you need no controller: use \`fixed-2000-mc5\`.

## What the model does not contain

The model does not contain compression, concurrent queries, compaction other than as one factor, memory, several nodes,
the order of a FIFO queue, Lambda's share of a processor, the real scaling of the event source, and a second load on the
server that does not follow these rules. It does not contain a deployment that resets the limit either.
`;
