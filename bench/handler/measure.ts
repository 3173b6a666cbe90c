/** Measures the handler, from the parsed event to the response, at several sizes. */

import { differenceOf } from '../conversion/verify.ts';
import type { ContestantProcess, Entry, LeftOut } from '../turns/contestant-process.ts';
import type { Cpus } from '../turns/cpus.ts';
import { type Pace, startAll, type Times, takeTurns } from '../turns/take-turns.ts';
import type { HandlerArgument } from './contestant.ts';
import type { EventSize } from './event.ts';
import { startServer } from './server-process.ts';
import { PARTS, type Part } from './stages.ts';

/** Names of the contestants. The figures are nanoseconds of CPU time per message. */
export const OURS = 'Ours';
/** With `OPENGEMINI_GZIP=on`. */
export const OURS_GZIP = 'OursGzip';
/** With `OPENGEMINI_GZIP=off`. */
export const OURS_RAW = 'OursRaw';
/** Powertools, and one request per batch. */
export const POWERTOOLS = 'Powertools';
/** Powertools, and one request per record. */
export const POWERTOOLS_PER_RECORD = 'PowertoolsPerRecord';
/** Parsing and compressing alone. */
export const FLOOR = 'Floor';
/** Returns the name of the contestant for a part of the work. */
export const partName = (part: Part): string => `Part ${part}`;

/** The size to which the goals apply. */
export const MAIN_SIZE: EventSize = { messages: 1_000, events: 1 };
const SIZES: readonly EventSize[] = [
  { messages: 10, events: 1 },
  { messages: 100, events: 1 },
  MAIN_SIZE,
  { messages: 1_000, events: 20 },
];

/** Measured times of one size. */
export interface HandlerTimes {
  readonly size: EventSize;
  readonly times: Times;
}

/** What to measure. */
export interface HandlerOptions {
  /** Number of distinct events. */
  readonly events: number;
  /** Measures the main size only, without the stages and without one request per record. */
  readonly quick: boolean;
  /** Measures 10 messages instead of the main size. */
  readonly smoke: boolean;
}

const MODULE = new URL('./contestant.ts', import.meta.url);

const entriesOf = (size: EventSize, url: string, { events, quick }: HandlerOptions): Entry[] => {
  const entry = (name: string, work: HandlerArgument['work']): Entry => ({
    name,
    module: MODULE,
    argument: { size, events, url, work } satisfies HandlerArgument,
  });
  const hasStages = !quick && size.messages === MAIN_SIZE.messages;
  return [
    entry(OURS, { kind: 'ours' }),
    entry(OURS_GZIP, { kind: 'ours', gzip: 'on' }),
    entry(OURS_RAW, { kind: 'ours', gzip: 'off' }),
    entry(POWERTOOLS, { kind: 'powertools', perRecord: false }),
    ...(quick ? [] : [entry(POWERTOOLS_PER_RECORD, { kind: 'powertools', perRecord: true })]),
    entry(FLOOR, { kind: 'floor' }),
    ...(hasStages ? PARTS.map((part) => entry(partName(part), { kind: 'part', part })) : []),
  ];
};

/** Sorts lines by their times, which all differ, because requests in flight arrive in any order. */
const byTime = (lines: readonly string[]): string[] =>
  lines.toSorted((a, b) => Number(BigInt(a.slice(a.lastIndexOf(' ') + 1)) - BigInt(b.slice(b.lastIndexOf(' ') + 1))));

/** @throws If a handler writes other points than that of the sink. */
const verify = async (running: readonly ContestantProcess[], { messages, events }: EventSize): Promise<void> => {
  let expected: string[] | undefined;
  for (const contestant of running) {
    const lines = byTime(await contestant.lines(messages));
    if (lines.length === 0) continue;
    expected ??= lines;
    if (lines.length !== messages * events)
      throw new Error(`"${contestant.name}" wrote ${lines.length} lines instead of ${messages * events}.`);
    const difference = differenceOf(lines, expected);
    if (difference !== undefined) throw new Error(`"${contestant.name}" wrote another point: ${difference}`);
  }
};

const sizesOf = ({ quick, smoke }: HandlerOptions): readonly EventSize[] => {
  if (smoke) return SIZES.slice(0, 1);
  return quick ? [MAIN_SIZE] : SIZES;
};

/**
 * Measures the handler.
 *
 * @param onSize - Called with the times of each size, as soon as it is measured.
 * @returns Contestants that were left out, each once.
 */
export const measureHandler = async (
  options: HandlerOptions,
  pace: Pace,
  cpus: Cpus,
  onSize: (measured: HandlerTimes) => void,
): Promise<readonly LeftOut[]> => {
  const server = await startServer(cpus);
  const allLeftOut = new Map<string, LeftOut>();
  try {
    for (const size of sizesOf(options)) {
      const { running, leftOut } = await startAll(entriesOf(size, server.url, options), cpus);
      for (const one of leftOut) allLeftOut.set(one.name, one);
      await verify(running, size);
      onSize({ size, times: await takeTurns(running, pace) });
    }
  } finally {
    server.stop();
  }
  return [...allLeftOut.values()];
};
