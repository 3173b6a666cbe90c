/**
 * Hostile input is refused, and it costs no more than other input of its size. Covers `src/sink/decode`,
 * `src/sink/convert` and `src/sink/settle`.
 */

import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { EVENTS_PER_MESSAGE_MAX } from '../../src/sink/decode/decode-options.ts';
import { JSON_VALUES_MAX } from '../../src/sink/json/json.ts';
import type { Message } from '../../src/sink/message.ts';
import { deadLetterFactory } from '../../src/sink/settle/dead-letter.ts';
import { restoreOrigin } from '../../src/sink/settle/letter-origin.ts';
import { convert, mapping, message, noise, SENT_AT_MS } from './make.ts';

const MIB = 1024 * 1024;
const zipped = (body: string): string => gzipSync(body).toString('base64');
const plain = mapping({ fields: { v: 'v' } });
const listed = mapping({ events: 'e', fields: { v: 'v' } });

describe('bodies that would exhaust the memory', () => {
  const values = JSON_VALUES_MAX + 10;
  const events = EVENTS_PER_MESSAGE_MAX + 1;
  test.each([
    ['an array of numbers', `[${'1,'.repeat(values)}1]`, plain],
    ['an array of objects', `[${'{},'.repeat(values)}{}]`, plain],
    ['events that are numbers', `{"e":[${'1,'.repeat(values)}1]}`, listed],
    ['events that are objects', `{"e":[${'{},'.repeat(values)}{}]}`, listed],
    ['NDJSON', '{}\n'.repeat(4 * MIB), plain],
    ['nested arrays', `{"v":${'['.repeat(values)}${']'.repeat(values)}}`, plain],
    ['values next to an id with many digits', `{"id":12345678901234567,"d":[${'{},'.repeat(values)}{}]}`, plain],
    ['line protocol', 'a=\n'.repeat(4 * MIB), undefined],
    ['too many events in an array', `[${'{"v":1},'.repeat(events)}{"v":1}]`, plain],
    ['too many events in one root', `{"e":[${'{"v":1},'.repeat(events)}{"v":1}]}`, listed],
    ['too many lines of JSON', '{"v":1}\n'.repeat(events), plain],
    ['too many lines', 'm v=1\n'.repeat(events), undefined],
  ])('refuses %s as too large before expanding it', { tags: 'slow' }, (_, body, rules) => {
    const { codes, lines } = convert(message(zipped(body)), { mapping: rules });
    expect([codes, lines]).toEqual([['too-large'], []]);
  });

  test('accepts the largest allowed number of events, with the largest allowed number of members', {
    tags: 'slow',
  }, () => {
    const event = `{"v":1,${Array.from({ length: 10 }, (_, i) => `"a${i}":1`).join(',')}}`;
    const body = `[${Array.from({ length: EVENTS_PER_MESSAGE_MAX }, () => event).join(',')}]`;
    expect(convert(message(zipped(body)), { mapping: plain }).lines).toHaveLength(EVENTS_PER_MESSAGE_MAX);
  });
  test('does not count commas inside texts as values', () => {
    const body = JSON.stringify({ v: 1, note: `a,[{"\\`.repeat(MIB) });
    expect(convert(message(zipped(body)), { mapping: plain }).lines).toHaveLength(1);
  });
});

// Each of these would take minutes if its cost grew with the square of its size. The time limit of the test detects
// that.
describe('cost of large bodies', () => {
  test.each([
    ['a body that begins like gzip and is full of spaces', `H4sI${' '.repeat(MIB)}!`, 1],
    ['a line with spaces after its time', `m v=1 1${' '.repeat(MIB)}x`, 1],
    ['lines with quotes that are never closed', 'a="" b="\n'.repeat(90_000), 90_000],
  ])('refuses %s in a time that grows with its size, not with the square of its size', (_, body, refusals) => {
    expect(convert(message(body)).codes).toHaveLength(refusals);
  });

  test.each([
    ['of a root', (events: string[]) => `{"e":[${events.join(',')}]}`, listed],
    ['of an array', (events: string[]) => `[${events.join(',')}]`, plain],
    ['of many lines', (events: string[]) => events.join('\n'), plain],
  ])('cuts dead letters of 9,000 bad events %s in a time that grows with their number', (_, bodyOf, rules) => {
    const one = message(
      bodyOf(Array.from({ length: 9_000 }, (_event, i) => `{"v":"bad","n":"${'x'.repeat(80)}${i}"}`)),
    );
    const { refused } = convert(one, { mapping: rules });
    const cut = deadLetterFactory(one, {
      decode: { input: 'auto', messageBytesMax: MIB },
      mapping: rules,
      sinkVersion: '1',
    });
    const bodies = refused.map((event) => cut(event).body);
    expect(new Set(bodies).size).toBe(9_000);
    expect(bodies.every((body) => body.match(/"bad"/g)?.length === 1)).toBe(true);
  });
});

describe('attribute "origin"', () => {
  const ours = { messageId: 'x', sentAt: SENT_AT_MS, eventIndex: 1, firstSeen: 1, sinkVersion: '0', form: 'text' };
  const withOrigin = (origin: unknown): Message =>
    restoreOrigin(
      message({ v: 1 }, { attributes: { origin: { type: 'String', value: JSON.stringify(origin) } } }),
      MIB,
    );

  test('restores the origin from an attribute "origin" that the sink wrote', () => {
    expect(withOrigin(ours).origin?.messageId).toBe('x');
  });
  test.each([
    { sentAt: -1 },
    { sentAt: 9_007_199_254_740_991 },
    { sentAt: 1.5 },
    { eventIndex: -1 },
    { eventIndex: 9_007_199_254_740_991 },
    { firstSeen: -1 },
    { form: 'other' },
    { groupId: 5 },
    { attributes: { a: null } },
    { attributes: { a: { type: 'Number', value: 5 } } },
    { attributes: null },
    { cut: { unit: 'other' } },
    { cut: { wraps: -1 } },
    { cut: null },
  ])('keeps an attribute "origin" with %j as an ordinary attribute', (wrong) => {
    const one = withOrigin({ ...ours, ...wrong });
    expect(one.origin).toBeUndefined();
    const rules = mapping({ tags: { a: '$message.attributes.a' }, fields: { v: 'v' } });
    expect(convert(one, { mapping: rules }).lines[0]).toMatch(/^m v=1 1755216000000\d{6}$/);
  });
});

describe('decoding of dead letters that were sent back', () => {
  const sentBack = (one: Message, rules = mapping({ fields: { v: { path: 'v', type: 'string' } } })): string[] => {
    const { refused } = convert(one, { mapping: plain });
    const context = { decode: { input: 'auto' as const, messageBytesMax: MIB }, mapping: plain, sinkVersion: '1' };
    return refused.map(deadLetterFactory(one, context)).flatMap(({ body, attributes }) => {
      const typed = Object.entries(attributes).map(([name, value]) => [name, { type: 'String', value }]);
      const back = restoreOrigin(message(body, { id: 'back', attributes: Object.fromEntries(typed) }), MIB);
      const { lines, codes } = convert(back, { mapping: rules });
      return [...lines.map((line) => line.replace(/ \d+$/, '')), ...codes];
    });
  };

  test.each([
    ['an EventBridge envelope', '{"detail-type":"x","source":"y","detail":{"v":"1"},"v":"bad"}'],
    ['an SNS envelope', '{"Type":"Notification","TopicArn":"t","Message":"{\\"v\\":\\"1\\"}","v":"bad"}'],
  ])('decodes a dead letter of one event in a list as that event, even if it looks like %s', (_, event) => {
    expect(sentBack(message(`[${event},{"v":2}]`))).toEqual(['m v="bad"']);
    expect(sentBack(message(`${event}\n{"v":2}`))).toEqual(['m v="bad"']);
    const sns = { Type: 'Notification', TopicArn: 't', Message: `[${event},{"v":2}]` };
    expect(sentBack(message(JSON.stringify(sns)))).toEqual(['m v="bad"']);
  });
  test.each([
    ['too large', 'auto', zipped('x'.repeat(2 * MIB)), 'too-large'],
    ['too large where gzip is declared', 'gzip', zipped('x'.repeat(2 * MIB)), 'too-large'],
    ['not gzip where gzip is declared', 'gzip', '{"v":1}', 'undecodable'],
    ['not base64 where base64 is declared', 'base64', '{"v":1}', 'undecodable'],
  ] as const)('refuses the dead letter of a whole body that is %s for the same reason', (_, input, body, code) => {
    const decode = { input, messageBytesMax: MIB };
    const converted = (one: Message): readonly string[] => convert(one, { mapping: plain, ...decode }).codes;
    const one = message(body);
    expect(converted(one)).toEqual([code]);
    const refused = convert(one, { mapping: plain, ...decode }).refused.map(
      deadLetterFactory(one, { decode, mapping: plain, sinkVersion: '1' }),
    );
    const attributes = Object.entries(refused[0]?.attributes ?? {}).map(([name, value]) => [
      name,
      { type: 'String', value },
    ]);
    const letter = message(refused[0]?.body, { id: 'back', attributes: Object.fromEntries(attributes) });
    expect(converted(restoreOrigin(letter, MIB))).toEqual([code]);
  });
  // SQS accepts neither a dead letter of this size nor one without a body, so the sink packs them once more.
  const long = Buffer.from(JSON.stringify({ v: 'bad', n: noise(970_000) }));
  test.each([
    ['base64', long.toString('base64'), 'field-type'],
    ['gzip', gzipSync(long).toString('base64'), 'field-type'],
    ['auto', gzipSync(long).toString('base64'), 'field-type'],
    ['auto', `${long}${' '.repeat(270_000)}`, 'field-type'],
    ['base64', '', 'undecodable'],
    ['gzip', '', 'undecodable'],
  ] as const)(
    'reads the dead letter of a body in %s again that the sink has packed once more (%#)',
    (input, body, code) => {
      const typed = mapping({ fields: { v: { path: 'v', type: 'float' } } });
      const decode = { input, messageBytesMax: 16 * MIB };
      const one = message(body);
      const { refused, codes } = convert(one, { mapping: typed, ...decode });
      expect(codes).toEqual([code]);
      const [letter] = refused.map(deadLetterFactory(one, { decode, mapping: typed, sinkVersion: '1' }));
      const attributes = Object.entries(letter?.attributes ?? {}).map(([name, value]) => [
        name,
        { type: 'String', value },
      ]);
      const back = restoreOrigin(message(letter?.body, { attributes: Object.fromEntries(attributes) }), 16 * MIB);
      expect(back.origin?.form).toBe('gzip');
      expect(convert(back, { mapping: typed, ...decode }).codes).toEqual([code]);
    },
  );
  test('keeps a list among objects as one refused event in its dead letter', () => {
    expect(sentBack(message('[[{"v":"1"}],{"v":2}]'))).toEqual(['undecodable']);
  });

  test('gives no event of a dead letter the time of a neighbor when a repaired mapping makes several events of it', () => {
    const before = mapping({
      measurement: undefined,
      mappings: [{ when: { path: 'v', exists: true }, measurement: 'm', fields: { v: 'v' } }],
    });
    const after = mapping({
      measurement: undefined,
      mappings: [
        { when: { path: 'v', exists: true }, measurement: 'm', fields: { v: 'v' } },
        { measurement: 'm', events: 'rows', fields: { v: 'v' } },
      ],
    });
    const one = message('[{"v":1},{"rows":[{"v":2},{"v":3}]},{"v":4}]');
    const { lines, refused } = convert(one, { mapping: before });
    const context = { decode: { input: 'auto' as const, messageBytesMax: MIB }, mapping: before, sinkVersion: '1' };
    const letter = refused.map(deadLetterFactory(one, context))[0];
    const typed = Object.entries(letter?.attributes ?? {}).map(([name, value]) => [name, { type: 'String', value }]);
    const back = restoreOrigin(message(letter?.body, { id: 'back', attributes: Object.fromEntries(typed) }), MIB);
    const times = [...lines, ...convert(back, { mapping: after }).lines].map((line) => line.replace(/^.* /, ''));
    expect(times).toHaveLength(4);
    expect(new Set(times).size).toBe(4);
  });
});

test('reports the same refusal from the fast path and the point converter when text does not fit into a line', () => {
  const long = 'x'.repeat(62_000);
  const rows: readonly (readonly [Record<string, unknown>, unknown])[] = [
    [{ timestamp: 'at', fields: { n: { path: 'n', type: 'string' } } }, { n: long }],
    [{ fields: { n: { path: 'n', type: 'string' }, v: 'v' } }, { n: long, v: 'bad' }],
    [
      { tags: { a: 'a', b: 'b' }, fields: { v: 'v' } },
      { a: long, b: 'x\ny', v: 1 },
    ],
    [
      { tags: { a: 'a', b: { path: 'b', required: true } }, fields: { v: 'v' } },
      { a: long, v: 1 },
    ],
    [{ fields: { a: 'a', n: { path: 'n', type: 'string' } } }, { a: null, n: long }],
    [{ fields: { n: { path: 'n', type: 'string' } } }, { n: long }],
  ];
  for (const [declared, event] of rows) {
    const [line, point] = (['line', 'point'] as const).map((converter) =>
      convert(message(event), { mapping: mapping(declared), converter }),
    );
    expect(line).toEqual(point);
    expect(line?.codes).toHaveLength(1);
  }
});
