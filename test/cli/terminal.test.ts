/** Tests of `cli/terminal.ts`: tables and texts fit the terminal, and piped output has no colors. */

import { describe, expect, test } from 'vitest';
import { statusLines } from '../../cli/status-lines.ts';
import { row, widthOf, wrapped } from '../../cli/terminal.ts';
import { breakerOf } from '../contract/state-table/made-up.ts';
import { run } from './running.ts';

describe('widths', () => {
  test.each([
    [undefined, 200, undefined],
    [true, 59, 60],
    [true, 61, 61],
    [true, 121, 120],
    [true, undefined, 60],
  ])('a stream with isTTY %j and %j columns has the width %j', (isTTY, columns, width) => {
    expect(widthOf({ isTTY, columns } as NodeJS.WriteStream)).toBe(width);
  });

  test('a text is wrapped at spaces, and a word that is longer than a line stays whole', () => {
    expect(wrapped('one two three', 7)).toBe('one two\nthree');
    expect(wrapped('one two three', 6)).toBe('one\ntwo\nthree');
    expect(wrapped('http://127.0.0.1 a', 5, 2)).toBe('http://127.0.0.1\n  a');
    expect(wrapped('  a  b', 4, 2)).toBe('  a\n  b');
    expect(wrapped('one two', undefined)).toBe('one two');
  });

  test('a row is wrapped within its second column, and its first word follows the name', () => {
    expect(row('name', 'one two three', 8, 15)).toBe('name    one two\n        three');
    expect(row('name', 'http://127.0.0.1', 8, 10)).toBe('name    http://127.0.0.1');
    expect(row('a long name', 'one two', 8, 15)).toBe('a long name one\n        two');
  });

  test.each([60, 80, 120])('every line of status fits into %j columns', (width) => {
    const opened = breakerOf({ openedAtMs: 0, probeAtMs: 9_000_000, text: 'the server is read-only '.repeat(8) });
    const status = {
      sink: 'opengemini-sink-prod',
      table: 'opengemini-sink-prod-state',
      view: {
        decision: undefined,
        limit: undefined,
        hold: undefined,
        breakers: [opened],
        backlog: undefined,
      },
      backlog: { atMs: 0, bytes: 5_000, lines: 700, segments: 1, oldestMs: 0, shards: [3] },
      sinks: [{ name: 'opengemini-sink-prod', registeredAtMs: 0, flushedAtMs: 0 }],
      nowMs: 7_200_000,
    };
    const lines = statusLines(status, width).flatMap((line) => line.split('\n'));
    expect(lines.length).toBeGreaterThan(6);
    expect(lines.filter((line) => line.length > width)).toEqual([]);
    const text = lines.map((line) => line.trim()).join(' ');
    expect(text.replace(/ +/g, ' ')).toBe(statusLines(status).join(' ').replace(/ +/g, ' ').trim());
  });
});

describe('colors', () => {
  const CONFIGURED = { OPENGEMINI_URL: 'http://127.0.0.1:9', OPENGEMINI_DATABASE: 'd' };
  const ESCAPE = '\u001b[';

  test('FORCE_COLOR colors texts of a pipe, but neither JSON nor refused events', async () => {
    const colored = { ...CONFIGURED, FORCE_COLOR: '1' };
    const [text, json, faults, refused, fault] = await Promise.all([
      run(['check'], '', colored),
      run(['check', '--json'], '', colored),
      run(['check', '--json'], '', { FORCE_COLOR: '1' }),
      run(['convert'], '{}\n', { FORCE_COLOR: '1' }),
      run(['convrt'], '', { FORCE_COLOR: '1' }),
    ]);
    expect(text.out).toContain(`${ESCAPE}32mThe configuration is valid.`);
    expect(fault.err).toContain(`${ESCAPE}31mThere is no command`);
    expect([json.out, faults.out, refused.err].filter((out) => out.includes(ESCAPE))).toEqual([]);
    expect([json.code, faults.code, refused.code]).toEqual([0, 2, 1]);
  });

  test('a pipe gets no colors without FORCE_COLOR', async () => {
    const [text, fault] = await Promise.all([run(['check'], '', CONFIGURED), run(['convrt'])]);
    expect(text.out + fault.err).not.toContain(ESCAPE);
  });
});
