/** The packaged zip files: contents, size, and equal bytes for equal sources. */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { unzipSync } from 'fflate';
import { describe, expect, inject, test } from 'vitest';
import { bundle, ownHandler, packagesIn, sizeOf } from '../../infra/bundle.ts';
import { FUNCTIONS, type FunctionName } from '../../infra/names.ts';
import type { Shape } from './package-service.ts';
import { readTemplate, resourceOf, zipOf } from './template.ts';

const bytesOf = (shape: Shape, name: FunctionName): Buffer => readFileSync(zipOf(inject('packages')[shape], name));
const filesOf = (name: FunctionName, shape: Shape = 'default'): Readonly<Record<string, Uint8Array>> =>
  unzipSync(bytesOf(shape, name));

const KIB = 1024;

describe.each(FUNCTIONS)('%s', (name) => {
  test(`the zip of ${name} contains the module that its handler string names`, () => {
    const id = name === 'ingest' ? 'IngestLambdaFunction' : 'FlushLambdaFunction';
    const handler: string = resourceOf(readTemplate(inject('packages').default), 'AWS::Lambda::Function', id).Properties
      .Handler;
    expect(Object.keys(filesOf(name))).toContain(handler.replace(/\.handler$/, '.mjs'));
  });

  test(`the zip of ${name} contains code, source maps, and notices, and the files that parameters name`, () => {
    const others = (shape: Shape): readonly string[] =>
      Object.keys(filesOf(name, shape)).filter(
        (file) => !new RegExp(`^dist/${name}/(?:[\\w-]+\\.mjs(?:\\.map)?|THIRD-PARTY-NOTICES\\.txt)$`).test(file),
      );
    expect(others('default')).toEqual([]);
    expect(others('prod')).toEqual(['dist/ca.pem', 'examples/sensor.json']);
  });

  test(`no source map of ${name} contains sources, or paths of the machine that built it`, () => {
    for (const [file, bytes] of Object.entries(filesOf(name))) {
      if (!file.endsWith('.map')) continue;
      const map = JSON.parse(Buffer.from(bytes).toString());
      expect(map.sourcesContent ?? []).toEqual([]);
      expect(
        map.sources.filter((source: string) => !/^(?:\.\.\/)+(?:src|infra|presets|node_modules)\//.test(source)),
      ).toEqual([]);
    }
  });

  test(`the notices of ${name} list every bundled package with its license`, () => {
    const notices = Buffer.from(filesOf(name)[`dist/${name}/THIRD-PARTY-NOTICES.txt`] as Uint8Array).toString();
    for (const dependency of ['@middy/core', '@aws-lambda-powertools/logger']) expect(notices).toContain(dependency);
    if (name === 'ingest') expect(notices).toMatch(/^undici \d+\.\d+\.\d+ \(MIT\)$/m);
    expect(notices).not.toContain('(undefined)');
  });

  test(`packaging ${name} twice gives the same bytes`, () => {
    const hashOf = (shape: Shape): string => createHash('sha256').update(bytesOf(shape, name)).digest('hex');
    expect(hashOf('again')).toBe(hashOf('default'));
  });
});

test.each(FUNCTIONS)('the bundle of %s contains no parser of YAML, which only the tools need', async (name) => {
  const packages = packagesIn(await bundle(name, ownHandler(name)));
  expect(packages).toContain('node_modules/@middy/core');
  expect(packages).not.toContain('node_modules/yaml');
});

/** Measured: 849 and 1,122 KiB, 764 and 983 KiB. Presets are a tenth of it. The code that is loaded at start lengthens every cold start. */
test.each([
  ['ingest', 870, 1_150],
  ['flush', 790, 1_010],
] as const)('%s loads at most %d KiB at start, and %d KiB in all', async (name, eager, total) => {
  const size = sizeOf(await bundle(name, ownHandler(name)));
  expect(size.eager / KIB).toBeLessThan(eager);
  expect(size.total / KIB).toBeLessThan(total);
  // A smaller start would load the AWS SDK at the first event (docs/decisions/0026).
  expect(size.eager / KIB).toBeGreaterThan(600);
});
