/** Figures of the pages that count something in the code. */

import { expect, test } from 'vitest';
import { FAULTS } from '../../local/workload/faults.ts';
import { TARGETS } from '../fuzz/targets.ts';
import { FAULT_KINDS } from '../simulation/faults.ts';
import { SABOTAGES } from '../simulation/sabotage.ts';
import { ALL_PAGES } from './pages.ts';

/** Returns the text of a page, without its line breaks. */
const textOf = (name: string): string =>
  ALL_PAGES.find((page) => page.name === name)?.text.replaceAll(/\s+/g, ' ') ?? '';

test.each([
  ['README.md', `some of them broken in ${FAULTS.length} different ways`],
  ['README.md', `servers that fail in ${FAULT_KINDS.length} ways`],
  ['docs/testing.md', `${FAULT_KINDS.length} kinds of faults`],
  ['docs/testing.md', `${Object.keys(SABOTAGES).length} sabotages break one safeguard each`],
])('%s counts what there is: %s', (page, figure) => {
  expect(textOf(page)).toContain(figure);
});

test('docs/testing.md describes each target of the fuzzer', () => {
  const table = textOf('docs/testing.md').split('| Target | Input | Property |')[1] ?? '';
  const named = [...(table.split('For all targets')[0] ?? '').matchAll(/\| `([a-z-]+)` \|/g)].map(([, name]) => name);
  expect(named.toSorted()).toEqual(Object.keys(TARGETS).toSorted());
});
