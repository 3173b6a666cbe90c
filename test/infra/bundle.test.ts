/** The packaged zip files: contents, size, and equal bytes for equal sources. */

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { unzipSync } from 'fflate';
import { describe, expect, inject, onTestFinished, test } from 'vitest';
import { bundle, ownHandler, packagesIn, sizeOf } from '../../infra/bundle.ts';
import { FUNCTIONS, type FunctionName } from '../../infra/names.ts';
import type { Shape } from './package-service.ts';
import { readTemplate, resourceOf, zipOf } from './template.ts';

const bytesOf = (shape: Shape, name: FunctionName): Buffer => readFileSync(zipOf(inject('packages')[shape], name));
const filesOf = (name: FunctionName, shape: Shape = 'default'): Readonly<Record<string, Uint8Array>> =>
  unzipSync(bytesOf(shape, name));

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

/** Measured: 729 and 1,114 KB, 619 and 882 KB. All code that is loaded at start lengthens every cold start (docs/decisions/0044). */
test.each([
  ['ingest', 800, 1_140],
  ['flush', 700, 930],
] as const)('%s loads at most %d KB at start, and has at most %d KB in all', async (name, eager, total) => {
  const size = sizeOf(await bundle(name, ownHandler(name)));
  expect(size.eager / 1_000).toBeLessThanOrEqual(eager);
  expect(size.total / 1_000).toBeLessThanOrEqual(total);
});

test.each(FUNCTIONS)('%s loads at start what each event needs, and SQS and the tracer later', async (name) => {
  const packages = packagesIn(await bundle(name, ownHandler(name)), 'eager').map((folder) =>
    folder.replace('node_modules/', ''),
  );
  const needed = ['@aws-sdk/client-dynamodb', 'undici', '@aws-lambda-powertools/logger', '@middy/core'];
  expect(packages).toEqual(expect.arrayContaining(needed));
  for (const later of ['@aws-sdk/client-sqs', '@aws-lambda-powertools/tracer', '@aws-lambda-powertools/parameters'])
    expect(packages).not.toContain(later);
});

// `fetch` of Node.js is an undici too. An import of `node:http` in an ES module loads it, because it reads all exports.
test.each(FUNCTIONS)('the start of %s does not load the implementation of fetch', async (name) => {
  const folder = mkdtempSync(join(tmpdir(), 'opengemini-sink-bundle-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const { path, contents } of (await bundle(name, ownHandler(name))).files)
    writeFileSync(join(folder, basename(path)), contents);
  const script = `await import(${JSON.stringify(join(folder, 'index.mjs'))}); console.log(JSON.stringify(process.moduleLoadList));`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
  expect(JSON.parse(stdout)).toContain('NativeModule http');
  expect(JSON.parse(stdout)).not.toContain('NativeModule internal/deps/undici/undici');
});
