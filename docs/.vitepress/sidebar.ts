/**
 * Order of the pages on the site, for a reader who is new: first use, then operation, then development. The titles are
 * the headings of the pages. `test/docs/site.test.ts` checks that every page of the project is in the list once.
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { DefaultTheme } from 'vitepress';

type Entry = DefaultTheme.SidebarItem;

const ROOT = new URL('../../', import.meta.url);

const decisions = readdirSync(new URL('docs/decisions/', ROOT))
  .filter((name) => /^\d{4}-.*\.md$/.test(name))
  .sort()
  .map((name) => `docs/decisions/${name}`);

/** Groups of the sidebar with their pages, relative to the root of the project. */
export const GROUPS: Readonly<Record<string, readonly string[]>> = {
  Start: ['README.md', 'docs/dev.md', 'docs/README.md', 'docs/glossary.md'],
  Deploy: ['docs/deploy.md', 'docs/deploy-without-framework.md', 'CHANGELOG.md', 'SECURITY.md'],
  Configure: ['docs/configuration.md'],
  Mapping: [
    'docs/mapping/README.md',
    'docs/mapping/trying.md',
    'docs/mapping/reference.md',
    'docs/mapping/values.md',
    'docs/mapping/members.md',
    'docs/mapping/events.md',
    'docs/mapping/time.md',
    'docs/mapping/bodies.md',
    'examples/README.md',
  ],
  Presets: ['docs/presets.md'],
  Operate: [
    'docs/operating/README.md',
    'docs/console.md',
    'docs/operating/situations.md',
    'docs/refusals.md',
    'docs/operating/metrics-and-alarms.md',
    'docs/operating/logs.md',
    'docs/operating/controller.md',
    'docs/operating/limits-and-costs.md',
  ],
  Extend: ['docs/package.md', 'docs/extending.md'],
  Develop: [
    'CONTRIBUTING.md',
    'docs/architecture.md',
    'docs/testing.md',
    'docs/performance.md',
    'docs/control.md',
    'docs/decisions/README.md',
  ],
  Decisions: decisions,
};

/** A long list is closed until a reader opens it. */
const CLOSED = ['Decisions'];

/** Titles that would not describe a page next to those of other pages. */
const TITLES: Readonly<Record<string, string>> = {
  'README.md': 'Introduction',
  'docs/README.md': 'All pages by reader',
  'docs/console.md': 'Console of the local system',
};

/** Modules of the npm package, as `typedoc.json` in this folder writes their pages. */
export const MODULES = ['opengemini-sqs-sink', 'opengemini-sqs-sink/testing', 'opengemini-sqs-sink/serverless'];

/** Folder of the pages that TypeDoc writes, relative to the root of the project. */
export const API_PAGES = 'api/pages/';

/** Returns the path of a page on the site. The README of a folder is its index. */
export const pathOf = (page: string): string =>
  `/${page
    .replace(API_PAGES, 'api/')
    .replace(/(^|\/)(?:README|index)\.md$/, '$1')
    .replace(/\.md$/, '')}`;

/** Heading of a page, without its markup. */
const titleOf = (page: string): string => {
  const [, heading = page] = /^# +(.+)$/m.exec(readFileSync(new URL(page, ROOT), 'utf8')) ?? [];
  return heading.replaceAll('`', '');
};

const entry = (page: string): Entry => ({ text: TITLES[page] ?? titleOf(page), link: pathOf(page) });

const KINDS: Readonly<Record<string, string>> = {
  classes: 'Classes',
  functions: 'Functions',
  interfaces: 'Interfaces',
  'type-aliases': 'Types',
  variables: 'Variables',
};

/** Pages of a module by kind. Empty before TypeDoc has run, for example in `docs:dev`. */
const moduleGroup = (module: string): Entry => {
  const kinds = Object.entries(KINDS).flatMap(([folder, text]): Entry[] => {
    const names = new URL(`${API_PAGES}${module}/${folder}/`, ROOT);
    if (!existsSync(names)) return [];
    const pages = readdirSync(names)
      .sort()
      .map((name) => ({ text: name.replace(/\.md$/, ''), link: pathOf(`${API_PAGES}${module}/${folder}/${name}`) }));
    return [{ text, items: pages, collapsed: false }];
  });
  return { text: module, items: [moduleEntry(module), ...kinds], collapsed: module !== MODULES[0] };
};

const moduleEntry = (module: string): Entry => ({ text: 'Overview', link: `/api/${module}/` });

/** Sidebars by the beginning of the path. The one of the API is separate, because each page contains its sidebar. */
export const sidebars = (): DefaultTheme.Sidebar => ({
  '/api/': MODULES.map(moduleGroup),
  '/': [
    ...Object.entries(GROUPS).map(([text, pages]) => ({
      text,
      items: pages.map(entry),
      collapsed: CLOSED.includes(text),
    })),
    { text: 'API', items: MODULES.map((module) => ({ text: module, link: `/api/${module}/` })), collapsed: false },
  ],
});
