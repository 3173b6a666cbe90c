/** The site of the documentation: its sidebar, and the pages as it changes them. Covers `docs/.vitepress/`. */

import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { targetOf, withBothThemes } from '../../docs/.vitepress/markdown.ts';
import { GROUPS, MODULES, pathOf } from '../../docs/.vitepress/sidebar.ts';
import { ALL_PAGES, ROOT, readPage } from './pages.ts';

test('the sidebar of the site contains every page of the project once', () => {
  const listed = Object.values(GROUPS).flat();
  expect(listed.toSorted()).toEqual(ALL_PAGES.map(({ name }) => name).toSorted());
});

test.each([
  ['README.md', '/'],
  ['docs/README.md', '/docs/'],
  ['docs/deploy.md', '/docs/deploy'],
  ['api/pages/opengemini-sqs-sink/testing/index.md', '/api/opengemini-sqs-sink/testing/'],
])('the page %s is at %s on the site', (page, path) => {
  expect(pathOf(page)).toBe(path);
});

test.each([
  ['mapping/README.md#try-it', 'mapping/index.md#try-it'],
  ['../README.md', '../index.md'],
  ['deploy.md', 'deploy.md'],
  ['../examples/sensor.json', 'https://site.example/blob/main/examples/sensor.json'],
  ['../presets/', 'https://site.example/tree/main/presets'],
  ['#limits', '#limits'],
  ['https://opengemini.example/a.json', 'https://opengemini.example/a.json'],
])('a link of a page in docs to %s leads to %s on the site', (target, expected) => {
  const folder = new URL('docs/', ROOT).pathname;
  expect(targetOf(target, folder, 'https://site.example')).toBe(expected);
});

test.each(['README.md', 'docs/console.md'])('every picture of %s has a variant for each theme on the site', (name) => {
  const { text } = readPage(name);
  const pictures = text.match(/<picture>/g) ?? [];
  const html = withBothThemes(text);
  expect(pictures.length).toBeGreaterThan(0);
  expect(html).not.toContain('<picture>');
  for (const theme of ['light', 'dark']) {
    const files = [...html.matchAll(new RegExp(`class="${theme}-only" src="([^"]+-${theme}\\.png)"`, 'g'))];
    expect(files.length).toBe(pictures.length);
    for (const [, file = ''] of files) expect(existsSync(new URL(file, new URL(name, ROOT)))).toBe(true);
  }
});

test('every module that TypeDoc writes a page for has an entry in the sidebar of the site', () => {
  const { exports } = JSON.parse(readFileSync(new URL('package.json', ROOT), 'utf8'));
  const modules = Object.entries(exports).flatMap(([name, target]) => (typeof target === 'object' ? [name] : []));
  expect(MODULES).toEqual(modules.map((name) => name.replace(/^\./, 'opengemini-sqs-sink')));
});
