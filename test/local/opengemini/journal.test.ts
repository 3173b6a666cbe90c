/** Tests of `local/opengemini/journal.ts`: a stand-in that starts with the file of another one has its data. */

import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { startStandIn } from '../../../local/opengemini/server.ts';
import { folderWith } from '../../cli/folder.ts';
import { query } from './raw-client.ts';
import { DATABASE, type Played, withStandIn } from './stand-in-fixture.ts';

const journalFile = (): string => join(folderWith({}), 'points.ndjson');

/** Plays with a stand-in, and returns the content of its database from a second one that starts with its file. */
const replayed = async (file: string, play: (played: Played) => Promise<void>): Promise<[string, string]> => {
  const read = async (url: string): Promise<string> =>
    (await query(url, DATABASE, 'SHOW DATABASES; SHOW MEASUREMENTS; SELECT * FROM m GROUP BY *')).body;
  let before = '';
  await withStandIn({ file }, async (played) => {
    await play(played);
    before = await read(played.standIn.url);
  })();
  const second = await startStandIn({ file });
  const after = await read(second.url);
  await second.close();
  return [before, after];
};

test('a stand-in keeps points with all digits, points without a time, and the columns of refused lines', async () => {
  const file = journalFile();
  const withoutTime = Array.from(
    { length: 5_000 },
    (_, i) => `m,n=${i} f=1e21,g=-0,i=9223372036854775807i,s="é<\u2028"`,
  );
  const [before, after] = await replayed(file, async ({ write, query: run }) => {
    await write('m,x=1 f=1 1755216000000000001');
    await write(gzipSync('m,x=1 h=2 1755216000000000001'), { headers: { 'Content-Encoding': 'gzip' } });
    await write(`m f=1i 5\n${withoutTime.join('\n')}`);
    await write('gone v=1 5');
    await write('m,late=1 v=1 5', { params: { rp: 'nope' } });
    await run('DROP MEASUREMENT gone; CREATE DATABASE other; CREATE DATABASE third; DROP DATABASE third');
    await write('m,y=1 z="1" 1755216', { params: { precision: 's' } });
  });
  expect(JSON.parse(before).results[2].series.length).toBeGreaterThan(5_000);
  expect(after).toBe(before);
});

test('a query that only reads, and a refused write, are not recorded', async () => {
  const file = journalFile();
  await replayed(file, async ({ standIn, write, query: run }) => {
    const size = readFileSync(file).length;
    await run('SELECT * FROM m; SHOW MEASUREMENTS');
    await write('m v=1 5', { params: { db: 'nope' } });
    standIn.faults.set({ name: 'write-disabled' });
    await write('m v=1 5');
    expect(readFileSync(file).length).toBe(size);
  });
});

test('a last line that is not complete is removed, and the next write is kept', async () => {
  const file = journalFile();
  await replayed(file, async ({ write }) => {
    await write('m v=1 5');
  });
  appendFileSync(file, '{"kind":"write","database":"db');
  const [, after] = await replayed(file, async ({ write }) => {
    await write('m v=2 6');
  });
  expect(after).toContain('[[5,1],[6,2]]');
});

test('a damaged line stops the start, with its place and the option that forgets the state', async () => {
  const file = journalFile();
  appendFileSync(file, '{"kind":"query","query":"CREATE DATABASE db","database":""}\nnonsense\n');
  await expect(startStandIn({ file })).rejects.toThrow(
    `${file}:2 is damaged. Start with --fresh to forget the state of earlier runs`,
  );
});
