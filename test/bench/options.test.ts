/** Options of `npm run bench` (`bench/options.ts`). */

import { describe, expect, test } from 'vitest';
import { DATA_NAMES } from '../../bench/data.ts';
import { HELP, readOptions } from '../../bench/options.ts';

test('measures all data and the handler by default', () => {
  expect(readOptions([])).toMatchObject({ data: DATA_NAMES, handler: true, json: false, quick: false });
});

test('measures only the named parts, in the order of the report', () => {
  expect(readOptions(['--only', 'nested,typical'])).toMatchObject({ data: ['typical', 'nested'], handler: false });
  expect(readOptions(['--only', 'handler'])).toMatchObject({ data: [], handler: true });
});

test('measures named data that the quick run leaves out', () => {
  expect(readOptions(['--quick', '--only', 'flatten'])).toMatchObject({ data: ['flatten'], quick: true });
});

test('compares the converter only', () => {
  expect(readOptions(['--compare', 'main'])).toMatchObject({ compare: 'main', handler: false });
});

test('lists every part in the help', () => {
  expect(DATA_NAMES.filter((name) => !HELP.includes(name))).toEqual([]);
});

describe('a fault in the options names its remedy', () => {
  test.each([
    [['--fast'], /--fast.*"npm run bench -- --help" lists the options\.$/],
    [['typical'], /typical.*"npm run bench -- --help" lists the options\.$/],
    [['--only'], /--only.*"npm run bench -- --help" lists the options\.$/],
    [['--only', 'typicl'], /^--only must list parts of the benchmark, got "typicl"\. Did you mean typical\?$/],
    [['--only', 'everything'], /got "everything"\. Use one of typical, .*, handler\.$/],
    [['--page', '--quick'], /^--page needs the figures of a full run, got --quick too\. Remove --quick\.$/],
    [['--page', '--only', 'typical'], /Remove --only\.$/],
    [['--page', '--compare', 'main'], /Remove --compare\.$/],
    [['--compare', ''], /^--compare must name a commit, got an empty text\. Use for example main\.$/],
    [['--compare', 'main', '--only', 'handler'], /Replace "handler" in --only with data\.$/],
    [['--compare', 'main', '--only', 'typical, handler'], /Replace "handler" in --only with data\.$/],
  ])('%j', (words, message) => {
    expect(() => readOptions(words)).toThrow(message);
  });
});
