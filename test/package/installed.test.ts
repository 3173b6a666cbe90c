/** The installed package as a library: its types, what an import loads, and the examples of docs/package.md. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { describe, expect, inject, test } from 'vitest';
import { readPage } from '../docs/pages.ts';
import { ROOT } from './install-package.ts';
import { runNode } from './running.ts';

const consumer = inject('consumer');
const LIBRARY = join(consumer, 'node_modules/opengemini-sqs-sink');

/** Examples that print something, and the pages that show their output. */
const EXAMPLES = {
  'try-mapping.ts': 'docs/package.md',
  'reading-converter.ts': 'docs/extending.md',
  'points-of-event.ts': 'docs/extending.md',
};

describe('types', () => {
  const RESOLUTIONS = {
    nodenext: { module: 'nodenext', moduleResolution: 'nodenext' },
    bundler: { module: 'preserve', moduleResolution: 'bundler' },
  };

  test.each(Object.keys(RESOLUTIONS) as (keyof typeof RESOLUTIONS)[])(
    'a program that uses the library has no type errors with the resolution %s',
    async (resolution) => {
      const options = {
        ...RESOLUTIONS[resolution],
        target: 'es2024',
        types: ['node'],
        strict: true,
        exactOptionalPropertyTypes: true,
        allowImportingTsExtensions: true,
        noEmit: true,
        skipLibCheck: false,
      };
      const project = join(consumer, `tsconfig.${resolution}.json`);
      const files = [...Object.keys(EXAMPLES), 'handler.ts', 'device-handler.ts', 'types.ts'];
      writeFileSync(project, JSON.stringify({ compilerOptions: options, files }));
      const result = await runNode([join(ROOT, 'node_modules/@typescript/native/bin/tsc'), '-p', project]);
      expect(result).toEqual({ code: 0, out: '', err: '' });
    },
  );
});

interface Loaded {
  readonly onImport: { readonly modules: number; readonly packages: readonly string[]; readonly ms: number };
  readonly onCreation: readonly string[];
  readonly onLoad: readonly string[];
}

describe('imports', () => {
  /** Each stands for one service that the functions need for every event. */
  const SERVICES = [
    '@aws-lambda-powertools/logger',
    '@aws-lambda-powertools/metrics',
    '@aws-sdk/client-dynamodb',
    '@middy/core',
    'undici',
  ];

  const loaded = async (...args: readonly string[]): Promise<Loaded> => {
    const { code, out, err } = await runNode(['loaded-packages.ts', ...args]);
    expect([code, err]).toEqual([0, '']);
    return JSON.parse(out);
  };

  test.each(['opengemini-sqs-sink', 'opengemini-sqs-sink/testing', 'opengemini-sqs-sink/serverless'])(
    'importing %s loads no other package, and at most 150 modules',
    async (specifier) => {
      const { onImport } = await loaded(specifier);
      console.log(`${specifier}: ${onImport.modules} modules in ${onImport.ms} ms`);
      expect(onImport.packages).toEqual([]);
      expect(onImport.modules).toBeLessThanOrEqual(150);
      expect(onImport.modules).toBeGreaterThan(5);
    },
  );

  test.each(['createIngestHandler', 'createFlushHandler'])(
    'a handler of %s loads its services when they are needed, not when it is created',
    async (factory) => {
      const { onCreation, onLoad } = await loaded('opengemini-sqs-sink', factory);
      expect(onCreation).toEqual([]);
      expect(onLoad).toEqual(expect.arrayContaining(SERVICES));
    },
  );

  test.each(['ingest', 'flush'])(
    'the entry point of the %s function loads in the init phase all services except SQS, which only failures need',
    async (name) => {
      const entry = pathToFileURL(join(LIBRARY, `dist/lib/src/lambda/entry/${name}.js`));
      const { packages } = (await loaded(entry.href)).onImport;
      expect(packages).toEqual(expect.arrayContaining(SERVICES));
      expect(packages).not.toContain('@aws-sdk/client-sqs');
    },
  );
});

describe('examples', () => {
  test.each(Object.entries(EXAMPLES))('the example %s prints what %s shows', async (file, page) => {
    const { blocks } = readPage(page);
    const shown = blocks[blocks.findIndex(({ role }) => role === `examples/library/${file}`) + 1];
    expect(await runNode([file])).toEqual({ code: 0, out: `${shown?.text}\n`, err: '' });
  });

  test('esbuild bundles the example of a handler, and the bundle takes an event', async () => {
    const outfile = join(consumer, 'bundled/handler.mjs');
    await build({
      absWorkingDir: consumer,
      entryPoints: ['handler.ts'],
      bundle: true,
      format: 'esm',
      platform: 'node',
      target: 'node24',
      banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
      outfile,
      logLevel: 'error',
    });
    const call = `
      process.env.OPENGEMINI_URL = 'http://127.0.0.1:9';
      process.env.OPENGEMINI_DATABASE = 'none';
      const { handler } = await import(${JSON.stringify(pathToFileURL(outfile).href)});
      const response = await handler({ Records: [] }, { getRemainingTimeInMillis: () => 30_000 });
      console.error(JSON.stringify(response));
    `;
    const { code, out, err } = await runNode(['--input-type=module', '--eval', call]);
    expect([code, err]).toEqual([0, '{"batchItemFailures":[]}\n']);
    expect(out).toContain('"sink":"rooms"');
  });
});
