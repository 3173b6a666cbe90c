/** Links between the pages, and the index of all pages. */

import { existsSync, statSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ALL_PAGES, anchorsOf, type Page, ROOT, withoutBlocks } from './pages.ts';

const byName = new Map(ALL_PAGES.map((page) => [page.name, page]));
const anchors = new Map(ALL_PAGES.map((page) => [page.name, anchorsOf(page)]));

interface Link {
  readonly page: Page;
  readonly target: string;
}

/** Links that lead neither to another site nor into a code span. */
const linksOf = (page: Page): Link[] =>
  [
    ...withoutBlocks(page.text)
      .replace(/`[^`\n]*`/g, '')
      .matchAll(/\]\(([^)\s]+)\)/g),
  ]
    .map(([, target = '']) => ({ page, target }))
    .filter(({ target }) => !/^[a-z]+:/.test(target));

const links = ALL_PAGES.flatMap(linksOf);

/** File that a link leads to, relative to the root of the project, and the anchor in it. */
const resolved = ({ page, target }: Link): { readonly file: string; readonly anchor: string | undefined } => {
  const [path = '', anchor] = target.split('#');
  const url = path === '' ? new URL(page.name, ROOT) : new URL(path, new URL(page.name, ROOT));
  return { file: decodeURIComponent(url.pathname.slice(ROOT.pathname.length)), anchor };
};

const shown = ({ page, target }: Link): string => `${page.name}: ${target}`;

test('every relative link leads to a file or a folder of the project', () => {
  expect(links.length).toBeGreaterThan(100);
  const broken = links.filter((link) => !existsSync(new URL(resolved(link).file, ROOT)));
  expect(broken.map(shown)).toEqual([]);
});

test('every anchor of a link is a heading of its page', () => {
  const broken = links.filter((link) => {
    const { file, anchor } = resolved(link);
    return anchor !== undefined && byName.has(file) && anchors.get(file)?.has(anchor) !== true;
  });
  expect(broken.map(shown)).toEqual([]);
});

test('the index of the documentation lists every page', () => {
  const index = byName.get('docs/README.md');
  if (index === undefined) throw new Error('docs/README.md is missing.');
  const listed = new Set(linksOf(index).map((link) => resolved(link).file));
  const pages = ALL_PAGES.map(({ name }) => name).filter(
    (name) => name !== 'docs/README.md' && !/^docs\/decisions\/\d/.test(name),
  );
  expect(pages.filter((name) => !listed.has(name))).toEqual([]);
});

test('every decision is listed in the index of decisions', () => {
  const index = byName.get('docs/decisions/README.md');
  if (index === undefined) throw new Error('docs/decisions/README.md is missing.');
  const listed = new Set(linksOf(index).map((link) => resolved(link).file));
  const decisions = ALL_PAGES.map(({ name }) => name).filter((name) => /^docs\/decisions\/\d/.test(name));
  expect(decisions.filter((name) => !listed.has(name))).toEqual([]);
});

test('a link to a folder leads to its README', () => {
  const folders = links.filter((link) => {
    const url = new URL(resolved(link).file, ROOT);
    return existsSync(url) && statSync(url).isDirectory();
  });
  const docs = folders.filter((link) => /^(docs|examples)\b/.test(resolved(link).file));
  expect(docs.map(shown)).toEqual([]);
});
