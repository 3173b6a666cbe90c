/** The command `build` in a project of a user: its own handlers are bundled like those of the sink. */

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const project = mkdtempSync(join(tmpdir(), 'opengemini-sink-project-'));

/** The library is found through the paths of the project's TypeScript, because the project installs nothing. */
const TSCONFIG = { compilerOptions: { paths: { 'opengemini-sqs-sink': [join(ROOT, 'src/index.ts')] } } };

const HANDLER = `import { createIngestHandler } from 'opengemini-sqs-sink';
export const handler = createIngestHandler({ variables: { ...process.env, SINK_NAME: 'mine' } });
await handler.load();
`;

const write = (file: string, text: string): void => {
  mkdirSync(dirname(join(project, file)), { recursive: true });
  writeFileSync(join(project, file), text);
};

const build = (...args: readonly string[]) => {
  const command = [join(ROOT, 'cli/opengemini-sink.js'), 'build', ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { cwd: project, encoding: 'utf8' });
  return { code: status, out: stdout, err: stderr };
};

/** Sources of all source maps of a function, relative to the folder of the project. */
const sourcesOf = (name: string): readonly string[] =>
  readdirSync(join(project, 'dist', name))
    .filter((file) => file.endsWith('.map'))
    .flatMap((file) => JSON.parse(readFileSync(join(project, 'dist', name, file), 'utf8')).sources)
    .map((source: string) => source.replace(/^(?:\.\.\/)+/, ''));

/** All JavaScript of a function. */
const codeOf = (name: string): string =>
  readdirSync(join(project, 'dist', name))
    .filter((file) => file.endsWith('.mjs'))
    .map((file) => readFileSync(join(project, 'dist', name, file), 'utf8'))
    .join('\n');

/** Text of a file of undici that the sink does not need. */
const REPLACED = 'HTTP/2 is not in this bundle';

beforeEach(() => {
  rmSync(project, { recursive: true });
  write('tsconfig.json', JSON.stringify(TSCONFIG));
  write('src/ingest.ts', HANDLER);
});
afterAll(() => rmSync(project, { recursive: true }));

test('build without options writes both functions with the handlers of the sink', () => {
  const { code, out, err } = build();
  expect([code, err]).toEqual([0, '']);
  expect(out).toMatch(
    /^dist\/ingest +\d+ KiB {2}opengemini-sqs-sink [\d.]+\ndist\/flush +\d+ KiB {2}opengemini-sqs-sink [\d.]+\n$/,
  );
  for (const name of ['ingest', 'flush'])
    expect(readdirSync(join(project, 'dist', name))).toEqual(expect.arrayContaining(['index.mjs', 'index.mjs.map']));
});

test('build bundles a handler in TypeScript, and the bundle takes an event', () => {
  const { code, out } = build('--ingest', 'src/ingest.ts');
  expect([code, out]).toEqual([0, expect.stringMatching(/^dist\/ingest +\d+ KiB {2}src\/ingest\.ts\ndist\/flush /)]);
  const call = `
    const { handler } = await import(${JSON.stringify(pathToFileURL(join(project, 'dist/ingest/index.mjs')).href)});
    console.error(JSON.stringify(await handler({ Records: [] }, { getRemainingTimeInMillis: () => 30_000 })));
  `;
  const env = { OPENGEMINI_URL: 'http://127.0.0.1:9', OPENGEMINI_DATABASE: 'none' };
  const run = spawnSync(process.execPath, ['--input-type=module', '--eval', call], { env, encoding: 'utf8' });
  expect([run.status, run.stderr]).toEqual([0, '{"batchItemFailures":[]}\n']);
  expect(run.stdout).toContain('"sink":"mine"');
});

test('the bundle of a handler contains the connection pool of undici only, source maps without sources, and notices', () => {
  build('--ingest', 'src/ingest.ts');
  const sources = sourcesOf('ingest');
  expect(sources).toContain('src/ingest.ts');
  expect(codeOf('ingest').includes(REPLACED)).toBe(true);
  expect(sources.filter((source) => source.includes('undici/lib/dispatcher/pool.js'))).toHaveLength(1);
  expect(sources.filter((source) => /undici\/lib\/(?:mock|cache|web\/websocket)\//.test(source))).toEqual([]);
  const map = JSON.parse(readFileSync(join(project, 'dist/ingest/index.mjs.map'), 'utf8'));
  expect(map.sourcesContent ?? []).toEqual([]);
  const notices = readFileSync(join(project, 'dist/ingest/THIRD-PARTY-NOTICES.txt'), 'utf8');
  expect(notices).toMatch(/^undici \d+\.\d+\.\d+ \(MIT\)$/m);
});

test('a handler that imports undici itself gets all of undici', () => {
  const undici = JSON.stringify(join(ROOT, 'node_modules/undici'));
  write('tsconfig.json', JSON.stringify(TSCONFIG).replace('"paths":{', `"paths":{"undici":[${undici}],`));
  write('src/ingest.ts', `import { MockAgent } from 'undici';\n${HANDLER}\nexport const agent = MockAgent;\n`);
  expect(build('--ingest', 'src/ingest.ts')).toMatchObject({ code: 0, err: '' });
  expect(sourcesOf('ingest').filter((source) => source.includes('undici/lib/mock/mock-agent.js'))).toHaveLength(1);
  expect(codeOf('ingest').includes(REPLACED)).toBe(false);
});

test('build bundles a handler of the flush function, too', () => {
  write('flush.js', 'export const handler = async () => null;\n');
  const { code, out } = build('--flush', 'flush.js');
  expect([code, out]).toEqual([0, expect.stringMatching(/\ndist\/flush +0 KiB {2}flush\.js\n$/)]);
  expect(sourcesOf('flush')).toEqual(['flush.js']);
});

describe('faults', () => {
  test.each([
    [
      'a module that exports no handler',
      'export const ingest = 1;',
      'src/ingest.ts must export "handler", which Lambda calls, got ingest. For example: export const handler = createIngestHandler();\n',
    ],
    [
      'a module without exports',
      'console.log(1);',
      'src/ingest.ts must export "handler", which Lambda calls, got no names.',
    ],
    [
      'a package that is not installed',
      "export { handler } from 'not-installed';",
      'Could not resolve "not-installed"',
    ],
    [
      'a syntax error',
      'export const handler = ;',
      'src/ingest.ts cannot be bundled. The errors of esbuild are above.\n',
    ],
  ])('build refuses %s, and leaves the functions as they were', (_, text, message) => {
    write('dist/ingest/index.mjs', 'before');
    write('src/ingest.ts', text);
    const { code, out, err } = build('--ingest', 'src/ingest.ts');
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(message);
    expect(readdirSync(join(project, 'dist'))).toEqual(['ingest']);
    expect(readFileSync(join(project, 'dist/ingest/index.mjs'), 'utf8')).toBe('before');
  });

  test('build names a handler file that does not exist, with the folder', () => {
    expect(build('--ingest', 'src/none.ts')).toEqual({
      code: 2,
      out: '',
      err: `There is no file src/none.ts in ${project}.\n`,
    });
  });
});
