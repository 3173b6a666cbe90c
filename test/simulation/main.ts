/** `npm run simulate`: searches for a way to lose an event. With `control`: measures the controller on a model. */

import { parseArgs } from 'node:util';
import { runSeeds } from './run-seeds.ts';
import { SABOTAGES, sabotage } from './sabotage.ts';
import { packagedFigures } from './template-figures.ts';

const HELP = `Usage: npm run --silent simulate -- [OPTIONS]
       npm run --silent simulate -- control [OPTIONS]   see its own --help

Search for a violation of the guarantees. The exit code is 1 if a seed finds one.

  --seeds A..B       range of seeds to run (default 1..200)
  --seed N           a single seed to run
  --trace            print every event of the run (only with --seed)
  --sabotage NAME    break a safeguard; "list" prints the names
  --json             print the figures as one line of JSON at the end`;

/** Number of trace lines that are printed before a violation. */
const TRACE_LINES = 60;

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // The reader has closed the pipe, as `head` does.
  if (error.code === 'EPIPE') process.exit();
  throw error;
});

const print = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

const fail = (text: string): never => {
  process.stderr.write(`${text}\n\n${HELP}\n`);
  process.exit(2);
};

const [command, ...rest] = process.argv.slice(2);
const isControl = command === 'control';

const options = (() => {
  try {
    return parseArgs({
      args: isControl ? [] : process.argv.slice(2),
      options: {
        seeds: { type: 'string' },
        seed: { type: 'string' },
        trace: { type: 'boolean' },
        sabotage: { type: 'string' },
        json: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    }).values;
  } catch (error) {
    return fail((error as Error).message);
  }
})();

const seedsFrom = (text: string): number[] => {
  const [, from = '', to = from] =
    /^(\d{1,9})(?:\.\.(\d{1,9}))?$/.exec(text) ??
    fail(`"${text}" is not a range of seeds. Use a range such as 1..200, or one number.`);
  if (Number(to) < Number(from))
    fail(`"${text}" is not a range of seeds. The second number must not be less than the first.`);
  return Array.from({ length: Number(to) - Number(from) + 1 }, (_, index) => Number(from) + index);
};

const runOne = async (seed: number, traced: boolean): Promise<number> => {
  if (options.sabotage !== undefined) sabotage(options.sabotage);
  const { runSeed } = await import('./run-seed.ts');
  const { trace, ...report } = await runSeed(seed, packagedFigures(), true);
  const shown = traced ? trace : report.violations.length > 0 ? trace.slice(-TRACE_LINES) : [];
  for (const line of shown) print(line);
  for (const violation of report.violations) print(`seed ${seed}: VIOLATION: ${violation}`);
  const { events, invocations, faults, violations } = report;
  print(
    options.json === true
      ? JSON.stringify({ seeds: 1, events, invocations, faults, violations: violations.length })
      : `seed ${seed}: ${events} events, ${invocations} invocations, ${violations.length} violations`,
  );
  return violations.length === 0 ? 0 : 1;
};

const runMany = async (seeds: readonly number[]): Promise<number> => {
  const figures = packagedFigures();
  let first: number | undefined;
  let done = 0;
  const totals = await runSeeds(seeds, figures, options.sabotage, ({ seed, violations }) => {
    done += 1;
    for (const violation of violations) print(`seed ${seed}: VIOLATION: ${violation}`);
    if (violations.length > 0) first = Math.min(first ?? seed, seed);
    if (done % 50 === 0 && options.json !== true) print(`${done} of ${seeds.length} seeds`);
  });
  if (first !== undefined) {
    const broken = options.sabotage === undefined ? '' : `--sabotage ${options.sabotage} `;
    print(`\nThe end of seed ${first}. Run "${broken}--seed ${first} --trace" for the complete trace.\n`);
    if (options.sabotage !== undefined) sabotage(options.sabotage);
    const { runSeed } = await import('./run-seed.ts');
    for (const line of (await runSeed(first, figures, true)).trace.slice(-TRACE_LINES)) print(line);
    print('');
  }
  if (options.json === true) print(JSON.stringify(totals));
  else {
    print(
      `${totals.seeds} seeds, ${totals.events} events, ${totals.invocations} invocations, ${totals.violations} violations`,
    );
    for (const [kind, count] of Object.entries(totals.faults)) print(`  ${String(count).padStart(7)}  ${kind}`);
  }
  return totals.violations === 0 ? 0 : 1;
};

const main = async (): Promise<number> => {
  if (options.help === true) {
    print(HELP);
    return 0;
  }
  if (options.sabotage === 'list') {
    for (const name of Object.keys(SABOTAGES)) print(name);
    return 0;
  }
  if (options.sabotage !== undefined && !Object.hasOwn(SABOTAGES, options.sabotage))
    fail(`There is no sabotage "${options.sabotage}". "--sabotage list" prints the names.`);
  if (options.seed !== undefined) return runOne(seedsFrom(options.seed)[0] as number, options.trace === true);
  return runMany(seedsFrom(options.seeds ?? '1..200'));
};

/** Loaded only here. A sabotage changes files while they are loaded, and the model would load some of them before. */
const control = async (): Promise<number> => (await import('./control/main.ts')).simulateControl(rest);

process.exitCode = isControl ? await control() : await main();
