/** Converts the examples in the tables of the documentation, and compares each with its cell. */

import { describe, expect, test } from 'vitest';
import { REFUSAL_CODES } from '../../src/sink/refusal.ts';
import { convertBodies } from './conversion.ts';
import { readPage } from './pages.ts';

/** Cells of a row of a table. A `|` inside a cell is written as `\|`. */
const cellsOf = (row: string): string[] =>
  row
    .split(/(?<!\\)\|/)
    .slice(1, -1)
    .map((cell) => cell.trim());

const codeIn = (cell: string): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);

describe('docs/refusals.md', () => {
  const page = readPage('docs/refusals.md');
  const mapping = page.blocks.find(({ role }) => role === 'mapping')?.text;
  const rows = page.text
    .split('\n')
    .filter((line) => /^\| `[a-z-]+` \|/.test(line))
    .map(cellsOf);
  const codes = rows.map(([code = '']) => codeIn(code)[0]).filter((code) => REFUSAL_CODES.includes(code as never));

  test('every refusal code has exactly one row', () => {
    expect(codes.toSorted()).toEqual(REFUSAL_CODES.toSorted());
  });

  const examples = rows
    .filter((cells) => cells.length === 4)
    .flatMap(([code = '', , example = '']) => codeIn(example).map((event) => ({ code: codeIn(code)[0], event })));

  /** Examples that the page shortens or describes, written out. */
  const WRITTEN_OUT: Readonly<Record<string, string>> = {
    '{"kind":"cpu","values":{…201 members…}}': JSON.stringify({
      kind: 'cpu',
      values: Object.fromEntries(Array.from({ length: 201 }, (_, index) => [`v${index}`, index])),
    }),
    '{"kind":"kkk…251 times…","values":{"v":1}}': JSON.stringify({ kind: 'k'.repeat(251), values: { v: 1 } }),
    room: JSON.stringify({ room: 'r'.repeat(33_000), readings: [{ at: 1_780_000_000_000, temp: 21.5 }] }),
    note: JSON.stringify({ room: 'hall', readings: [{ at: 1_780_000_000_000, note: 'n'.repeat(62_000) }] }),
  };

  test('the tables of refusal codes contain examples', () => {
    expect(examples.length).toBeGreaterThan(20);
  });

  test.each(examples)('the example of $code is refused with it: $event', ({ code, event }) => {
    const { refused } = convertBodies(mapping, [WRITTEN_OUT[event] ?? event]);
    expect(refused.map(({ reason }) => reason)).toEqual([code]);
  });

  test('the dead letter that the page shows has the reason and the detail of its body', () => {
    const { Body, MessageAttributes } = JSON.parse(
      page.blocks.find(({ language, role }) => language === 'json' && role === '')?.text ?? '',
    );
    const [refused] = convertBodies(mapping, [Body]).refused;
    expect(MessageAttributes).toMatchObject({ reason: refused?.reason, detail: refused?.detail });
  });
});

describe('the table of results by value in docs/mapping/values.md', () => {
  const lines = readPage('docs/mapping/values.md').text.split('\n');
  const start = lines.findIndex((line) => line.startsWith('| JSON value |'));
  const columns = cellsOf(lines[start] ?? '').slice(1);
  const rows = lines.slice(start + 2, lines.indexOf('', start)).map(cellsOf);

  /** Mapping of `v` in each column. The field `k` keeps a point valid without `v`. */
  const COLUMNS: Readonly<Record<string, object>> = {
    float: { fields: { v: 'v', k: 'k' } },
    integer: { fields: { v: { path: 'v', type: 'integer' }, k: 'k' } },
    boolean: { fields: { v: { path: 'v', type: 'boolean' }, k: 'k' } },
    string: { fields: { v: { path: 'v', type: 'string' }, k: 'k' } },
    tag: { tags: { v: 'v' }, fields: { k: 'k' } },
    timestamp: { timestamp: 'v', fields: { k: 'k' } },
    measurement: { measurement: { path: 'v' }, fields: { k: 'k' } },
  };

  const valuesOf = (cell: string): (string | undefined)[] => {
    if (cell === 'absent') return [undefined];
    if (cell === 'half a surrogate pair') return ['"\\ud800"'];
    return codeIn(cell);
  };

  const resultOf = (column: string, value: string | undefined, mismatch: string): string => {
    const mapping = JSON.stringify({
      version: 1,
      measurement: 'm',
      timestamp: { path: 't', precision: 'ns' },
      mismatch,
      ...COLUMNS[column],
    });
    const event = `{${value === undefined ? '' : `"v":${value},`}"k":1,"t":1}`;
    const { text, refused } = convertBodies(mapping, [event]);
    if (refused[0] !== undefined) return refused[0].reason;
    if (column === 'timestamp') return /(\d+)$/.exec(text)?.[1] ?? text;
    if (column === 'measurement') return /^(.*) k=1 1$/.exec(text)?.[1] ?? text;
    if (text === 'm k=1 1') return 'left out';
    const found = column === 'tag' ? /^m,v=(.*) k=1 1$/.exec(text) : /^m v=(.*),k=1 1$/.exec(text);
    return found?.[1] ?? text;
  };

  /** Returns the result, and the result with `"mismatch": "coerce"` if it differs. */
  const shown = (cell: string): string => cell.replaceAll('`', '');

  const cells = rows.flatMap(([value = '', ...results]) =>
    results.flatMap((result, index) =>
      valuesOf(value).map((one) => ({ value: one, column: columns[index] ?? '', result: shown(result) })),
    ),
  );

  test('the table has a cell for every kind of value and every column', () => {
    expect(columns).toEqual(Object.keys(COLUMNS));
    expect(cells.length).toBeGreaterThan(130);
  });

  test.each(cells)('$value as $column is $result', ({ value, column, result }) => {
    const plain = resultOf(column, value, 'refuse');
    const coerced = resultOf(column, value, 'coerce');
    expect(plain === coerced ? plain : `${plain} → ${coerced}`).toBe(result);
  });
});
