/**
 * Lines of the sink, parsed by the server's own grammar: nothing is altered, refused or lost. Covers `src/sink/convert`
 * against `local/opengemini/block-parser.ts`.
 */

import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type BlockPoint, parseBlock } from '../../../local/opengemini/block-parser.ts';
import { parseOwnLine } from '../../../src/sink/lines/parse-own-line.ts';
import type { Point } from '../../../src/sink/lines/point.ts';
import { timeText } from '../../../src/sink/time/timestamp.ts';
import { convert, message } from '../make.ts';
import { oddText } from './odd-text.ts';

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

/** Returns a point of the sink in the form of the grammar's points. */
const expected = ({ measurement, tags, fields, time }: Point): BlockPoint => ({
  measurement,
  tags: Object.fromEntries(tags),
  fields: fields.map(([key, { type, value }]) => ({ key, type, value: type === 'integer' ? BigInt(value) : value })),
  timestamp: BigInt(timeText(time)),
});

const readByServer = (lines: readonly string[]): ReturnType<typeof parseBlock> =>
  parseBlock(Buffer.from(`${lines.join('\n')}\n`));

describe('recorded bodies', () => {
  // Excludes bodies whose outcome depends on a passing state or a setting of the server. The other bodies are altered,
  // refused or lost because of their content.
  const excluded =
    /^(?:no-db|unknown-db|rp-|v2-|gzip|precision|disable-write|readonly|auth|conflict|rewrite|ts-missing$)/;
  const faulty = ROWS.filter(
    ({ name, answer, note }) => (answer.status !== 204 || /SILENT|DIFFERS/.test(name + note)) && !excluded.test(name),
  );

  test.each(ROWS.map((row) => [row.name, row] as const))(
    'the server\'s grammar parses the converted lines of the recorded body "%s" as intended',
    (_, { request }) => {
      const { lines } = convert(message(request.body), { input: 'line-protocol' });
      const { points, error } = readByServer(lines);
      expect(error).toBeUndefined();
      expect(points).toEqual(lines.map((line) => expected(parseOwnLine(line))));
    },
  );

  test('never sends a recorded body that the server alters, refuses or loses', () => {
    expect(faulty.length).toBeGreaterThan(40);
    for (const { name, request } of faulty) {
      const { lines } = convert(message(request.body), { input: 'line-protocol' });
      expect(lines.join('\n'), name).not.toBe(request.body?.replace(/\n$/, ''));
      // No single line of it is sent unchanged either, if the server would refuse it alone.
      const alone = lines.filter((line) => readByServer([line]).error !== undefined);
      expect(alone, name).toEqual([]);
    }
  });
});

describe('generated events', () => {
  const scalar = fc.oneof(
    oddText,
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.maxSafeInteger(),
    fc.boolean(),
    fc.constant(null),
  );
  const event = fc.record({
    measurement: oddText,
    tags: fc.dictionary(oddText, fc.oneof(oddText, fc.integer(), fc.boolean()), { maxKeys: 4 }),
    fields: fc.dictionary(oddText, scalar, { minKeys: 1, maxKeys: 5 }),
    integers: fc.constant([]),
    timestamp: fc.bigInt({ min: 0n, max: 9_223_372_036_854_775_806n }).map(String),
  });

  test("the server's grammar parses every written name and value unchanged", () => {
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

  test("the server's grammar parses written points as the original events", () => {
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
