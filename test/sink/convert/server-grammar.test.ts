/** What the sink writes, as the server's own grammar reads it: nothing altered, nothing refused, nothing lost. */

import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type BlockPoint, parseBlock } from '../../../local/opengemini/block-parser.ts';
import { timeText } from '../../../src/sink/convert/timestamp.ts';
import { parseOwnLine } from '../../../src/sink/lines/parse-own-line.ts';
import type { Point } from '../../../src/sink/lines/point.ts';
import { convert, message } from '../make.ts';

interface Row {
  readonly name: string;
  readonly request: { readonly body?: string; readonly bodyEncoding?: string };
  readonly answer: { readonly status: number; readonly error: string | null };
  readonly stored: readonly unknown[];
  readonly note: string;
}

const ROWS = readFileSync(new URL('../../fixture/write-corpus.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Row)
  .filter(({ request }) => typeof request.body === 'string' && request.bodyEncoding === undefined);

/** A point of ours as the grammar tells points. */
const expected = ({ measurement, tags, fields, time }: Point): BlockPoint => ({
  measurement,
  tags: Object.fromEntries(tags),
  fields: fields.map(([key, { type, value }]) => ({ key, type, value: type === 'integer' ? BigInt(value) : value })),
  timestamp: BigInt(timeText(time)),
});

const readByServer = (lines: readonly string[]): ReturnType<typeof parseBlock> =>
  parseBlock(Buffer.from(`${lines.join('\n')}\n`));

describe('recorded bodies', () => {
  // Bodies that the server alters, refuses or loses for what they say; passing states and its settings are not their fault.
  const innocent =
    /^(?:no-db|unknown-db|rp-|v2-|gzip|precision|disable-write|readonly|auth|conflict|rewrite|ts-missing$)/;
  const faulty = ROWS.filter(
    ({ name, answer, note }) => (answer.status !== 204 || /SILENT|DIFFERS/.test(name + note)) && !innocent.test(name),
  );

  test.each(ROWS.map((row) => [row.name, row] as const))(
    '%s: what the sink makes of it is read as it was meant',
    (_, { request }) => {
      const { lines } = convert(message(request.body), { input: 'line-protocol' });
      const { points, error } = readByServer(lines);
      expect(error).toBeUndefined();
      expect(points).toEqual(lines.map((line) => expected(parseOwnLine(line))));
    },
  );

  test('a body that the server alters, refuses or loses never leaves the sink', () => {
    expect(faulty.length).toBeGreaterThan(40);
    for (const { name, request } of faulty) {
      const { lines } = convert(message(request.body), { input: 'line-protocol' });
      expect(lines.join('\n'), name).not.toBe(request.body?.replace(/\n$/, ''));
      // Nor any single line of it that the server would not take alone as it is.
      const alone = lines.filter((line) => readByServer([line]).error !== undefined);
      expect(alone, name).toEqual([]);
    }
  });
});

describe('generated events', () => {
  const odd = fc.constantFrom(
    '\\',
    '"',
    ' ',
    ',',
    '=',
    '\n',
    '\r',
    '\t',
    '\u0000',
    '#',
    'é',
    '日',
    '😀',
    'time',
    '/',
    '\\\\"',
    '=,',
    "'",
    '\u0001',
  );
  const text = fc.oneof(
    fc.string({ maxLength: 8 }),
    fc.string({ unit: 'binary', maxLength: 30 }),
    fc.array(odd, { maxLength: 16 }).map((parts) => parts.join('')),
  );
  const scalar = fc.oneof(
    text,
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.maxSafeInteger(),
    fc.boolean(),
    fc.constant(null),
  );
  const event = fc.record({
    measurement: text,
    tags: fc.dictionary(text, fc.oneof(text, fc.integer(), fc.boolean()), { maxKeys: 4 }),
    fields: fc.dictionary(text, scalar, { minKeys: 1, maxKeys: 5 }),
    integers: fc.constant([]),
    timestamp: fc.bigInt({ min: 0n, max: 9_223_372_036_854_775_806n }).map(String),
  });

  test('what is written is read back by the grammar with every name and value as it was', () => {
    fc.assert(
      fc.property(fc.array(event, { minLength: 1, maxLength: 5 }), (events) => {
        const { lines, codes } = convert(message(events));
        expect(lines.length + codes.length).toBe(events.length);
        const { points, error } = readByServer(lines);
        expect(error).toBeUndefined();
        expect(points).toEqual(lines.map((line) => expected(parseOwnLine(line))));
      }),
      { numRuns: 3_000 },
    );
  });

  test('what is read back is what the event said', () => {
    const plain = fc.record({
      measurement: fc.string({ unit: fc.constantFrom('a', ' ', '=', '"', 'é', '-'), minLength: 1, maxLength: 8 }),
      tags: fc.dictionary(
        fc.string({ unit: fc.constantFrom('k', ' ', ',', '=', '\\', '日'), minLength: 1, maxLength: 6 }),
        fc.string({ unit: fc.constantFrom('v', ' ', ',', '=', '\\', '"', '😀'), minLength: 1, maxLength: 8 }),
        { maxKeys: 3 },
      ),
      fields: fc.record({
        f: fc.double({ noNaN: true, noDefaultInfinity: true }),
        s: fc.string({ unit: fc.constantFrom('x', '"', '\\', ' ', ',', '=', '\r', '\t', '日', '😀'), maxLength: 10 }),
        b: fc.boolean(),
        i: fc.maxSafeInteger(),
      }),
      timestamp: fc.bigInt({ min: 0n, max: 9_223_372_036_854_775_806n }).map(String),
    });
    fc.assert(
      fc.property(plain, (one) => {
        fc.pre(!['f', 's', 'b', 'i'].some((name) => name in one.tags));
        const { lines } = convert(message({ ...one, integers: ['i'] }));
        const [point] = readByServer(lines).points;
        const fields = Object.fromEntries(point?.fields.map(({ key, value }) => [key, value]) ?? []);
        expect(point?.measurement).toBe(one.measurement);
        expect(point?.tags).toEqual(one.tags);
        // JSON text prints minus zero as zero.
        expect({ ...fields, f: (fields.f as number) + 0 }).toEqual({
          ...one.fields,
          f: one.fields.f + 0,
          i: BigInt(one.fields.i),
        });
        expect(point?.timestamp).toBe(BigInt(one.timestamp));
      }),
      { numRuns: 3_000 },
    );
  });
});
