/** The files of the installed package. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { expect, inject, test } from 'vitest';

const LIBRARY = join(inject('consumer'), 'node_modules/opengemini-sqs-sink');
const files = readdirSync(LIBRARY, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) =>
    join(entry.parentPath, entry.name)
      .slice(LIBRARY.length + 1)
      .replaceAll('\\', '/'),
  );

test('every source of every source map of the library is in the package', () => {
  const maps = files.filter((file) => /^dist\/lib\/.*\.map$/.test(file));
  expect(maps.length).toBeGreaterThan(100);
  const missing = maps.flatMap((file) => {
    const path = join(LIBRARY, file);
    const { sources }: { sources: readonly string[] } = JSON.parse(readFileSync(path, 'utf8'));
    return sources
      .filter((source) => !existsSync(resolve(dirname(path), source)))
      .map((source) => `${file}: ${source}`);
  });
  expect(missing).toEqual([]);
});

test('every built module has a source map, and every module of the library has declarations', () => {
  const built = files.filter((file) => /^dist\/lib\/.*\.js$/.test(file));
  expect(built.length).toBeGreaterThan(100);
  expect(built.filter((file) => !files.includes(`${file}.map`))).toEqual([]);
  const library = built.filter((file) => file.startsWith('dist/lib/src/'));
  expect(library.filter((file) => !files.includes(file.replace(/\.js$/, '.d.ts')))).toEqual([]);
});

test('the package contains both functions, with their license notices', () => {
  for (const name of ['ingest', 'flush'])
    expect(files).toEqual(
      expect.arrayContaining([`dist/functions/${name}/index.mjs`, `dist/functions/${name}/THIRD-PARTY-NOTICES.txt`]),
    );
});

test('the package contains the built page of the console, with the license notice of the library in it', () => {
  const page = ['index.html', 'main.js', 'main.css', 'icon.svg', 'THIRD-PARTY-NOTICES.txt'];
  expect(files.filter((file) => file.startsWith('dist/console/')).sort()).toEqual(
    page.map((name) => `dist/console/${name}`).sort(),
  );
});

test('the package contains what users need, and nothing else', () => {
  const expected = [
    'LICENSE',
    'README.md',
    'CHANGELOG.md',
    'serverless.yml',
    'mapping.schema.json',
    'presets/telegraf.json',
    'docs/mapping/README.md',
    'docs/deploy.md',
  ];
  expect(expected.filter((file) => !files.includes(file))).toEqual([]);
  const places =
    /^(?:dist\/lib|dist\/functions|dist\/console|src|cli|local|infra|examples|presets|docs)\/|^(?:LICENSE|mapping\.schema\.json|README\.md|CHANGELOG\.md|CONTRIBUTING\.md|SECURITY\.md|package\.json|serverless\.yml)$/;
  expect(files.filter((file) => !places.test(file) || /^docs\/.*\.ts$/.test(file))).toEqual([]);
});

test('every link between the pages of the package leads to a file of the package', () => {
  const pages = files.filter((file) => file.endsWith('.md') && !file.startsWith('cli/init/template/'));
  expect(pages.length).toBeGreaterThan(40);
  const dead = pages.flatMap((page) =>
    [...readFileSync(join(LIBRARY, page), 'utf8').matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)]
      .map(([, target = '']) => target)
      .filter((target) => !existsSync(resolve(LIBRARY, dirname(page), target)))
      .map((target) => `${page}: ${target}`),
  );
  expect(dead).toEqual([]);
});
