/** The summary of a conversion as text for a terminal. */

import { counted } from '../counted.ts';
import type { ConversionSummary } from './conversion-summary.ts';
import type { NeverWritten } from './never-written.ts';
import type { TagValues } from './tag-values.ts';
import type { Unmatched } from './unmatched.ts';

/** Entries of a list, at most. */
const LISTED_MAX = 10;

/** Returns the lines of the summary: the counts, then one line for everything that may be unintended. */
export const summaryLines = (summary: ConversionSummary): readonly string[] => [
  countsLine(summary),
  ...listed(summary.unmatched.map(unmatchedText)),
  ...leftOutLine(Object.entries(summary.leftOut)),
  ...listed(summary.neverWritten.map(neverWrittenText)),
  ...policyLines(summary),
  ...replacedLines(summary),
  ...implausibleLines(summary),
  ...listed(summary.tags.filter(({ grows }) => grows).map(growingText)),
  ...tagsLine(summary.tags),
];

const countsLine = ({ events, lines, refusals, dropped }: ConversionSummary): string => {
  const reasons = Object.entries(refusals);
  const refused = reasons.reduce((sum, [, count]) => sum + count, 0);
  const parts = [
    counted(lines, 'line'),
    ...(refused > 0 ? [`${refused} refused (${reasons.map(([code, count]) => `${code} ${count}`).join(', ')})`] : []),
    ...(dropped > 0 ? [`${dropped} dropped`] : []),
  ];
  return `${counted(events, 'event')}: ${parts.join(', ')}.`;
};

const implausibleLines = ({ implausible, implausibleLines: inLines }: ConversionSummary): readonly string[] => [
  ...(implausible === inLines ? [] : [`${probablyWrong(implausible - inLines)} Check the precision of the timestamp.`]),
  ...(inLines === 0
    ? []
    : [
        `${probablyWrong(inLines)} Times of line protocol are nanoseconds by default. Set SINK_LINE_PRECISION to auto, s, ms, or us.`,
      ]),
];

const probablyWrong = (count: number): string => `${counted(count, 'event')} with a time that is probably wrong.`;

/** Returns one unmatched rule or column as a sentence. */
export const unmatchedText = ({ place, path, events, found, hint }: Unmatched): string => {
  const what = path === undefined ? place : columnText(place, path);
  const names = found.length === 0 || hint !== undefined ? '' : `; they have ${found.join(', ')}`;
  return `${what} matched none of ${counted(events, 'event')}${names}.${hint === undefined ? '' : ` ${hint}`}`;
};

const columnText = (place: string, path: string): string =>
  place.endsWith(`.${path}`) ? place : `${place} (path ${path})`;

const neverWrittenText = ({ place, path, events }: NeverWritten): string =>
  `${columnText(place, path)} is in no line, although ${counted(events, 'event')} ${events === 1 ? 'has' : 'have'} a value for it. The mapping leaves out such values: check "type", "lookup", "nullTexts", "mismatch", and "nonFinite".`;

/** Returns what the policies of the mapping did to values and events. */
const policyLines = ({ fieldsOmitted, valuesAltered, branchesIgnored }: ConversionSummary): readonly string[] => [
  ...(fieldsOmitted === 0
    ? []
    : [`${counted(fieldsOmitted, 'field')} left out: of another type, not finite, or not in a "lookup".`]),
  ...(valuesAltered === 0
    ? []
    : [
        `${counted(valuesAltered, 'value')} altered as the mapping requires: nulls left out, values coerced, line breaks escaped, or times replaced.`,
      ]),
  ...(branchesIgnored === 0
    ? []
    : [`Absent arrays and objects of events that the mapping ignores ("missing"): ${branchesIgnored}.`]),
];

const listed = (lines: readonly string[]): readonly string[] =>
  lines.length <= LISTED_MAX
    ? lines
    : [...lines.slice(0, LISTED_MAX), `${lines.length - LISTED_MAX} more of this kind.`];

const leftOutLine = (leftOut: readonly (readonly [string, number])[]): readonly string[] => {
  if (leftOut.length === 0) return [];
  const names = leftOut.slice(0, LISTED_MAX).map(([name, count]) => `${name} (${count})`);
  const more = leftOut.length > LISTED_MAX ? `, and ${leftOut.length - LISTED_MAX} more` : '';
  return [`Members that no rule takes: ${names.join(', ')}${more}.`];
};

/** Returns what is lost because points replace each other. */
export const replacedLines = ({ replaced, replacements }: ConversionSummary): readonly string[] => {
  const [first] = replacements;
  if (first === undefined) return [];
  const example = `${first.second} replaces ${first.first}, ${first.measurement} ${first.fields.join(', ')}`;
  return [
    `${counted(replaced, 'point')} replaced: same series and time, other values. For example, ${example}. Add a tag that differs, or "spread".`,
  ];
};

const growingText = ({ measurement, tag, points, values }: TagValues): string =>
  `The tag ${tag} of ${measurement} has ${values} values in ${counted(points, 'point')}, so nearly every point starts a new series. Make it a field.`;

const tagsLine = (tags: readonly TagValues[]): readonly string[] => {
  if (tags.length === 0) return [];
  const shown = tags.slice(0, LISTED_MAX).map(({ measurement, tag, values }) => `${measurement},${tag} ${values}`);
  return [
    `Values of each tag: ${shown.join('; ')}${tags.length > LISTED_MAX ? `; and ${tags.length - LISTED_MAX} more` : ''}.`,
  ];
};
