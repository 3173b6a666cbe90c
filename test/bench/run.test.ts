/** The benchmark as a program (`bench/run.ts`), with the shortest slices. Its figures mean nothing here. */

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const ROOT = new URL('../../', import.meta.url).pathname;

const bench = (...words: readonly string[]): Promise<{ stdout: string; stderr: string }> =>
  promisify(execFile)(process.execPath, ['bench/run.ts', '--smoke', ...words], { cwd: ROOT });

test('prints the ratios of all peers and of the handler as one line of JSON', async () => {
  const { stdout } = await bench('--json', '--quick', '--only', 'typical,handler');
  expect(stdout.trim().split('\n')).toHaveLength(1);
  const { node, rounds, ratios, handler, quartiles } = JSON.parse(stdout);
  expect({ node, rounds }).toEqual({ node: process.version, rounds: 3 });
  const peers = ['InfluxdbClient', 'Influxdb3Client', 'Influx', 'QuestdbClient', 'Template', 'Reference'];
  const names = ['OursWithoutScanner', ...peers].flatMap((name) => [`totalVs${name}`, `encodeVs${name}`]);
  expect(Object.keys(ratios.typical).toSorted()).toEqual(['totalOverParse', ...names].toSorted());
  expect(ratios.typical.totalOverParse).toBeGreaterThan(0);
  expect(quartiles.ratios.typical.totalOverParse).toEqual([expect.any(Number), expect.any(Number)]);
  expect(handler).toMatchObject({ cpuVsPowertools: expect.any(Number), cpuOverFloor: expect.any(Number) });
  expect(quartiles.handler.cpuVsPowertools).toHaveLength(2);
});

test('reports a faulty option without a stack, and fails', async () => {
  await expect(bench('--only', 'x')).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^--only must list parts of the benchmark, got "x"\. Use one of .*\n$/),
  });
});

test('refuses to compare with a commit that does not exist', async () => {
  await expect(bench('--compare', 'no-such-commit')).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining('--compare must name a commit of this repository, got "no-such-commit".'),
  });
});
