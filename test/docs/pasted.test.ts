/** Commands that readers paste: their files exist, or the page creates them, and their variables reach a command. */

import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { EXECUTED_PAGES, ROOT } from './pages.ts';

/** Files after `<`, `--mapping`, and `cp`. Names in capitals stand for files of the reader. */
const filesIn = (text: string): string[] =>
  [...text.matchAll(/(?:<|--mapping|\bcp) ([a-z][\w./-]*\.(?:nd)?json)\b/g)].map(([, file = '']) => file);

const isCreated = (text: string, file: string): boolean =>
  new RegExp(`^ *cp \\S+ ${file}$|save it as \`${file}\``, 'm').test(text);

test('every file in a command to paste exists, or the page creates it', () => {
  const named = EXECUTED_PAGES.flatMap(({ name, text }) => filesIn(text).map((file) => ({ name, text, file })));
  expect(named.length).toBeGreaterThan(5);
  const missing = named.filter(({ text, file }) => !existsSync(new URL(file, ROOT)) && !isCreated(text, file));
  expect(missing.map(({ name, file }) => `${name}: ${file}`)).toEqual([]);
});

test('every variable in a command to paste is set for a command, or exported', () => {
  const lost = EXECUTED_PAGES.flatMap(({ name, blocks }) =>
    blocks
      .filter(({ language }) => language === 'sh')
      .flatMap(({ text }) =>
        text
          .replace(/<<'(\w+)'\n[\s\S]*?\n\1$/gm, '')
          .replace(/\\\n\s*/g, '')
          .split('\n')
          .filter((line) => /^(?:[A-Z_]+=\S* *)+$/.test(line))
          .map((line) => `${name}: ${line}`),
      ),
  );
  expect(lost).toEqual([]);
});
