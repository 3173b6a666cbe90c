import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { configurationPage } from '../../docs/configuration.ts';
import { VARIABLES } from '../../src/config/variables.ts';

const page = readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8');

test('the page of all variables is the one that the table makes (else: npx node docs/configuration.ts)', () => {
  expect(page).toBe(configurationPage());
});

test('the page has a row for every variable, in the order of the source, and four cells in each', () => {
  const rows = page.split('\n').filter((line) => line.startsWith('| `'));
  expect(rows.map((row) => /`(\w+)`/.exec(row)?.[1])).toEqual(Object.keys(VARIABLES));
  for (const row of rows) expect(row.split(/(?<!\\)\|/)).toHaveLength(6);
});
