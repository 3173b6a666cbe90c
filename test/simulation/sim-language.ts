/** Events for the additions of the mapping language: dropped, several points, nested levels, opened documents, spread times. */

import type { ExpectedPoint } from '../../local/workload/events.ts';
import type { Mapping } from '../../src/sink/mapping/mapping.ts';
import { parseMapping } from '../../src/sink/mapping/parse-mapping.ts';
import type { Target } from '../../src/sink/ports.ts';
import { type BodyWithFates, type MessagesWithFates, messagesWithFates } from './sim-fates.ts';
import type { Destiny } from './sim-workload.ts';

const note = { note: { path: 'note', type: 'string' } };
const exact = { path: 'at', precision: 'ns' };
const both = { when: { path: 'kind', equals: 'both' }, timestamp: exact, fields: note };

/** Rules that precede those of the examples. */
const RULES = [
  { when: { path: 'kind', equals: 'idle' }, drop: true },
  { ...both, also: true, measurement: 'first' },
  { ...both, measurement: 'second' },
  {
    when: { path: 'kind', equals: 'nested' },
    events: [{ path: 'rooms', as: 'room' }, 'rows'],
    measurement: 'nested',
    timestamp: { path: '$root.at', precision: 's', spread: true },
    tags: { room: '$room.name' },
    fields: note,
  },
  {
    when: { path: 'kind', equals: 'packed' },
    events: '$payload.rows',
    measurement: 'packed',
    timestamp: exact,
    tags: { i: '$index' },
    fields: note,
  },
];

/** Returns the mapping of the examples with rules for all additions. */
export const languageMapping = (declared: { readonly mappings: readonly unknown[] }, target: Target): Mapping => {
  const open = [{ path: 'packed', decode: ['base64', 'json'], as: 'payload', optional: true }];
  const read = parseMapping({ ...declared, open, mappings: [...RULES, ...declared.mappings] }, target);
  if ('faults' in read) throw new Error(read.faults.join('\n'));
  return read.mapping;
};

const SECOND = 1_767_225_600;
const NANOS_PER_SECOND = 1_000_000_000;

/** Returns a time that no other event has. */
const timeOf = (n: number): string => `${SECOND + n}000000001`;

const pointOf = (measurement: string, mark: string, tags: ExpectedPoint['tags'], time: string): ExpectedPoint => ({
  measurement,
  tags,
  fields: { note: mark },
  time,
});

/** Returns a message of each kind. The numbers of its events begin at `n`. */
const messagesFrom = (n: number): readonly BodyWithFates[] => {
  const mark = (index: number): string => `good-${n + index}`;
  const bad = `bad-${n + 9}`;
  const rows = [0, 1].map((index) => ({ at: timeOf(n + index), note: mark(2 + index) }));
  const rooms = [
    { name: 'a', rows: [{ note: mark(4) }, { note: mark(5) }] },
    { name: 'b', rows: [{ note: mark(6) }, { note: [bad] }, { note: mark(7) }] },
  ];
  const spread = (room: string, index: number, eventIndex: number): readonly [string, Destiny] => [
    mark(index),
    {
      kind: 'spread',
      point: pointOf('nested', mark(index), { room }, `${SECOND + n}`),
      resolution: NANOS_PER_SECOND,
      eventIndex,
    },
  ];
  return [
    { body: JSON.stringify({ kind: 'idle', note: mark(0) }), fates: [[mark(0), { kind: 'drop' }]] },
    {
      body: JSON.stringify([
        { kind: 'both', at: timeOf(n), note: mark(1) },
        { kind: 'idle', note: mark(8) },
      ]),
      fates: [
        [mark(1), { kind: 'points', points: ['first', 'second'].map((name) => pointOf(name, mark(1), {}, timeOf(n))) }],
        [mark(8), { kind: 'drop' }],
      ],
    },
    {
      body: JSON.stringify({ kind: 'packed', packed: Buffer.from(JSON.stringify({ rows })).toString('base64') }),
      fates: rows.map(({ at, note: text }, index) => [
        text,
        { kind: 'point', point: pointOf('packed', text, { i: String(index) }, at) },
      ]),
    },
    {
      body: JSON.stringify({ kind: 'nested', at: SECOND + n, rooms }),
      fates: [
        ...[spread('a', 4, 0), spread('a', 5, 1), spread('b', 6, 2), spread('b', 7, 4)],
        [bad, { kind: 'letter', reasons: ['field-type'] }],
      ],
    },
  ];
};

/** Groups of messages of every kind. */
const GROUPS = 6;
/** Numbers that one group uses, at most. */
const NUMBERS = 10;

/** Returns messages for `languageMapping` with the fate of each event. */
export const languageMessages = (firstNumber: number): MessagesWithFates => {
  const made = Array.from({ length: GROUPS }, (_, group) => messagesFrom(firstNumber + group * NUMBERS)).flat();
  return messagesWithFates(made);
};
