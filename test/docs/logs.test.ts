/** docs/operating/logs.md lists the log messages exactly as the code logs them, and all of them. */

import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ROOT } from './pages.ts';

const page = readFileSync(new URL('docs/operating/logs.md', ROOT), 'utf8');

/** Sentences in the first column of a table. */
const documented = page
  .split('\n')
  .filter((line) => line.startsWith('| `') && !line.startsWith('| `message`'))
  .flatMap((line) => [...(line.split(' | ')[0] as string).matchAll(/`([^`]+)`/g)].map(([, text = '']) => text));

const sources = readdirSync(new URL('src/', ROOT), { recursive: true, encoding: 'utf8' })
  .filter((path) => /^(?:adapters|checkpoint|flush|ingest|lambda|runtime)\/.*\.ts$/.test(path.replaceAll('\\', '/')))
  .map((path) => readFileSync(new URL(`src/${path}`, ROOT), 'utf8'))
  .join('\n');

/** Literals that are whole sentences and are passed to a logger, directly or as a warning. */
const logged = [...sources.matchAll(/(?:'((?:[A-Z]|SINK_)[^'\n]* [^'\n]*[.?])'|"([A-Z][^"\n]* [^"\n]*[.?])")/g)].map(
  ([, single, double]) => single ?? double ?? '',
);

test('every log message on the page is logged by the code', () => {
  expect(documented.length).toBeGreaterThan(25);
  expect(documented.filter((text) => !sources.includes(`'${text}'`) && !sources.includes(`"${text}"`))).toEqual([]);
});

test('every sentence that the code logs is on the page', () => {
  expect(logged.length).toBeGreaterThan(20);
  expect(logged.filter((text) => !documented.includes(text))).toEqual([]);
});
