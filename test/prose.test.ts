/** Retired phrases. `npm run prose` checks single words, because its dictionary cannot contain phrases. */

import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const ROOT = new URL('../', import.meta.url);
const RETIRED = /\b(?:what waits|for ever|great hall|side room|back door|of the house)\b/i;

const filesIn = (folder: string): string[] =>
  readdirSync(new URL(`${folder}/`, ROOT), { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.(?:ts|js|cjs|md)$/.test(path))
    .map((path) => `${folder}/${path.replaceAll('\\', '/')}`);

test('no text contains a retired phrase', () => {
  const files = ['src', 'cli', 'local', 'infra', 'bench', 'docs', 'examples'].flatMap(filesIn);
  const texts = [...files, 'README.md', 'CONTRIBUTING.md', 'CHANGELOG.md'];
  expect(texts.length).toBeGreaterThan(200);
  const found = texts.flatMap((file) =>
    readFileSync(new URL(file, ROOT), 'utf8')
      .split('\n')
      .flatMap((line, index) => (RETIRED.test(line) ? [`${file}:${index + 1}: ${line.trim()}`] : [])),
  );
  expect(found).toEqual([]);
});
