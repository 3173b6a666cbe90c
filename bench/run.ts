/** `npm run bench`: measures the conversion and the handler against alternatives. `--help` lists the options. */

import { writeFileSync } from 'node:fs';
import { checkOut, compare } from './compare.ts';
import { measureConversion } from './conversion/measure.ts';
import { type DataName, dataSet } from './data.ts';
import { type HandlerTimes, measureHandler } from './handler/measure.ts';
import { handlerResults } from './handler/ratios.ts';
import { HELP, OptionError, type Options, readOptions } from './options.ts';
import { PAGE, pageOf } from './performance-page.ts';
import { conversionText, handlerText, shown, stagesText, titleOf } from './report.ts';
import { jsonOf, mediansAndQuartiles, type Results } from './results.ts';
import { stopAll } from './turns/contestant-process.ts';
import { type Cpus, chooseCpus } from './turns/cpus.ts';
import type { Quartiles } from './turns/statistics.ts';
import type { Pace, Times } from './turns/take-turns.ts';

/** What a run measures, and how long. */
interface Plan {
  /** Distinct events per data set. */
  readonly events: number;
  /** Distinct events of the handler. */
  readonly handlerEvents: number;
  readonly conversion: Pace;
  readonly handler: Pace;
}

/** V8 caches the texts of about 16,000 numbers. With more events than that, the cache gives no advantage. */
const EVENTS = 20_000;
/** An event has four numbers, so 5,000 also defeat the cache. With 20,000 the heap was a third larger (41 MB, 31 MB). */
const HANDLER_EVENTS = 5_000;
/**
 * The handler becomes faster until it has run for about 3 s. A slice of it has few invocations, because one takes about
 * 10 ms: with slices of 40 ms the quartiles of its ratios were twice as far apart as with 150 ms.
 */
const FULL: Plan = {
  events: EVENTS,
  handlerEvents: HANDLER_EVENTS,
  conversion: { rounds: 21, sliceMs: 40, warmUpMs: 800 },
  handler: { rounds: 15, sliceMs: 150, warmUpMs: 3_000 },
};
const QUICK: Plan = {
  events: EVENTS,
  handlerEvents: HANDLER_EVENTS,
  conversion: { rounds: 15, sliceMs: 15, warmUpMs: 600 },
  handler: { rounds: 15, sliceMs: 15, warmUpMs: 1_200 },
};
/** For the test of the program, which needs no figures. */
const SMOKE_PACE: Pace = { rounds: 3, sliceMs: 1, warmUpMs: 1 };
const SMOKE: Plan = { events: 200, handlerEvents: 200, conversion: SMOKE_PACE, handler: SMOKE_PACE };

const planOf = ({ quick, smoke }: Options): Plan => (smoke ? SMOKE : quick ? QUICK : FULL);

/** Prints a text. With `--json` only the result is on standard output. */
type Print = (text: string) => void;

const measure = async (options: Options, cpus: Cpus, print: Print): Promise<Results> => {
  const { quick, smoke } = options;
  const plan = planOf(options);
  const { events, handlerEvents } = plan;
  const conversion: Partial<Record<DataName, Times>> = {};
  for (const data of options.data) {
    const times = await measureConversion(data, { events, quick }, plan.conversion, cpus);
    conversion[data] = times;
    print(conversionText(dataSet(data).title, times));
  }
  const measured: HandlerTimes[] = [];
  const add = (one: HandlerTimes): void => {
    measured.push(one);
    print(handlerText(one, handlerResults([one]).main));
  };
  const leftOut = options.handler
    ? await measureHandler({ events: handlerEvents, quick, smoke }, plan.handler, cpus, add)
    : [];
  for (const { name, reason } of leftOut) print(`Left out: ${titleOf(name)}. ${reason}`);
  const handler = options.handler ? handlerResults(measured) : undefined;
  if (handler !== undefined) print(stagesText(handler));
  const pinned = cpus.contestants !== undefined;
  return { node: process.version, pinned, rounds: plan.conversion.rounds, conversion, handler, leftOut };
};

/** Compares with another commit, and returns the object that `--json` prints. */
const measureOther = async (ref: string, options: Options, cpus: Cpus, print: Print): Promise<object> => {
  const { events, conversion: pace } = planOf(options);
  const tree = checkOut(ref);
  const interrupt = (): void => {
    stopAll();
    tree.remove();
    process.exit(130);
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, interrupt);
  const speedups: Record<string, Quartiles> = {};
  try {
    print(`Time of ${tree.commit} / time of this tree. Above 1, this tree is faster.`);
    for (const data of options.data) {
      const { speedup, difference } = await compare(data, tree.root, events, pace, cpus);
      speedups[data] = speedup;
      print(`  ${dataSet(data).title.padEnd(32)}${shown(speedup)}`);
      if (difference !== undefined) print(`  The lines differ: ${difference}`);
    }
  } finally {
    stopAll();
    tree.remove();
  }
  const { medians, quartiles } = mediansAndQuartiles({ speedup: speedups });
  return {
    node: process.version,
    pinned: cpus.contestants !== undefined,
    rounds: pace.rounds,
    commit: tree.commit,
    ...medians,
    quartiles,
  };
};

const main = async (options: Options): Promise<void> => {
  const print: Print = (text) => {
    (options.json ? process.stderr : process.stdout).write(`${text}\n`);
  };
  const cpus = chooseCpus();
  const place = cpus.contestants === undefined ? 'not pinned to a CPU' : `all on CPU ${cpus.contestants}`;
  print(`Node ${process.version}, one process per contestant, ${place}. Median (lower to upper quartile).`);
  if (options.compare !== undefined) {
    const json = await measureOther(options.compare, options, cpus, print);
    if (options.json) process.stdout.write(`${JSON.stringify(json)}\n`);
    return;
  }
  const results = await measure(options, cpus, print);
  if (options.page) writeFileSync(PAGE, pageOf(results));
  if (options.json) process.stdout.write(`${JSON.stringify(jsonOf(results))}\n`);
};

try {
  const options = readOptions(process.argv.slice(2));
  if (options.help) process.stdout.write(`${HELP}\n`);
  else await main(options);
} catch (error) {
  process.stderr.write(`${error instanceof OptionError ? error.message : ((error as Error).stack ?? error)}\n`);
  process.exitCode = 1;
} finally {
  stopAll();
}
