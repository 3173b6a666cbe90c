/** Texts of the results for a terminal. */

import { OURS, PARSE, POINT_CONVERTER, REFERENCE, WITHOUT_SCANNER } from './conversion/entries.ts';
import { PEERS, type Peer } from './conversion/peers.ts';
import {
  FLOOR,
  type HandlerTimes,
  OURS_GZIP,
  OURS_RAW,
  POWERTOOLS,
  POWERTOOLS_PER_RECORD,
  partName,
} from './handler/measure.ts';
import { conversionRatios, type HandlerResults, type Ratios } from './results.ts';
import { type Quartiles, quartilesOf } from './turns/statistics.ts';
import type { Times } from './turns/take-turns.ts';

/** Names of the handler's contestants. They are those of the conversion where both have the same contestant. */
const HANDLER_TITLES: Readonly<Record<string, string>> = {
  [OURS_GZIP]: 'ours, always gzip',
  [OURS_RAW]: 'ours, never gzip',
  [POWERTOOLS]: 'Powertools, Point, fetch',
  [POWERTOOLS_PER_RECORD]: '..., one POST per record',
  [FLOOR]: 'JSON.parse and gzip alone',
  [partName('convert')]: 'parse and convert alone',
  [partName('compress')]: '..., and gzip',
  [partName('write')]: '..., and write',
};

const TITLES: Readonly<Record<string, string>> = {
  [PARSE]: 'JSON.parse alone',
  [OURS]: 'ours',
  [WITHOUT_SCANNER]: 'ours without scanner',
  [POINT_CONVERTER]: 'ours, point converter',
  [REFERENCE]: 'smallest encoder, no checks',
  ...HANDLER_TITLES,
};

/** Returns the name of a contestant in reports. */
export const titleOf = (name: string): string =>
  TITLES[name] ?? (PEERS as Readonly<Record<string, Peer>>)[name]?.title ?? name;

/** Returns a ratio with its quartiles. */
export const shown = (quartiles: Quartiles | null | undefined, digits = 2): string =>
  quartiles === null || quartiles === undefined
    ? '-'
    : `${quartiles.median.toFixed(digits)} (${quartiles.lower.toFixed(digits)} to ${quartiles.upper.toFixed(digits)})`;

const WIDTH = { title: 30, figure: 24 } as const;

const row = (title: string, ...figures: readonly string[]): string =>
  `  ${title.padEnd(WIDTH.title)}${figures.map((figure) => figure.padStart(WIDTH.figure)).join('')}`;

/** Returns the table of one data set. */
export const conversionText = (title: string, times: Times): string => {
  const ratios = conversionRatios(times);
  const ratioTo = (name: string, kind: 'total' | 'encode'): string =>
    name === OURS || name === PARSE ? '' : shown(ratios[`${kind}Vs${name}`]);
  return [
    `\n${title}: ours / JSON.parse alone ${shown(ratios.totalOverParse)}`,
    row('', 'ns per event', 'total / ours', 'without parsing / ours'),
    ...Object.entries(times).map(([name, rounds]) =>
      row(titleOf(name), shown(quartilesOf(rounds), 0), ratioTo(name, 'total'), ratioTo(name, 'encode')),
    ),
  ].join('\n');
};

/** Returns the table of one size of the handler. */
export const handlerText = ({ size, times }: HandlerTimes, ratios: Ratios): string =>
  [
    `\nhandler, ${size.messages} messages with ${size.events} event(s) each`,
    ...Object.entries(times).map(([name, rounds]) => row(titleOf(name), `${shown(quartilesOf(rounds), 0)} ns`)),
    `  CPU time, Powertools / ours            ${shown(ratios.cpuVsPowertools)}`,
    `  CPU time, one POST per record / ours   ${shown(ratios.cpuVsPowertoolsPerRecord)}`,
    `  CPU time, ours / JSON.parse and gzip   ${shown(ratios.cpuOverFloor)}`,
    `  points per second of CPU time          ${shown(ratios.pointsPerCpuSecond, 0)}`,
    `  ... / the Flink connector              ${shown(ratios.pointsVsFlinkConnector)}`,
  ].join('\n');

/** Returns the stages of the handler, one line per size. */
export const stagesText = ({ stages }: HandlerResults): string =>
  Object.entries(stages)
    .map(([size, parts]) => {
      const texts = Object.entries(parts).map(([name, part]) => `${name} ${part?.median.toFixed(0)} %`);
      return `\nstages of the handler, ${size}: ${texts.join(', ')}`;
    })
    .join('');
