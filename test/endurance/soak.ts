/**
 * `npm run soak`: events arrive steadily for a long time, and nothing fails. Measures memory and open files of the
 * function processes, and the time from queue to server, and draws them.
 */

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { quantile, quartilesOf } from '../../bench/turns/statistics.ts';
import { drawPanels, type Panel } from '../simulation/control/picture.ts';
import { EnduranceWorld, type Outcome } from './world.ts';

const HELP = `Usage: npm run --silent soak -- [OPTIONS]

  --minutes N     duration, in minutes (default 10)
  --report FILE   picture of the run as SVG (default soak.svg)
  --json          print the figures as one line of JSON at the end

OPENGEMINI_BINARY names the single-node server "ts-server" of openGemini. Otherwise the stand-in takes its place.
The exit code is 1 if an event is missing, or if memory or open files of the functions grow (Linux).`;

const SAMPLE_MS = 5_000;
const SETTLE_MS = 120_000;
/** Growth from the second to the last quarter of the run that still counts as constant. */
const MEMORY_GROWTH_MAX = 1.25;
const FILES_GROWTH_MAX = 10;

/** Figures of one interval. */
interface Sample {
  /** Of all function processes together, in MB; `NaN` where the system does not tell. */
  readonly memoryMb: number;
  readonly files: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly notStored: number;
}

/** Returns memory in MB and open files of a process from `/proc`. A process may end meanwhile. */
const usageOf = (pid: number): readonly [number, number] => {
  try {
    const [, kib = 'NaN'] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return [Number(kib) / 1_024, readdirSync(`/proc/${pid}/fd`).length];
  } catch {
    return [0, 0];
  }
};

/** Returns a quantile of sorted figures; 0 without figures. */
const quantileOrZero = (sorted: readonly number[], share: number): number =>
  sorted.length === 0 ? 0 : quantile(sorted, share);

const median = (figures: readonly number[]): number => quartilesOf(figures).median;

const print = (text: string): void => void process.stdout.write(`${text}\n`);

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    report: { type: 'string', default: 'soak.svg' },
    json: { type: 'boolean' },
    help: { type: 'boolean' },
  },
});
if (values.help === true) {
  print(HELP);
  process.exit();
}

const world = await EnduranceWorld.open(process.env.OPENGEMINI_BINARY);
print(`${world.server.description}, ${values.minutes} minutes`);
const samples: Sample[] = [];
/** Sends events and takes samples, and waits until all events are stored. */
const run = async (): Promise<{ readonly outcome: Outcome; readonly drainSeconds: number }> => {
  const startMs = performance.now();
  world.begin();
  while (performance.now() - startMs < Number(values.minutes) * 60_000) {
    const sinceMs = performance.now();
    await pause(SAMPLE_MS);
    samples.push(sampleSince(sinceMs));
  }
  const endMs = performance.now();
  await world.settle(SETTLE_MS);
  const drainSeconds = (performance.now() - endMs) / 1_000;
  return { outcome: await world.outcome(), drainSeconds };
};

const sampleSince = (sinceMs: number): Sample => {
  const usages = world.system.processes().map(usageOf);
  const latencies = world.events.latencies((_, storedMs) => storedMs >= sinceMs);
  const { sent, stored } = world.events;
  return {
    memoryMb: usages.reduce((sum, [mb]) => sum + mb, 0),
    files: usages.reduce((sum, [, files]) => sum + files, 0),
    p50Ms: quantileOrZero(latencies, 0.5),
    p99Ms: quantileOrZero(latencies, 0.99),
    notStored: sent - stored,
  };
};

const { outcome, drainSeconds } = await run().finally(() => world.close());

/** Returns the medians of the second and of the last quarter. The first one contains the start. */
const quarters = (figure: (sample: Sample) => number): readonly [number, number] => {
  const all = samples.map(figure);
  const quarter = Math.floor(all.length / 4);
  return [median(all.slice(quarter, 2 * quarter)), median(all.slice(-quarter))];
};
const [memoryBefore, memoryAfter] = quarters(({ memoryMb }) => memoryMb);
const [filesBefore, filesAfter] = quarters(({ files }) => files);
const isGrowing = memoryAfter > MEMORY_GROWTH_MAX * memoryBefore || filesAfter > filesBefore + FILES_GROWTH_MAX;

const panel = (title: string, unit: string, ours: (s: Sample) => number, other?: (s: Sample) => number): Panel => ({
  title,
  unit,
  lines: [
    ...(other === undefined ? [] : [{ kind: 'other' as const, values: samples.map(other) }]),
    { kind: 'ours' as const, values: samples.map(ours) },
  ],
});
const secondsPerValue = SAMPLE_MS / 1_000;
writeFileSync(
  values.report,
  drawPanels({
    title: `Soak test, ${values.minutes} minutes, ${outcome.sent} events`,
    legend: { ours: 'median or sum', other: '99th percentile' },
    panels: [
      panel(
        'From queue to server',
        ' ms',
        ({ p50Ms }) => p50Ms,
        ({ p99Ms }) => p99Ms,
      ),
      panel('Memory of all function processes', ' MB', ({ memoryMb }) => memoryMb),
      panel('Open files of all function processes', '', ({ files }) => files),
      panel('Events not stored yet', '', ({ notStored }) => notStored),
    ],
    shades: [],
    seconds: samples.length * secondsPerValue,
    tickSeconds: Math.max(60, Math.ceil((samples.length * secondsPerValue) / 600) * 60),
    secondsPerValue,
  }),
);

const { sent, stored, missing, deadLetters } = outcome;
const [p50Ms, p99Ms] = [median(samples.map((s) => s.p50Ms)), median(samples.map((s) => s.p99Ms))];
print(`${sent} events sent, ${stored} read back, ${missing.length} missing, ${deadLetters} dead letters`);
print(
  `from queue to server: ${p50Ms.toFixed(0)} ms (median), ${p99Ms.toFixed(0)} ms (99th percentile), medians over ${samples.length} intervals`,
);
print(
  `memory of the functions: ${memoryBefore.toFixed(0)} MB in the second quarter, ${memoryAfter.toFixed(0)} MB in the last`,
);
print(`open files of the functions: ${filesBefore} and ${filesAfter}`);
print(`all stored ${drainSeconds.toFixed(1)} s after the last event; picture: ${values.report}`);
if (values.json === true)
  print(
    JSON.stringify({
      ...outcome,
      p50Ms,
      p99Ms,
      memoryMb: [memoryBefore, memoryAfter],
      files: [filesBefore, filesAfter],
      drainSeconds,
    }),
  );
if (missing.length > 0 || deadLetters > 0 || !outcome.isBalanced || isGrowing) process.exitCode = 1;
