/** Formats settings as a Markdown table, one row per setting in the order of the source. */

import type { Settings } from '../src/config/setting.ts';

const UNITS = [
  ['GiB', 1024 ** 3],
  ['MiB', 1024 ** 2],
  ['KiB', 1024],
] as const;

/** Formats a number of bytes, `1048576` as `1 MiB` for example. Numbers that are not a whole multiple of a unit do not change. */
const readableBytes = (digits: string): string => {
  const bytes = Number(digits);
  const unit = UNITS.find(([, size]) => bytes >= size && bytes % size === 0);
  return unit === undefined ? digits : `${bytes / unit[1]} ${unit[0]}`;
};

const cell = (text: string): string => text.replaceAll('|', '\\|');

const row = (name: string, { default: fallback, range, meaning, required }: Settings[string]): string => {
  const inBytes = name.includes('_BYTES_');
  const hint = inBytes && fallback !== undefined ? ` (${readableBytes(fallback)})` : '';
  const shownRange = inBytes ? range.replace(/\d+/g, readableBytes) : range;
  const shownDefault = fallback === undefined ? 'none' : `\`${fallback}\`${hint}`;
  const shownMeaning = required === true ? `${meaning} Required.` : meaning;
  return `| \`${name}\` | ${shownDefault} | ${cell(shownRange)} | ${cell(shownMeaning)} |`;
};

/**
 * Returns the table.
 *
 * @param kind - Heading of the first column.
 */
export const settingsTable = (kind: string, settings: Settings): string =>
  [
    `| ${kind} | Default | Range | Meaning |`,
    '|---|---|---|---|',
    ...Object.entries(settings).map(([name, setting]) => row(name, setting)),
  ].join('\n');
