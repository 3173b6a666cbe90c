/** The table of parameters in docs/deploy.md agrees with their declarations. */

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { DEPLOY_PAGE, withParameters } from '../../docs/deploy.ts';

test('the table of parameters in docs/deploy.md is up to date (otherwise run: npx node docs/deploy.ts)', () => {
  const page = readFileSync(DEPLOY_PAGE, 'utf8');
  expect(page).toBe(withParameters(page));
  expect(page.match(/^\| `\w+` \|/gm)?.length).toBeGreaterThan(25);
});
