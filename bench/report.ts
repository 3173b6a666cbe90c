/** Texts of the results for a terminal. */

import { OURS, PARSE, POINT_CONVERTER, REFERENCE, WITHOUT_SCANNER } from './conversion/entries.ts';
import { PEERS, type Peer } from './conversion/peers.ts';
import { conversionRatios } from './results.ts';
import { type Quartiles, quartilesOf } from './turns/statistics.ts';
import type { Times } from './turns/take-turns.ts';

const TITLES: Readonly<Record<string, string>> = {
  [PARSE]: 'JSON.parse alone',
  [OURS]: 'ours',
  [WITHOUT_SCANNER]: 'ours without scanner',
  [POINT_CONVERTER]: 'ours, point converter',
  [REFERENCE]: 'smallest encoder, no checks',
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
