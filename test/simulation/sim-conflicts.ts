/** Events for the policies of type conflicts, and the columns that they conflict with. */

import type { ExpectedPoint } from '../../local/workload/events.ts';
import type { Mapping } from '../../src/sink/mapping/mapping.ts';
import { parseMapping } from '../../src/sink/mapping/parse-mapping.ts';
import type { Target } from '../../src/sink/ports.ts';
import { type MessagesWithFates, messagesWithFates } from './sim-fates.ts';
import type { Destiny } from './sim-workload.ts';

type Value = number | string | boolean;
type Fields = Readonly<Record<string, Value>>;

/** Measurements, each with its own policy. */
type Measurement = 'coerced' | 'suffixed' | 'kept';

const field = (path: string, type: string) => ({ [path]: { path, type } });

/** The types differ from those of `FIRST_LINES`, except for `note`. */
const FIELDS: Readonly<Record<Measurement, object>> = {
  coerced: {
    ...field('text', 'float'),
    ...field('real', 'integer'),
    ...field('whole', 'float'),
    ...field('flag', 'string'),
  },
  suffixed: { ...field('load', 'float'), ...field('full', 'float'), ...field('state', 'string') },
  kept: field('v', 'string'),
};

const POLICIES: Readonly<Record<Measurement, string>> = { coerced: 'coerce', suffixed: 'suffix', kept: 'refuse' };

const ruleOf = (measurement: Measurement, hosts: string): object => ({
  when: { path: 'kind', equals: measurement },
  measurement,
  conflict: POLICIES[measurement],
  // One of the measurements is in the database that may be missing.
  ...(measurement === 'suffixed' ? { database: hosts } : {}),
  timestamp: { path: 'at', precision: 'ns' },
  tags: { host: 'host' },
  fields: { ...FIELDS[measurement], ...field('note', 'string') },
});

const hostsOf = (sink: string): string => `hosts_${sink}`;

/** Returns the mapping of the examples with one rule for each policy. */
export const conflictMapping = (
  declared: { readonly mappings: readonly unknown[] },
  target: Target,
  sink: string,
): Mapping => {
  const rules = (Object.keys(POLICIES) as Measurement[]).map((measurement) => ruleOf(measurement, hostsOf(sink)));
  const read = parseMapping({ ...declared, mappings: [...rules, ...declared.mappings] }, target);
  if ('faults' in read) throw new Error(read.faults.join('\n'));
  return read.mapping;
};

const SECOND = 1_767_225_600;
/**
 * Later than every event, so that no event is in a newer shard group than the columns. Otherwise the server's error text
 * names neither field nor type, and the sink cannot change the line (`local/opengemini/schema.ts`).
 */
const FIRST_TIME = `${SECOND + 3_000_000}000000007`;

/** Points that determine the types of the columns. */
const FIRST_POINTS: Readonly<Record<Measurement, { readonly text: string; readonly fields: Fields }>> = {
  coerced: { text: 'text="x",real=0,whole=0i,flag=true', fields: { text: 'x', real: 0, whole: 0, flag: true } },
  suffixed: {
    text: 'load="x",full="x",full_float="x",state=0',
    fields: { load: 'x', full: 'x', full_float: 'x', state: 0 },
  },
  kept: { text: 'v=0', fields: { v: 0 } },
};

/** A point that is written before the workload. */
export interface FirstPoint {
  readonly database: string;
  readonly line: string;
  readonly point: ExpectedPoint;
}

/** Returns the points that determine the types of the columns of a sink. */
export const firstPointsOf = (sink: string): readonly FirstPoint[] =>
  (Object.keys(FIRST_POINTS) as Measurement[]).map((measurement) => ({
    database: measurement === 'suffixed' ? hostsOf(sink) : `telemetry_${sink}`,
    line: `${measurement},host=first ${FIRST_POINTS[measurement].text} ${FIRST_TIME}`,
    point: { measurement, tags: { host: 'first' }, fields: FIRST_POINTS[measurement].fields, time: FIRST_TIME },
  }));

/** An event, and its fields as they are stored. `undefined` for an event that stays refused. */
interface Case {
  readonly measurement: Measurement;
  readonly sent: Fields;
  readonly stored: Fields | undefined;
  /** Fields of a refused event, besides the note, that may be stored all the same. */
  readonly partial?: Fields;
  /** Whether the mark is a tag, so that the event has no other field. */
  readonly isAlone?: boolean;
}

/** Events of one group of messages, by message. */
const MESSAGES: readonly (readonly Case[])[] = [
  [
    { measurement: 'coerced', sent: { text: 12.5 }, stored: { text: '12.5' } },
    { measurement: 'coerced', sent: { text: 1e21 }, stored: { text: '1.0000000000000000e21' } },
    { measurement: 'coerced', sent: { whole: 3.5 }, stored: undefined },
    { measurement: 'coerced', sent: {}, stored: {} },
  ],
  [{ measurement: 'coerced', sent: { real: 7, whole: 3 }, stored: { real: 7, whole: 3 } }],
  [
    { measurement: 'coerced', sent: { flag: 'true' }, stored: { flag: true } },
    { measurement: 'coerced', sent: { flag: 'yes' }, stored: undefined },
    { measurement: 'kept', sent: { v: 'text' }, stored: undefined },
    { measurement: 'kept', sent: {}, stored: {} },
  ],
  [
    {
      measurement: 'coerced',
      sent: { text: 1, whole: 2, flag: 'false' },
      stored: { text: '1', whole: 2, flag: false },
    },
    { measurement: 'coerced', sent: { text: 1, whole: 2.5 }, stored: undefined, partial: { text: '1' } },
  ],
  [
    { measurement: 'suffixed', sent: { load: 1.5 }, stored: { load_float: 1.5 } },
    { measurement: 'suffixed', sent: { full: 2 }, stored: undefined },
    { measurement: 'suffixed', sent: { load: 3 }, stored: { load_float: 3 }, isAlone: true },
  ],
  [
    { measurement: 'suffixed', sent: { state: 'on' }, stored: { state_string: 'on' } },
    {
      measurement: 'suffixed',
      sent: { load: 2, state: 'off' },
      stored: { load_float: 2, state_string: 'off' },
    },
    { measurement: 'suffixed', sent: { load: 1, full: 2 }, stored: undefined, partial: { load_float: 1 } },
  ],
];

/** Groups of messages of every kind. */
const GROUPS = 8;

/** Returns messages for `conflictMapping` with the fate of each event. */
export const conflictMessages = (firstNumber: number): MessagesWithFates => {
  let n = firstNumber;
  const made = Array.from({ length: GROUPS }, () => MESSAGES)
    .flat()
    .map((cases) => {
      const events = cases.map((one) => eventOf(one, n++));
      const fates = events.map(({ fate }) => fate);
      return { body: JSON.stringify(events.map(({ event }) => event)), fates };
    });
  return messagesWithFates(made);
};

const eventOf = (
  { measurement, sent, stored, partial, isAlone }: Case,
  n: number,
): { readonly event: object; readonly fate: readonly [string, Destiny] } => {
  const mark = `${stored === undefined ? 'bad' : 'good'}-${n}`;
  const time = `${SECOND + n}000000003`;
  const note = isAlone === true ? {} : { note: mark };
  const host = isAlone === true ? mark : 'h';
  const pointWith = (fields: Fields): ExpectedPoint => ({
    measurement,
    tags: { host },
    fields: { ...fields, ...note },
    time,
  });
  return {
    event: { kind: measurement, host, at: time, ...sent, ...note },
    fate: [
      mark,
      stored === undefined
        ? { kind: 'letter', reasons: ['type-conflict'], partial: pointWith(partial ?? {}) }
        : { kind: 'point', point: pointWith(stored), isChanged: Object.keys(stored).length > 0 },
    ],
  };
};
