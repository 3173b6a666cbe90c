/** Lines that are shown to be pasted name files that are there, or that the page itself has made before. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const ROOT = new URL('../../', import.meta.url);

const PAGES = ['README.md', 'examples/README.md', ...readdirSync(new URL('docs/', ROOT)).map((name) => `docs/${name}`)]
  .filter((name) => name.endsWith('.md'))
  .map((name) => ({ name, text: readFileSync(new URL(name, ROOT), 'utf8') }));

/** Behind `<` and `--mapping`; names in capitals stand for something of the reader's. */
const filesIn = (text: string): string[] =>
  [...text.matchAll(/(?:<|--mapping) ([a-z][\w./-]*\.(?:nd)?json)\b/g)].map(([, file = '']) => file);

const isMade = (text: string, file: string): boolean =>
  new RegExp(`^cp \\S+ ${file}$|save it as \`${file}\``, 'm').test(text);

test('files in lines to paste are there', () => {
  const named = PAGES.flatMap(({ name, text }) => filesIn(text).map((file) => ({ name, text, file })));
  expect(named.length).toBeGreaterThan(5);
  const missing = named.filter(({ text, file }) => !existsSync(new URL(file, ROOT)) && !isMade(text, file));
  expect(missing.map(({ name, file }) => `${name}: ${file}`)).toEqual([]);
});

test('variables in lines to paste are given to a command, or exported', () => {
  const lost = PAGES.flatMap(({ name, text }) =>
    [...text.matchAll(/^```sh\n(.*?)^```$/gms)].flatMap(([, block = '']) =>
      block
        .replace(/\\\n\s*/g, '')
        .split('\n')
        .filter((line) => /^(?:[A-Z_]+=\S* *)+$/.test(line))
        .map((line) => `${name}: ${line}`),
    ),
  );
  expect(lost).toEqual([]);
});
