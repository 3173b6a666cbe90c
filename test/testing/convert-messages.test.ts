import { describe, expect, test } from 'vitest';
import { readConfig } from '../../src/config/config.ts';
import { parseMapping } from '../../src/sink/mapping/parse-mapping.ts';
import { convertBodies, convertMessages, createMessageConverter } from '../../src/testing/convert-messages.ts';
import { buildMessage } from '../../src/testing/messages.ts';

const declared = {
  version: 1,
  measurement: 'm',
  timestamp: 'ts',
  fields: { v: 'v' },
  database: { path: 'db', allow: ['north', 'south'] },
};

const mappingOf = (declaration: unknown) => {
  const parsed = parseMapping(declaration);
  if ('faults' in parsed) throw new Error(parsed.faults.join('\n'));
  return parsed;
};

const north = (ts: number) => ({ db: 'north', ts, v: ts });
const south = (ts: number) => ({ db: 'south', ts, v: ts });

describe('convertBodies', () => {
  test('convertBodies returns lines in the order of events, with target, message, and event', () => {
    const { lines } = convertBodies([[north(1), south(2), north(3)], north(4)], mappingOf(declared));
    expect(
      lines.map(({ text, target, messageIndex, eventIndex }) => [text, target.database, messageIndex, eventIndex]),
    ).toEqual([
      ['m v=1 1000000', 'north', 0, 0],
      ['m v=2 2000000', 'south', 0, 1],
      ['m v=3 3000000', 'north', 0, 2],
      ['m v=4 4000000', 'north', 1, 0],
    ]);
  });

  test('convertBodies returns each refused event with its code, detail, message, and event', () => {
    const { refusals } = convertBodies([north(1), [north(2), { ...north(3), v: {} }], '{'], mappingOf(declared));
    expect(refusals).toEqual([
      { code: 'field-type', detail: expect.stringContaining('field "v"'), messageIndex: 1, eventIndex: 1 },
      { code: 'undecodable', detail: expect.any(String), messageIndex: 2, eventIndex: 0 },
    ]);
  });

  test('convertBodies counts messages, events, lines, refusals, altered values, and implausible times', () => {
    const coercing = {
      version: 1,
      measurement: 'm',
      timestamp: 'ts',
      fields: { v: { path: 'v', type: 'float' } },
      mismatch: 'coerce',
    };
    const ts = 1_755_216_000_000;
    const bodies = [
      [
        { ts, v: 1 },
        { ts, v: '2' },
      ],
      [
        { ts: 1, v: '3' },
        { ts, v: 'text' },
      ],
      '{',
    ];
    expect(convertBodies(bodies, mappingOf(coercing)).counters).toEqual({
      messages: 3,
      events: 5,
      lines: 3,
      refusals: 2,
      dropped: 0,
      valuesAltered: 2,
      implausibleTimes: 1,
      fieldsOmitted: 0,
      branchesIgnored: 0,
      messagesControl: 0,
      pointsReplaced: 1,
    });
  });

  test('convertBodies takes a text as the body, and any other value as JSON', () => {
    const event = { measurement: 'm', fields: { v: 1 }, timestamp: 5 };
    const { lines } = convertBodies([event, JSON.stringify(event), 'm v=2 7']);
    expect(lines.map(({ text }) => text)).toEqual(['m v=1 5', 'm v=1 5', 'm v=2 7']);
  });

  test('convertBodies applies the format of bodies, the size limit, and the configured target', () => {
    expect(convertBodies(['m v=1 5'], { input: 'json' }).refusals[0]?.code).toBe('undecodable');
    expect(convertBodies(['m v=1 5'], { messageBytesMax: 6 }).refusals[0]?.code).toBe('too-large');
    const target = { database: 'db', retentionPolicy: 'week' };
    expect(convertBodies(['m v=1 5'], { target }).lines[0]?.target).toEqual(target);
  });

  test('convertBodies returns the same with both converters', () => {
    const bodies = [[north(1), { ...north(2), v: 'text' }], { db: 'east', ts: 1, v: 1 }];
    const line = convertBodies(bodies, mappingOf(declared));
    expect(line.counters).toMatchObject({ lines: 1, refusals: 2 });
    expect(convertBodies(bodies, { ...mappingOf(declared), converter: 'point' })).toEqual(line);
  });
});

test('convertMessages counts the index of a message from 0, and createMessageConverter uses the given index', () => {
  const message = buildMessage('m v=1 5');
  expect(convertMessages([message, message]).lines.map(({ messageIndex }) => messageIndex)).toEqual([0, 1]);
  const convert = createMessageConverter();
  expect(convert(message).lines[0]?.messageIndex).toBe(0);
  expect(convert(message, 7).lines.map(({ messageIndex }) => messageIndex)).toEqual([7]);
});

test('the defaults of a conversion are those of the function', () => {
  const config = readConfig({ OPENGEMINI_URL: 'http://127.0.0.1:8086', OPENGEMINI_DATABASE: 'db' });
  const bytes = (size: number): string => JSON.stringify({ measurement: 'm', fields: { v: 'x' } }).padEnd(size);
  const limit = config.messageBytesMax;
  const codes = [bytes(limit), bytes(limit + 1)].map((body) => convertBodies([body]).refusals[0]?.code);
  expect(codes).toEqual([undefined, 'too-large']);
  expect([config.input, config.converter]).toEqual(['auto', 'line']);
});
