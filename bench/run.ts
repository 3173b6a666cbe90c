/** `npm run bench`: measures the conversion and the handler against alternatives. `--help` lists the options. */

import { measureConversion } from './conversion/measure.ts';
import type { DataName } from './data.ts';
import { dataSet } from './data.ts';
import { HELP, OptionError, type Options, readOptions } from './options.ts';
import { conversionText } from './report.ts';
import { jsonOf, type Results } from './results.ts';
import { stopAll } from './turns/contestant-process.ts';
import { type Cpus, chooseCpus } from './turns/cpus.ts';
import type { Pace, Times } from './turns/take-turns.ts';

/** Distinct events per data set. V8 caches the texts of about 16,000 numbers; more events than that defeat the cache. */
const EVENTS = 20_000;
const FULL: Pace = { rounds: 21, sliceMs: 40, warmUpMs: 600 };
const QUICK: Pace = { rounds: 15, sliceMs: 15, warmUpMs: 600 };
/** For the test of the program: as fast as the processes start. */
const SMOKE: Pace = { rounds: 3, sliceMs: 1, warmUpMs: 1 };
const SMOKE_EVENTS = 200;

const paceOf = ({ quick, smoke }: Options): Pace => (smoke ? SMOKE : quick ? QUICK : FULL);

const measure = async (options: Options, cpus: Cpus, print: (text: string) => void): Promise<Results> => {
  const pace = paceOf(options);
  const conversion: Partial<Record<DataName, Times>> = {};
  const leftOut: string[] = [];
  const events = options.smoke ? SMOKE_EVENTS : EVENTS;
  for (const data of options.data) {
    const { times, leftOut: out } = await measureConversion(data, { events, quick: options.quick }, pace, cpus);
    conversion[data] = times;
    leftOut.push(...out.map(({ name, reason }) => `${name}: ${reason}`));
    print(conversionText(dataSet(data).title, times));
  }
  return {
    node: process.version,
    pinned: cpus.contestants !== undefined,
    rounds: pace.rounds,
    conversion,
    handler: undefined,
    leftOut,
  };
};

const main = async (options: Options): Promise<void> => {
  const print = (text: string): void => {
    (options.json ? process.stderr : process.stdout).write(`${text}\n`);
  };
  const cpus = chooseCpus();
  const place = cpus.contestants === undefined ? 'processes are not pinned to a CPU' : `all on CPU ${cpus.contestants}`;
  print(`Node ${process.version}, one process per contestant, ${place}. Median (lower to upper quartile).`);
  const results = await measure(options, cpus, print);
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
