/** The zips: what is in them, how large it is, and that the same sources give the same bytes. */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { unzipSync } from 'fflate';
import { describe, expect, inject, test } from 'vitest';
import { sizeOf, writeBundle } from '../../infra/bundle.ts';
import { FUNCTIONS, type FunctionName } from '../../infra/names.ts';
import type { Shape } from './package-service.ts';
import { readTemplate, resourceOf, zipOf } from './template.ts';

const bytesOf = (shape: Shape, name: FunctionName): Buffer => readFileSync(zipOf(inject('packages')[shape], name));
const filesOf = (name: FunctionName): Readonly<Record<string, Uint8Array>> => unzipSync(bytesOf('default', name));

const KIB = 1024;

describe.each(FUNCTIONS)('%s', (name) => {
  test('the zip holds the module that the handler string names', () => {
    const id = name === 'ingest' ? 'IngestLambdaFunction' : 'FlushLambdaFunction';
    const handler: string = resourceOf(readTemplate(inject('packages').default), 'AWS::Lambda::Function', id).Properties
      .Handler;
    expect(Object.keys(filesOf(name))).toContain(handler.replace(/\.handler$/, '.mjs'));
  });

  test('the zip holds code, its maps, notices, and the place for mapping files: nothing else', () => {
    const strange = Object.keys(filesOf(name)).filter(
      (file) =>
        !new RegExp(`^(?:dist/${name}/(?:[\\w-]+\\.mjs(?:\\.map)?|THIRD-PARTY-NOTICES\\.txt)|infra/files/.+)$`).test(
          file,
        ),
    );
    expect(strange).toEqual([]);
    expect(Object.keys(filesOf(name))).toContain('infra/files/README.md');
  });

  test('no map leads to a folder of the machine that it was made on, nor holds sources', () => {
    for (const [file, bytes] of Object.entries(filesOf(name))) {
      if (!file.endsWith('.map')) continue;
      const map = JSON.parse(Buffer.from(bytes).toString());
      expect(map.sourcesContent ?? []).toEqual([]);
      expect(map.sources.filter((source: string) => !/^(?:\.\.\/)+(?:src|infra|node_modules)\//.test(source))).toEqual(
        [],
      );
    }
  });

  test('notices name every package that is in it, with its licence', () => {
    const notices = Buffer.from(filesOf(name)[`dist/${name}/THIRD-PARTY-NOTICES.txt`] as Uint8Array).toString();
    for (const guest of ['@middy/core', '@aws-lambda-powertools/logger']) expect(notices).toContain(guest);
    if (name === 'ingest') expect(notices).toMatch(/^undici \d+\.\d+\.\d+ \(MIT\)$/m);
    expect(notices).not.toContain('(undefined)');
  });

  test('the same sources give the same bytes', () => {
    const hashOf = (shape: Shape): string => createHash('sha256').update(bytesOf(shape, name)).digest('hex');
    expect(hashOf('again')).toBe(hashOf('default'));
  });
});

/** Measured 755 and 1,033 KiB, 700 and 930: what is loaded before the first event is paid for at every cold start. */
test.each([
  ['ingest', 800, 1_100],
  ['flush', 740, 980],
] as const)('%s: at most %d KiB are loaded at its start, and %d in all', async (name, eager, total) => {
  const size = sizeOf(await writeBundle(name));
  expect(size.eager / KIB).toBeLessThan(eager);
  expect(size.total / KIB).toBeLessThan(total);
  expect(size.eager).toBeGreaterThan(10 * KIB);
});
