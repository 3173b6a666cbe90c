/** Writes the table of parameters into `deploy.md`, of what the deployment itself reads: `npx node docs/deploy.ts`. */

import { readFileSync, writeFileSync } from 'node:fs';
import { PARAMETERS } from '../infra/parameters.ts';
import { settingsTable } from './settings-table.ts';

export const DEPLOY_PAGE = new URL('./deploy.md', import.meta.url);

const BEGIN = '<!-- parameters: made by docs/deploy.ts of infra/parameters.ts -->';
const END = '<!-- end of parameters -->';

/** The page with the table as it must be. */
export const withParameters = (page: string): string => {
  const [before, rest] = page.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) throw new Error('deploy.md has lost the marks of its table');
  return `${before}${BEGIN}\n${settingsTable('Parameter', PARAMETERS)}\n${END}${after}`;
};

if (import.meta.main) writeFileSync(DEPLOY_PAGE, withParameters(readFileSync(DEPLOY_PAGE, 'utf8')));
