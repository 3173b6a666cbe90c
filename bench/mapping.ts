/**
 * `npm run bench:mapping`: the price of each addition to a mapping, as a ratio to the same events with a mapping without
 * it. All candidates run in one process and take turns, so that noise of the machine meets all of them.
 */

import { createConverter } from '../src/sink/convert/converter.ts';
import { UNLIMITED } from '../src/sink/lines/batch.ts';
import { parseMapping } from '../src/sink/mapping/parse-mapping.ts';
import { messageOf } from './message.ts';
import { oneBuffer } from './one-buffer.ts';
import { type Candidate, ratioOf, type Timing, timeInRounds } from './rounds.ts';

const MESSAGES = 2_000;
const ROUNDS = 15;
const TARGET = { database: 'db', retentionPolicy: undefined };

let sink = 0; // Depends on all results, so that the work is not optimized away.

const event = (index: number): object => ({
  room: `room-${index % 40}`,
  floor: `floor-${index % 5}`,
  kind: 'up',
  ts: 1_780_000_000_000 + index,
  at: new Date(1_780_000_000_000 + index).toISOString(),
  temperature: 20 + (index % 100) / 10,
  humidity: 40 + (index % 30),
  raw: 200 + (index % 100),
  state: index % 2 === 0 ? 'on' : 'off',
  text: String(20 + (index % 100) / 10),
  more: { load: 0.5, deep: { value: 1.5 } },
  pairs: [
    { key: 'a', value: 1.5 },
    { key: 'b', value: 2.5 },
  ],
});

const BASE = {
  version: 1,
  measurement: 'room',
  timestamp: { path: 'ts', precision: 'ms' },
  tags: { room: 'room', floor: 'floor' },
  fields: { temperature: 'temperature', humidity: { path: 'humidity', type: 'integer' } },
};
const withFields = (fields: object): object => ({ ...BASE, fields: { ...BASE.fields, ...fields } });
const withTime = (timestamp: object): object => ({ ...BASE, timestamp });
const withRules = (...rules: readonly object[]): object => {
  const { version, ...rule } = BASE;
  return { version, mappings: [...rules, rule] };
};

/** The mapping that is compared, and the one that it is compared with. */
interface Pair {
  readonly name: string;
  readonly addition: object;
  readonly without: object;
}

const raw = withFields({ v: 'raw' });
const PAIRS: readonly Pair[] = [
  { name: 'constant field', addition: withFields({ v: { value: 1 } }), without: raw },
  { name: 'default', addition: withFields({ v: { path: 'raw', default: 0 } }), without: raw },
  { name: 'scale and offset', addition: withFields({ v: { path: 'raw', scale: 0.1, offset: -40 } }), without: raw },
  { name: 'lookup', addition: withFields({ v: { path: 'state', lookup: { on: 1, off: 0 } } }), without: raw },
  { name: 'byText', addition: withFields({ v: { path: 'text', byText: { number: 'v' } } }), without: raw },
  { name: 'exact', addition: withFields({ v: { path: 'raw', exact: true } }), without: raw },
  { name: 'coerce', addition: { ...withFields({ v: 'text' }), mismatch: 'coerce' }, without: raw },
  { name: 'omit', addition: { ...withFields({ v: 'text' }), mismatch: 'omit' }, without: raw },
  { name: 'nullTexts', addition: { ...BASE, nullTexts: ['', 'NaN'] }, without: BASE },
  { name: 'names: repair', addition: { ...BASE, names: 'repair' }, without: BASE },
  {
    name: 'text of two values',
    addition: { ...BASE, tags: { ...BASE.tags, place: { text: '{room}-{floor}' } } },
    without: { ...BASE, tags: { ...BASE.tags, place: 'room' } },
  },
  { name: 'precision auto', addition: withTime({ path: 'ts', precision: 'auto' }), without: BASE },
  { name: 'iso8601', addition: withTime({ path: 'at', precision: 'iso8601' }), without: BASE },
  { name: 'spread', addition: withTime({ path: 'ts', precision: 'ms', spread: true }), without: BASE },
  { name: 'when', addition: withRules({ when: { path: 'kind', equals: 'x' }, drop: true }), without: BASE },
  {
    name: 'when with all and not',
    addition: withRules({
      when: { all: [{ path: 'kind', equals: 'up' }, { not: { path: 'room', exists: true } }] },
      drop: true,
    }),
    without: BASE,
  },
  {
    name: '* with flatten',
    addition: withFields({ '*': { path: 'more', flatten: '_' } }),
    without: withFields({ '*': 'more', v: 'more.deep.value' }),
  },
  {
    name: '* with pairs',
    addition: withFields({ '*': { pairs: 'pairs', name: 'key', value: 'value' } }),
    without: withFields({ a: 'pairs.0.value', b: 'pairs.1.value' }),
  },
];

const MESSAGE_LIST = Array.from({ length: MESSAGES }, (_, index) => messageOf(JSON.stringify(event(index)), index));

const candidate = (name: string, declared: object): Candidate => {
  const parsed = parseMapping(declared);
  if ('faults' in parsed) throw new Error(`${name}:\n${parsed.faults.join('\n')}`);
  const decode = { input: 'auto', messageBytesMax: 1e9 } as const;
  const converter = createConverter({ mapping: parsed.mapping, converter: 'line', decode, target: TARGET });
  const { buffer, buffers, observer } = oneBuffer(TARGET);
  return {
    name,
    run() {
      for (const [index, message] of MESSAGE_LIST.entries())
        for (const { lines } of converter.convert(converter.decode(message, index), buffers, observer)) sink += lines;
      sink += buffer.length;
      buffer.flush(UNLIMITED);
    },
  };
};

process.stdout.write(
  `Node ${process.version}, ${MESSAGES} messages, ${ROUNDS} rounds; median ratio (lowest to highest)\n\n`,
);
for (const { name, addition, without } of PAIRS) {
  const [plain, extended] = [candidate('without', without), candidate(name, addition)];
  const [before, after] = timeInRounds([plain, extended], MESSAGES, ROUNDS) as [Timing, Timing];
  const { median, min, max } = ratioOf(after, before);
  process.stdout.write(`  ${name.padEnd(24)} ${median.toFixed(2)} (${min.toFixed(2)} to ${max.toFixed(2)})\n`);
}
if (sink < 0) process.stdout.write(`${sink}\n`);
