/** Tests of `cli/document-reader.ts`, `cli/json-scanner.ts`, and `cli/input-documents.ts`: which lines are one body. */

import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DOCUMENT_LENGTH_MAX, DocumentReader, type LineRange } from '../../cli/document-reader.ts';
import { type InputDocument, inputDocuments } from '../../cli/input-documents.ts';
import { folderWith } from './folder.ts';

const read = (lines: readonly string[], linesOnly = false): LineRange[] => {
  const reader = new DocumentReader(linesOnly);
  return [...lines.flatMap((line) => reader.push(line)), ...reader.end()];
};

/** The bodies, with line breaks shown, and the first line of each. */
const bodies = (...lines: readonly string[]): unknown => read(lines).map(({ text, line }) => [line, text]);

describe('lines that are one body', () => {
  test.each<[string, readonly string[], readonly (readonly [number, string])[]]>([
    ['a document over several lines', ['{', '"a": [', '1', ']', '}'], [[1, '{\n"a": [\n1\n]\n}']]],
    ['an array over several lines', ['[', '{},', '{}', ']'], [[1, '[\n{},\n{}\n]']]],
    [
      'several documents over several lines',
      ['{', '}', '', '{', '}'],
      [
        [1, '{\n}'],
        [4, '{\n}'],
      ],
    ],
    [
      'a line of NDJSON',
      ['{"a":1}', '{"a":2}'],
      [
        [1, '{"a":1}'],
        [2, '{"a":2}'],
      ],
    ],
    ['a line with several documents', ['{"a":1} {"a":2}'], [[1, '{"a":1} {"a":2}']]],
    ['a document that begins in the line where another ends', ['{', '} {', '}'], [[1, '{\n} {\n}']]],
    [
      'a line of line protocol',
      ['m v=1', '{m v=1', 'm,t={ v=1'],
      [
        [1, 'm v=1'],
        [2, '{m v=1'],
        [3, 'm,t={ v=1'],
      ],
    ],
    [
      'a document with brackets and escapes in its texts',
      ['{"a": "]}",', '"b\\"{": "\\\\"', '}'],
      [[1, '{"a": "]}",\n"b\\"{": "\\\\"\n}']],
    ],
    [
      'a document with names for numbers that JSON does not have',
      ['{"a": NaN,', '"b": -Infinity}'],
      [[1, '{"a": NaN,\n"b": -Infinity}']],
    ],
    ['a document with blank lines', ['{', '', '}'], [[1, '{\n\n}']]],
    ['a document after a byte order mark', ['\uFEFF{', '}'], [[1, '\uFEFF{\n}']]],
    [
      'a text',
      ['"{', '{}'],
      [
        [1, '"{'],
        [2, '{}'],
      ],
    ],
  ])('%s', (_, lines, expected) => {
    expect(bodies(...lines)).toEqual(expected);
    expect(read(lines).every(({ fault }) => fault === undefined)).toBe(true);
  });

  test('any JSON value is one body, however it is formatted, and its text is unchanged', () => {
    const indent = fc.constantFrom(0, 1, 4, '\t');
    const value = fc.jsonValue().filter((one) => typeof one === 'object' && one !== null);
    fc.assert(
      fc.property(fc.array(fc.tuple(value, indent), { minLength: 1, maxLength: 5 }), (values) => {
        const texts = values.map(([one, indentation]) => JSON.stringify(one, null, indentation));
        expect(read(texts.join('\n').split('\n')).map(({ text }) => text)).toEqual(texts);
      }),
    );
  });

  test('every line is a body if the input is declared to be lines', () => {
    expect(read(['{', '}', '', 'm v=1'], true).map(({ text, line }) => [line, text])).toEqual([
      [1, '{'],
      [2, '}'],
      [4, 'm v=1'],
    ]);
  });
});

describe('a document that is never complete', () => {
  const faults = (...lines: readonly string[]): unknown =>
    read(lines).map(({ line, lastLine, fault }) => [line, lastLine, fault]);

  test('a broken line of NDJSON costs only itself', () => {
    expect(faults('{"a":1}', '{"a":', '{"a":2}', '{"a":3}')).toEqual([
      [1, 1, undefined],
      [2, 2, 'it breaks off in line 4: expected "," or a closing bracket, got "{"'],
      [3, 3, undefined],
      [4, 4, undefined],
    ]);
  });
  test('a broken formatted document is one body up to the next document', () => {
    expect(faults('{', '  "a": 1', '  "b": 2', '}', '{', '}')).toEqual([
      [1, 3, 'it breaks off in line 3: expected "," or a closing bracket, got "b"'],
      [4, 4, undefined],
      [5, 6, undefined],
    ]);
    expect(faults('[', '  { "a": 1 },', '  { "a": 2 }')).toEqual([[1, 3, 'its brackets are never closed']]);
  });
  test('brackets that close others, and texts without an end, are found in their line', () => {
    expect(faults('[{', ']', '{"a":', '"b', '}')).toEqual([
      [1, 2, 'it breaks off in line 2: expected a name in quotes or "}", got "]"'],
      [3, 4, 'it breaks off in line 4: a text does not end in its line'],
      [5, 5, undefined],
    ]);
  });
  test.each([
    ['{', '"a": 1,', '}'],
    ['[', '1,', ']'],
  ])('a trailing comma is named as such: %s %s %s', (...lines) => {
    expect(faults(...lines)).toContainEqual([1, 3, `it breaks off in line 3: "${lines.at(-1)}" follows a comma`]);
  });
  test('no line is lost or read twice, whatever the lines are', () => {
    const line = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      '{"a":',
      '1',
      ',',
      '{}',
      '"b": {',
      ' "c": [',
      'm v=1',
      '',
      '{"a":1}',
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 40 }), (lines) => {
        const ranges = read(lines);
        const seen = ranges.flatMap(({ line: first, lastLine }) =>
          Array.from({ length: lastLine - first + 1 }, (_, index) => first + index),
        );
        const expected = lines.flatMap((text, index) => (text === '' && !seen.includes(index + 1) ? [] : [index + 1]));
        expect(seen).toEqual(expected);
        for (const { text, line: first, lastLine } of ranges)
          expect(text).toBe(lines.slice(first - 1, lastLine).join('\n'));
      }),
      { numRuns: 2_000 },
    );
  });
  test('many lines that open brackets are read in a time that does not grow with their square', () => {
    const ranges = read(Array.from({ length: 200_000 }, () => '['));
    expect(ranges).toHaveLength(200_000);
    expect(read(Array.from({ length: 5_000 }, () => '['))).toHaveLength(5_000);
  });
  test('a document longer than any message is one body, and its lines are not kept', () => {
    const element = `"${'x'.repeat(1_000_000)}",`;
    const lines = ['[', ...Array.from({ length: 20 }, () => element), '1]', '{}'];
    expect(20 * element.length).toBeGreaterThan(DOCUMENT_LENGTH_MAX);
    expect(read(lines)).toEqual([
      { text: '[', line: 1, lastLine: 22, fault: 'it has more than 16 MiB', isTooLong: true },
      { text: '{}', line: 23, lastLine: 23 },
    ]);
  });
});

describe('files', () => {
  const documents = async (files: Readonly<Record<string, string>>): Promise<unknown> => {
    const folder = folderWith(files);
    const read: InputDocument[] = [];
    for await (const one of inputDocuments(Object.keys(files).map((name) => `${folder}/${name}`))) read.push(one);
    return read.map(({ text, line, place, file }) => [file?.slice(folder.length + 1), line, place, text]);
  };

  test('numbers of lines begin again in each file, and places do not', async () => {
    expect(await documents({ a: '\n{\n}\n', b: '{}\r\n\r\n[\r\n]' })).toEqual([
      ['a', 2, 2, '{\n}'],
      ['b', 1, 4, '{}'],
      ['b', 3, 6, '[\n]'],
    ]);
  });
  test('a document does not continue in the next file', async () => {
    expect(await documents({ a: '{', b: '}' })).toEqual([
      ['a', 1, 1, '{'],
      ['b', 1, 2, '}'],
    ]);
  });
  test('the line separators of Unicode inside a text end no line', async () => {
    expect(await documents({ a: '{"a":"x\u2028y\u2029z\u0085"}\n' })).toEqual([
      ['a', 1, 1, '{"a":"x\u2028y\u2029z\u0085"}'],
    ]);
  });
  test('a file larger than the buffer of its reader is read without a loss, characters of several bytes included', async () => {
    const line = `{"a":"${'ä€😀'.repeat(40)}"}`;
    const text = `${line}\n`.repeat(2_000);
    const read = (await documents({ a: text })) as readonly (readonly unknown[])[];
    expect(new Set(read.map(([, , , one]) => one))).toEqual(new Set([line]));
    expect(read).toHaveLength(2_000);
  });
});

describe('files that are bodies as a whole', () => {
  const found = async (texts: Readonly<Record<string, string>>): Promise<readonly InputDocument[]> => {
    const folder = folderWith(texts);
    const files = Object.keys(texts).map((name) => join(folder, name));
    const all: InputDocument[] = [];
    for await (const one of inputDocuments(files, { whole: true, linesOnly: true })) all.push(one);
    return all.map((one) => ({ ...one, file: one.file?.slice(folder.length + 1) }));
  };

  test('keep their lines, and are placed among the lines of all files', async () => {
    expect(await found({ a: '{"v":1}\n{"v":2}\r\n', b: '\n', c: 'm v=1' })).toEqual([
      { text: '{"v":1}\n{"v":2}\r\n', line: 1, lastLine: 2, place: 1, file: 'a' },
      { text: 'm v=1', line: 1, lastLine: 1, place: 4, file: 'c' },
    ]);
  });

  test('are refused if they are longer than any body', async () => {
    await expect(found({ a: 'x'.repeat(DOCUMENT_LENGTH_MAX + 1) })).rejects.toThrow(
      /a" has more than 16 MiB, the limit of one message body\. Without --whole, each line is a body\.$/,
    );
    expect((await found({ a: 'x'.repeat(DOCUMENT_LENGTH_MAX) }))[0]?.text).toHaveLength(DOCUMENT_LENGTH_MAX);
  });
});
