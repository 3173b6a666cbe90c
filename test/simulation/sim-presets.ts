/** Messages of producers that have a preset: one that is a declaration, and one that is code. */

import type { ExpectedPoint } from '../../local/workload/events.ts';
import type { Mapping } from '../../src/sink/mapping/mapping.ts';
import { parseMapping } from '../../src/sink/mapping/parse-mapping.ts';
import type { Target } from '../../src/sink/ports.ts';
import type { RefusalCode } from '../../src/sink/refusal.ts';
import { type BodyWithFates, type MessagesWithFates, messagesWithFates } from './sim-fates.ts';
import type { Destiny } from './sim-workload.ts';

/** Name of a preset in the simulation. */
export type SimPreset = 'telegraf' | 'senml';

/** Returns the mapping of the examples, followed by a preset. */
export const presetMapping = (
  declared: { readonly mappings: readonly unknown[] },
  target: Target,
  preset: SimPreset,
): Mapping => {
  const read = parseMapping({ ...declared, preset }, target);
  if ('faults' in read) throw new Error(read.faults.join('\n'));
  return read.mapping;
};

const SECOND = 1_767_225_600;

const stored = (
  mark: string,
  measurement: string,
  tags: ExpectedPoint['tags'],
  fields: ExpectedPoint['fields'],
  seconds: number,
): readonly [string, Destiny] => [
  mark,
  { kind: 'point', point: { measurement, tags, fields, time: `${seconds}000000000` } },
];

const refused = (mark: string, reason: RefusalCode): readonly [string, Destiny] => [
  mark,
  { kind: 'letter', reasons: [reason], isSentBack: true },
];

/** Returns a batch of Telegraf with metrics of every fate. */
const telegrafBatch = (n: number): BodyWithFates => {
  const [first, second, bare, twice] = [`good-${n}`, `good-${n + 1}`, `bad-${n + 2}`, `bad-${n + 3}`];
  const timestamp = SECOND + n;
  const metrics = [
    { name: 'docker', tags: { host: first }, fields: { n: 30, load: { avg: 0.25 } }, timestamp },
    { name: 'docker', tags: { host: bare }, fields: {}, timestamp },
    { name: 'docker', tags: { host: 'a', n: twice }, fields: { n: 1 }, timestamp },
    { name: 'win/service', tags: { host: second, unit: '' }, fields: { 'a"b': true }, timestamp: timestamp * 1_000 },
  ];
  return {
    body: JSON.stringify({ metrics }),
    fates: [
      stored(first, 'docker', { host: first }, { n: 30, load_avg: 0.25 }, timestamp),
      refused(bare, 'no-fields'),
      refused(twice, 'duplicate-name'),
      stored(second, 'win_service', { host: second }, { a_b: true }, timestamp),
    ],
  };
};

/** Returns a pack of SenML. Its base fields hold for later records, so that a dead letter contains the whole pack. */
const senmlPack = (n: number): BodyWithFates => {
  const [first, second, bad, third] = [`good-${n}`, `good-${n + 1}`, `bad-${n + 2}`, `good-${n + 3}`];
  const records = [
    { bt: SECOND + n, bu: 'Cel', bv: 10 },
    { n: first, v: 1.5 },
    { n: second, t: 1, u: 'V', v: 0.25 },
    { n: bad, v: 'x' },
    { n: third, t: 2, vb: true },
  ];
  return {
    body: JSON.stringify(records),
    fates: [
      stored(first, 'senml', { name: first, unit: 'Cel' }, { value: 11.5 }, SECOND + n),
      stored(second, 'senml', { name: second, unit: 'V' }, { value: 10.25 }, SECOND + n + 1),
      refused(bad, 'field-type'),
      stored(third, 'senml', { name: third, unit: 'Cel' }, { boolValue: true }, SECOND + n + 2),
    ],
  };
};

const MESSAGES = 40;
/** Numbers that one message uses. */
const NUMBERS = 4;

/** Returns messages for a preset with the fate of each event. */
export const presetMessages = (preset: SimPreset, firstNumber: number): MessagesWithFates => {
  const make = preset === 'senml' ? senmlPack : telegrafBatch;
  const made = Array.from({ length: MESSAGES }, (_, index) => make(firstNumber + index * NUMBERS));
  return messagesWithFates(made);
};
