/** Mappings for the targets that convert events, and the properties of every conversion. */

import { readFileSync } from 'node:fs';
import { parseBlock } from '../../local/opengemini/block-parser.ts';
import type { Input } from '../../src/sink/decode/decode-options.ts';
import { parseOwnLine } from '../../src/sink/lines/parse-own-line.ts';
import type { Mapping } from '../../src/sink/mapping/mapping.ts';
import { parseMapping } from '../../src/sink/mapping/parse-mapping.ts';
import type { Message } from '../../src/sink/message.ts';
import { PRESETS } from '../../src/sink/presets/presets.ts';
import { REFUSAL_CODES } from '../../src/sink/refusal.ts';
import { timeText } from '../../src/sink/time/timestamp.ts';
import { outcomesOf, type Setting, sendBack } from '../sink/laws/outcomes.ts';
import { message } from '../sink/make.ts';
import { scannedMappings } from '../sink/scan/bodies.ts';
import { BothPaths } from '../sink/scan/both-paths.ts';
import { must, mustEqual } from './target.ts';

/** Limit of a decompressed body. It is low, so that no input of the search takes seconds. */
export const BODY_BYTES_MAX = 64 * 1024;
/** Characters of the detail of a refusal, at most: twice the attribute of a dead letter. */
const DETAIL_MAX = 2_048;
/** Events of one message whose dead letters are sent back, at most. */
const SENT_BACK_MAX = 3;

const parsed = (declared: unknown): Mapping => {
  const result = parseMapping(declared);
  if ('faults' in result) throw new Error(result.faults.join('\n'));
  return result.mapping;
};

const fileOf = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

/** A mapping that uses as many members of the language as one event can fit. */
const RICH = {
  version: 1,
  events: [{ path: 'list', as: 'outer', missing: 'ignore' }],
  open: [{ path: 'packed', decode: ['base64', 'json'], as: 'payload' }],
  nullTexts: ['unavailable', ''],
  mismatch: ['coerce', 'omit'],
  names: 'repair',
  mappings: [
    { when: { path: 'kind', in: ['skip', null] }, drop: true },
    {
      when: { any: [{ path: 'kind', startsWith: 'a' }, { not: { path: 'v', exists: true } }] },
      measurement: { path: 'kind', prefix: 'm ', default: 'none' },
      timestamp: { path: 'ts', precision: 'auto', zone: 'Europe/Berlin', plus: { path: 'off', precision: 'ms' } },
      tags: { t: { text: '{kind}-{$index}' }, '*': { path: 'labels', flatten: '_', arrays: 'index' } },
      fields: {
        v: { path: 'v', byType: { number: 'vn', string: 'vs', boolean: 'vb' } },
        n: { path: 'n', scale: 0.1, offset: -40 },
        h: { path: 'hex', decode: ['hex', 'text'], type: 'string' },
        l: { path: 'state', lookup: { up: 1, down: 0 }, otherwise: 'omit' },
        '*': { pairs: 'pairs', name: 'k', value: 'v', prefix: 'p_' },
      },
      otherFields: { flatten: '.', except: ['ts', 'list'] },
    },
    {
      measurement: 'rest',
      timestamp: { path: 'ts', precision: 'iso8601', missing: 'message', invalid: 'message', spread: true },
      fields: { v: 'v' },
      onlyDefaults: 'write',
      noFields: 'drop',
    },
  ],
};

/** Mappings of the conversion targets. `undefined` reads canonical events and line protocol only. */
export const MAPPINGS: readonly (Mapping | undefined)[] = [
  undefined,
  ...scannedMappings(),
  parsed(JSON.parse(fileOf('examples/mapping.json'))),
  parsed(RICH),
  ...Object.keys(PRESETS).map((preset) => parsed({ version: 1, preset })),
];

/** Events of the presets and of the examples, as seeds. */
export const sampleBodies = (): readonly string[] => [
  fileOf('examples/sensor.ndjson').trim(),
  ...Object.keys(PRESETS).map((preset) => fileOf(`test/presets/samples/${preset}.ndjson`).split('\n')[0] as string),
  '{"measurement":"m","tags":{"t":"a b"},"fields":{"v":1.5,"n":"3"},"timestamp":"1780000000000000001"}',
  '{"a":"x","b":"y","temperature":20.5,"n":3,"note":"é","ts":1780000000000,"deep":{"x y":1,"ok":true}}',
  '{"list":[{"kind":"a","ts":1780000000,"v":true,"n":"7","hex":"6869","state":"up","pairs":[{"k":"z","v":1}]}]}',
  '[{"v":1},{"v":"x"}]',
  '{"v":1}\n{"v":NaN}\nm,t=a v=1i 1780000000000000000',
  '{"v":1}{"v":2}',
  '"{\\"v\\":1}"',
];

const SENT_AT_MS = 1_780_000_000_000;
const ATTRIBUTES = { region: { type: 'String', value: 'eu' } };

/** Returns a message with a body, as SQS delivers it. */
export const delivered = (body: string, attributes: Message['attributes'] = ATTRIBUTES): Message =>
  message(body, { sentAtMs: SENT_AT_MS, attributes, groupId: 'g' });

const settings = new Map<string, Setting>();

/** Returns a setting of a mapping of the list. Equal arguments give the same one, because a setting is compiled once. */
export const settingOf = (index: number, input: Input, more: Partial<Setting> = {}): Setting => {
  const place = index % MAPPINGS.length;
  const key = `${place} ${input} ${more.linePrecision}`;
  const known = settings.get(key) ?? { mapping: MAPPINGS[place], input, messageBytesMax: BODY_BYTES_MAX, ...more };
  settings.set(key, known);
  return known;
};

const paths = new WeakMap<Setting, BothPaths>();

const bothPaths = (setting: Setting, mapping: Mapping): BothPaths => {
  const known =
    paths.get(setting) ?? new BothPaths(mapping, { decode: { input: setting.input, messageBytesMax: BODY_BYTES_MAX } });
  paths.set(setting, known);
  return known;
};

const CODES: ReadonlySet<string> = new Set(REFUSAL_CODES);

/** Returns what the dead letter of an event must become: the point of the event, or the same refusal. */
const withoutDetail = (outcome: string): string =>
  outcome.startsWith('refused ') ? outcome.split(' ').slice(0, 2).join(' ') : outcome;

/** Checks everything that holds for the conversion of any message. Returns what became of its events. */
export const checkConversion = (one: Message, setting: Setting): readonly string[] => {
  const outcomes = outcomesOf(one, setting);
  must(outcomes.uneven.length === 0, 'an event became more or less than one line, refusal, or drop', outcomes);
  mustEqual(outcomesOf(one, setting, 'point'), outcomes, 'the point converter differs from the line converter');
  mustEqual(outcomesOf(one, setting, 'line', true), outcomes, 'source texts change the result');
  if (setting.mapping !== undefined) {
    const { scanned, decoded } = bothPaths(setting, setting.mapping).compare(one);
    mustEqual(scanned, decoded, 'the scanner differs from the decoder');
  }
  for (const outcome of outcomes.events) checkOutcome(outcome);
  checkRedrive(one, setting, outcomes.events);
  return outcomes.events;
};

const checkOutcome = (outcome: string): void => {
  if (!outcome.startsWith('refused ')) return;
  const [, code = ''] = outcome.split(' ', 2);
  must(CODES.has(code), 'a refusal has an unknown code', code);
  must(outcome.length - code.length <= DETAIL_MAX, 'the detail of a refusal is too long', outcome);
};

const checkRedrive = (one: Message, setting: Setting, events: readonly string[]): void => {
  const step = Math.max(1, Math.ceil(events.length / SENT_BACK_MAX));
  const chosen = events.map((_, event) => event).filter((event) => event % step === 0);
  for (const [index, letter] of sendBack(one, setting, chosen).entries()) {
    const expected = [withoutDetail(events[chosen[index] as number] as string)];
    const again = outcomesOf(letter, setting).events;
    mustEqual(again.map(withoutDetail), expected, 'a dead letter became something other than its event');
    const [twice] = sendBack(letter, setting, [0]);
    mustEqual(outcomesOf(twice as Message, setting).events, again, 'a dead letter of a dead letter differs from it');
  }
};

/** Checks that the server's grammar parses lines as what the sink meant. */
export const checkServerGrammar = (lines: readonly string[]): void => {
  for (const line of lines) {
    const { points, error } = parseBlock(Buffer.from(`${line}\n`));
    must(error === undefined, 'the server refuses a line of the sink', { line, error });
    const { measurement, tags, fields, time } = parseOwnLine(line);
    const expected = {
      measurement,
      tags: Object.fromEntries(tags),
      fields: fields.map(([key, { type, value }]) => ({
        key,
        type,
        value: type === 'integer' ? BigInt(value) : value,
      })),
      timestamp: BigInt(timeText(time)),
    };
    mustEqual(
      points.map((point) => [
        point.measurement,
        point.tags,
        point.fields.map(({ key, type, value }) => [key, type, value]),
        point.timestamp,
      ]),
      [
        [
          expected.measurement,
          expected.tags,
          expected.fields.map(({ key, type, value }) => [key, type, value]),
          expected.timestamp,
        ],
      ],
      'the server reads a line of the sink as another point',
    );
  }
};
