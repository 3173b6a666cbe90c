/** Tests of `cli/live-text.ts`. */

import { expect, test } from 'vitest';
import { LiveText } from '../../cli/live-text.ts';

/** A stream that keeps what was written. */
const streamOf = (isTTY: boolean, columns?: number) => {
  const written: string[] = [];
  const write = (text: string): boolean => {
    written.push(text);
    return true;
  };
  return { stream: { isTTY, write, ...(columns === undefined ? {} : { columns }) } as NodeJS.WriteStream, written };
};

const UP = (lines: number): string => `\u001b[${lines}A\r\u001b[J`;

test('a terminal replaces the text, also if it takes several rows', () => {
  const { stream, written } = streamOf(true, 10);
  const live = new LiveText(stream);
  live.show('one');
  live.show('0123456789abc\n\u001b[32mgreen\u001b[39m');
  live.show('two');
  expect(written).toEqual(['one', '\r\u001b[J0123456789abc\n\u001b[32mgreen\u001b[39m', `${UP(2)}two`]);
});

test('a terminal without a known width counts the lines of the text', () => {
  const { stream, written } = streamOf(true, 0);
  const live = new LiveText(stream);
  live.show('a long line\nanother');
  live.clear();
  live.clear();
  expect(written).toEqual(['a long line\nanother', UP(1)]);
});

test('a line and the end keep the last text', () => {
  const { stream, written } = streamOf(true, 80);
  const live = new LiveText(stream);
  live.end();
  live.show('one');
  live.line('stays');
  live.show('two');
  live.end();
  live.end();
  expect(written).toEqual(['one', '\n', 'stays\n', 'two', '\n']);
});

test('another stream gets every text as lines, without control characters', () => {
  const { stream, written } = streamOf(false);
  const live = new LiveText(stream);
  live.show('one');
  live.show('two\nthree');
  live.clear();
  live.end();
  expect(written).toEqual(['one\n', 'two\nthree\n']);
});
