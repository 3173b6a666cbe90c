/** The page of all environment variables agrees with their declarations. */

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { configurationPage } from '../../docs/configuration.ts';
import { VARIABLES } from '../../src/config/variables.ts';

const page = readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8');

test('docs/configuration.md is up to date (otherwise run: npx node docs/configuration.ts)', () => {
  expect(page).toBe(configurationPage());
});

test('docs/configuration.md has a row of four cells for every variable, in the order of the source', () => {
  const rows = page.split('\n').filter((line) => line.startsWith('| `'));
  expect(rows.map((row) => /`(\w+)`/.exec(row)?.[1])).toEqual(Object.keys(VARIABLES));
  for (const row of rows) expect(row.split(/(?<!\\)\|/)).toHaveLength(6);
});
