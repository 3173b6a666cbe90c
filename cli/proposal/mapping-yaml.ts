/** Writes a proposed mapping as YAML with comments that give the reasons. */

import { counted } from '../counted.ts';
import { presetAdvice } from './likely-preset.ts';
import type { TimeForm } from './likely-time.ts';
import { yamlText } from './mapping-names.ts';
import type { Proposal, ProposedColumn, ProposedDocument, ProposedLevel, ProposedPairs } from './proposal.ts';

/** Names of numbers that are counted, so that they never get a fraction. */
const COUNT = /(?:count|total|number|num|bytes|packets|errors|retries|people|seq|sequence|uptime)$/i;

/** Returns the text of the mapping file. */
export const mappingYaml = (proposal: Proposal): string =>
  [
    `# Proposed from ${counted(proposal.counts.events, 'sample event')}. Change what does not fit, and try it with "opengemini-sink convert".`,
    ...(proposal.preset === undefined ? [] : [`# ${presetAdvice(proposal.preset)}`]),
    'version: 1',
    '',
    ...measurementLines(proposal),
    ...documentLines(proposal),
    ...eventsLines(proposal),
    '',
    ...timeLines(proposal),
    ...policyLines(proposal),
    ...columnLines('tags', proposal),
    ...columnLines('fields', proposal),
    ...leftOutLines(proposal.leftOut),
    '',
  ].join('\n');

const measurementLines = ({ points, measurement }: Proposal): readonly string[] =>
  points !== undefined
    ? ['# Each event names its measurement.', `measurement: { path: ${yamlText(points.measurement)} }`]
    : ['# Every event becomes a point of this measurement.', `measurement: ${yamlText(measurement)}`];

const eventsLines = ({ levels, counts }: Proposal): readonly string[] => {
  if (levels.length === 0) return [];
  const found = `The samples have ${counted(counts.events, 'event')} in ${counted(counts.bodies, 'message')}.`;
  const around = levels.flatMap(({ name }) => (name === undefined ? [] : [`"$${name}"`]));
  const documents = levels.flatMap(({ document }) => (document === undefined ? [] : [documentReason(document)]));
  const texts = levels.map(levelText);
  const part = levels.at(-1)?.isKeyed === true ? 'member' : 'element';
  const container = part === 'member' ? 'object' : 'array';
  return [
    '',
    `# Each ${part} of ${levels.length === 1 ? `this ${container}` : `the innermost ${container}`} is an event. ${found} ${['"$root"', ...around].join(' and ')} ${around.length === 0 ? 'reads' : 'read'} what is around it.`,
    ...documents,
    `events: ${oneOrList(texts)}`,
  ];
};

const levelText = ({ path, name, isKeyed, document }: ProposedLevel): string => {
  const members = [
    ...(isKeyed ? ['each: member'] : []),
    ...(name === undefined ? [] : [`as: ${name}`]),
    ...(document === undefined ? [] : [openText(document)]),
  ];
  return members.length === 0 ? yamlText(path) : `{ path: ${yamlText(path)}, ${members.join(', ')} }`;
};

const documentLines = ({ document }: Proposal): readonly string[] =>
  document === undefined ? [] : ['', documentReason(document), openText(document)];

const documentReason = ({ path, name }: ProposedDocument): string =>
  `# The text at ${yamlText(path)} contains JSON. "$${name}" reads its members.`;

const openText = ({ path, decode, name }: ProposedDocument): string =>
  `open: [{ path: ${yamlText(path)}, decode: [${decode.join(', ')}], as: ${name} }]`;

const DIGITS = { s: 'seconds', ms: 'milliseconds', us: 'microseconds', ns: 'nanoseconds' } as const;

const timeLines = ({ time }: Proposal): readonly string[] => {
  if (time === undefined)
    return [
      '# No member looks like a time, so each point gets the time of its message. Set "timestamp" if there is one.',
    ];
  const zone = time.zone === undefined ? '' : `, zone: ${time.zone}`;
  const missing = time.isComplete ? '' : ', missing: message';
  const note = time.isComplete ? '' : ' Some samples have none; they get the time of their message.';
  return [
    `# ${timeReason(time)}${note}`,
    `timestamp: { path: ${oneOrList(time.paths.map(yamlText))}, precision: ${time.precision}${zone}${missing} }`,
  ];
};

/** Returns texts as a list of YAML, and a single one alone. */
const oneOrList = (texts: readonly string[]): string =>
  texts.length === 1 ? (texts[0] as string) : `[${texts.join(', ')}]`;

const timeReason = ({ precision, zone }: TimeForm): string => {
  if (precision === 'auto') return 'Numbers of several units, or numbers and texts. The value decides how it is read.';
  if (precision !== 'iso8601') return `The size of the numbers fits ${DIGITS[precision]}.`;
  return zone === undefined
    ? 'A text with date and time.'
    : 'A text with date and time, but without a zone. Set "zone" to that of the sender, for example Europe/Berlin.';
};

/** Returns the policies for values that cannot be written as they are. */
const policyLines = ({ columns, pairs, hasEmptyEvents }: Proposal): readonly string[] => {
  const policies = [
    {
      text: 'mismatch: coerce',
      reason: 'Numbers that are written as text become numbers.',
      applies: columns.some(({ isCoerced }) => isCoerced),
    },
    {
      text: 'nonFinite: omit',
      reason: 'A number that is not finite costs its field, and not its event.',
      applies: columns.some(({ leaf }) => !leaf.finite) || pairs.some(({ finite }) => !finite),
    },
    {
      text: 'noFields: drop',
      reason: 'Some samples have no other field. Such events are dropped on purpose.',
      applies: hasEmptyEvents,
    },
  ];
  return policies.flatMap(({ text, reason, applies }) => (applies ? ['', `# ${reason}`, text] : []));
};

const TITLES = {
  tags: 'Tags identify a series. Each combination of their values is a series of its own, so they need few values.',
  fields: 'Fields are the measured values.',
} as const;

const columnLines = (section: 'tags' | 'fields', proposal: Proposal): readonly string[] => {
  const { columns, keys, points, pairs } = proposal;
  const own = columns.filter(({ role }) => section === `${role}s`);
  const whole = points?.[section];
  const names = namesIn(proposal);
  const lines = [
    ...(whole === undefined ? [] : [`  "*": ${yamlText(whole)} # all members of this object`]),
    ...pairLines(pairs.filter(({ role }) => section === `${role}s`)),
    ...(section === 'fields' ? [] : keys.map(({ name, path }) => `  ${yamlText(name)}: ${path} # name of the member`)),
    ...own.map((column) => `  ${columnText(column, names)}`),
  ];
  return lines.length === 0 ? [] : ['', `# ${TITLES[section]}`, `${section}:`, ...lines];
};

/** Returns the names of all columns. */
const namesIn = ({ columns, keys, pairs }: Proposal): ReadonlySet<string> =>
  new Set([...[...columns, ...keys].map(({ name }) => name), ...pairs.flatMap(({ names }) => names)]);

const pairLines = (pairs: readonly ProposedPairs[]): readonly string[] => {
  const texts = pairs.map(
    ({ path, name, value }) => `{ pairs: ${yamlText(path)}, name: ${yamlText(name)}, value: ${yamlText(value)} }`,
  );
  if (texts.length === 0) return [];
  const note = texts.length === 1 ? 'a list of names and values' : 'lists of names and values';
  return [`  "*": ${oneOrList(texts)} # ${note}`];
};

const columnText = (column: ProposedColumn, all: ReadonlySet<string>): string => {
  const value = column.role === 'tag' ? yamlText(column.path) : fieldText(column, all);
  return `${yamlText(column.name)}: ${value} # ${column.reason}${wholeNote(column)}`;
};

const isCount = ({ leaf: { kinds, whole }, name }: ProposedColumn): boolean =>
  kinds.size === 1 && kinds.has('number') && whole && COUNT.test(name);

/** A field keeps the type of its first value forever, so a number is only an integer if its name says so. */
const wholeNote = (column: ProposedColumn): string => {
  const { leaf, role } = column;
  if (role === 'tag' || leaf.kinds.size > 1 || !leaf.kinds.has('number') || !leaf.whole) return '';
  return isCount(column) ? ', counted' : ', whole in all samples; use { type: integer } if it always is';
};

const fieldText = (column: ProposedColumn, all: ReadonlySet<string>): string => {
  const path = yamlText(column.path);
  const { kinds } = column.leaf;
  if (column.isCoerced) return path;
  if (column.isByText === true)
    return `{ path: ${path}, byText: { number: ${yamlText(column.name)}, other: ${yamlText(suffixed(column.name, '_text', all))} } }`;
  if (kinds.size > 1) return `{ path: ${path}, byType: { ${byType(column, all)} } }`;
  if (kinds.has('string')) return `{ path: ${path}, type: string }`;
  if (kinds.has('boolean')) return `{ path: ${path}, type: boolean }`;
  return isCount(column) ? `{ path: ${path}, type: integer }` : path;
};

const SUFFIXES = { number: '', string: '_text', boolean: '_flag' } as const;

/** Returns a name with a suffix that no other column has. */
const suffixed = (name: string, suffix: string, all: ReadonlySet<string>): string => {
  let own = name + suffix;
  while (own !== name && all.has(own)) own += '_';
  return own;
};

/** Returns a field for each type, because a field of openGemini has one type. */
const byType = ({ name, leaf: { kinds } }: ProposedColumn, all: ReadonlySet<string>): string => {
  return (['number', 'string', 'boolean'] as const)
    .filter((kind) => kinds.has(kind))
    .map((kind) => `${kind}: ${yamlText(suffixed(name, SUFFIXES[kind], all))}`)
    .join(', ');
};

const leftOutLines = (leftOut: readonly string[]): readonly string[] =>
  leftOut.length === 0
    ? []
    : [
        '',
        '# Not taken, because they are arrays, or of several shapes:',
        ...leftOut.map((path) => `#   ${JSON.stringify(path)}`),
      ];
