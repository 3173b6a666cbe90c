/** Tests of `cli/dev/watched-files.ts`. `dev-reload.test.ts` tests it with a running `dev`. */

import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readWatched } from '../../cli/dev/watched-files.ts';
import { folderWith } from './folder.ts';

test('a change counts once, when two reads in a row agree', () => {
  const file = join(folderWith({ a: 'old' }), 'a');
  const watched = readWatched(() => [file]);
  expect(watched.read()).toEqual([]);
  writeFileSync(file, 'ne');
  expect(watched.read(), 'the file may be incomplete').toEqual([]);
  writeFileSync(file, 'new');
  expect(watched.read(), 'the file is still being written').toEqual([]);
  expect(watched.read()).toEqual([file]);
  expect(watched.read()).toEqual([]);
});

test('a file that is missing for one read, or is written with the same content, has not changed', () => {
  const file = join(folderWith({ a: 'old' }), 'a');
  const watched = readWatched(() => [file]);
  rmSync(file);
  expect(watched.read()).toEqual([]);
  writeFileSync(file, 'old');
  expect([watched.read(), watched.read()]).toEqual([[], []]);
  rmSync(file);
  expect([watched.read(), watched.read()]).toEqual([[], [file]]);
});

test('a file that is named later is watched from then on', () => {
  const folder = folderWith({ a: '1', b: '1' });
  let name = 'a';
  const watched = readWatched(() => [join(folder, name)]);
  name = 'b';
  expect([watched.read(), watched.read()]).toEqual([[], []]);
  writeFileSync(join(folder, 'b'), '2');
  expect([watched.read(), watched.read()]).toEqual([[], [join(folder, 'b')]]);
});
