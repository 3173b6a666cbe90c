/**
 * Projects that `init` writes, with the installed package: their own tests pass, their functions are built, and their
 * template is the one of this project.
 */

import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { unzipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { readPage } from '../docs/pages.ts';
import { commandsOf } from '../docs/shell.ts';
import { SHAPES } from '../infra/package-service.ts';
import { readTemplate, type Template } from '../infra/template.ts';
import { ROOT } from './install-package.ts';
import { installTools, useTarball, writeProject } from './new-project.ts';
import { type Run, run, runNode } from './running.ts';

const base = mkdtempSync(join(tmpdir(), 'opengemini-sink-projects-'));
afterAll(() => rmSync(base, { recursive: true }));

const SERVER = ['--param', 'opengeminiUrl=http://opengemini.example:8086'];
const LINES = [
  'room,floor=2,room=hall temperature=21.5,people=3i 1780000000000000000',
  'room,floor=1,room=library temperature=19,people=0i 1780000000250000000',
  '',
].join('\n');

const npmRun = (cwd: string, script: string, ...args: readonly string[]): Promise<Run> =>
  run('npm', ['run', '--silent', script, '--', ...args], '', { cwd });

/** Packages a project with `npm run package`, and returns the template. Names of uploaded files contain the time. */
const packaged = async (cwd: string, ...options: readonly string[]): Promise<Template> => {
  const { code, out, err } = await npmRun(cwd, 'package', ...SERVER, ...options);
  expect(code, out + err).toBe(0);
  return withoutKeys(readTemplate(join(cwd, '.serverless')));
};

const withoutKeys = (template: Template): Template =>
  JSON.parse(JSON.stringify(template).replaceAll(/"S3Key":"[^"]*\/(\w+\.zip)"/g, '"S3Key":"$1"'));

/** Returns the template of this project's own `serverless.yml`. It is packaged in another folder, with the same bundles. */
const ownTemplate = async (folder: string, options: readonly string[]): Promise<Template> => {
  const clone = join(base, folder);
  mkdirSync(join(clone, 'infra'), { recursive: true });
  cpSync(join(ROOT, 'serverless.yml'), join(clone, 'serverless.yml'));
  cpSync(join(ROOT, 'dist/functions'), join(clone, 'dist'), { recursive: true });
  cpSync(join(ROOT, 'examples/sensor.json'), join(clone, 'mapping.json'));
  writeFileSync(join(clone, 'package.json'), '{ "type": "module" }');
  const source = pathToFileURL(join(ROOT, 'infra/serverless.ts')).href;
  writeFileSync(join(clone, 'infra/framework.js'), `export * from ${JSON.stringify(source)};\n`);
  const osls = join(ROOT, 'node_modules/osls/bin/serverless.js');
  const { code, out, err } = await run(process.execPath, [osls, 'package', ...SERVER, ...options], '', { cwd: clone });
  expect(code, out + err).toBe(0);
  return withoutKeys(readTemplate(join(clone, '.serverless')));
};

const filesIn = (folder: string): readonly string[] => readdirSync(folder).sort();

describe('a project with a mapping', () => {
  // The name of this project's own service, so that the templates can be compared.
  const project = join(base, 'opengemini-sink');

  beforeAll(() => {
    writeProject(inject('consumer'), project);
    const tools = useTarball(project, inject('tarball'));
    installTools(project, tools);
  });

  test('the tests of a new project with a mapping pass', async () => {
    const { code, out } = await run('npm', ['test'], '', { cwd: project });
    expect(code, out).toBe(0);
    expect(out).toMatch(/tests 2\b[\s\S]*pass 2\b/);
  });

  test('the script check prints the points of the sample events', async () => {
    expect(await npmRun(project, 'check')).toEqual({ code: 0, out: LINES, err: '' });
  });

  test('the command check accepts the mapping of a new project', async () => {
    const variables = { SINK_MAPPING: 'mapping.json', OPENGEMINI_URL: 'http://o:1', OPENGEMINI_DATABASE: 'd' };
    const { code, out } = await run('npx', ['opengemini-sink', 'check'], '', { cwd: project, variables });
    expect([code, out]).toEqual([0, expect.stringContaining('mapping      1 rule: room')]);
  });

  test('build copies both functions from the package, without esbuild', async () => {
    const { code, out, err } = await npmRun(project, 'build');
    expect([code, err]).toEqual([0, '']);
    expect(out.match(/opengemini-sqs-sink \d+\.\d+\.\d+$/gm)).toHaveLength(2);
    const prebuilt = join(project, 'node_modules/opengemini-sqs-sink/dist/functions');
    for (const name of ['ingest', 'flush'])
      for (const file of filesIn(join(prebuilt, name)))
        expect(readFileSync(join(project, 'dist', name, file))).toEqual(readFileSync(join(prebuilt, name, file)));
  });

  test('build of a handler names esbuild, which is not installed, and the command that installs it', async () => {
    const { devDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    writeFileSync(join(project, 'handler.js'), 'export const handler = async () => null;\n');
    expect(await npmRun(project, 'build', '--ingest', 'handler.js')).toEqual({
      code: 2,
      out: '',
      err: `Bundling a handler needs esbuild, which is not installed. Run "npm install --save-dev --save-exact esbuild@${devDependencies.esbuild}".\n`,
    });
  });

  test('the template of a new project is the one of this project, with every kind of parameter', async () => {
    const own = await ownTemplate('clone', [...SHAPES.vpc, '--param', 'mapping=mapping.json']);
    expect(await packaged(project, ...SHAPES.vpc)).toEqual(own);
    expect(Object.keys(own.Resources).length).toBeGreaterThan(30);
  });

  test('the package of each function contains the mapping of the project', async () => {
    await packaged(project);
    for (const name of ['ingest', 'flush']) {
      const zip = unzipSync(readFileSync(join(project, '.serverless', `${name}.zip`)));
      expect(Object.keys(zip)).toEqual(expect.arrayContaining([`dist/${name}/index.mjs`, 'mapping.json']));
      expect(Buffer.from(zip['mapping.json'] ?? '').toString()).toContain('"measurement": "room"');
    }
  });

  test('the commands of docs/deploy-without-framework.md write the template and both zip files', async () => {
    const blocks = readPage('docs/deploy-without-framework.md').blocks.filter(({ language }) => language === 'sh');
    const commands = blocks.flatMap(({ text }) => commandsOf(text));
    expect(commands).toHaveLength(2);
    const { code, out, err } = await run('sh', ['-ec', commands.join('\n')], '', { cwd: project });
    expect([code, err]).toEqual([0, '']);
    expect(out).toContain(
      'aws cloudformation deploy --stack-name my-telemetry-prod --template-file package/template.json',
    );
    expect(filesIn(join(project, 'package'))).toEqual(['flush.zip', 'ingest.zip', 'template.json']);
    expect(Object.keys(unzipSync(readFileSync(join(project, 'package/ingest.zip'))))).toContain('mapping.json');
  });

  /** Packages with another `serverless.yml`. */
  const packagedWith = async (declaration: string): Promise<Template> => {
    const file = join(project, 'serverless.yml');
    const before = readFileSync(file, 'utf8');
    writeFileSync(file, declaration);
    try {
      return await packaged(project);
    } finally {
      writeFileSync(file, before);
    }
  };

  test('the serverless.yml that docs/package.md shows is a complete service', async () => {
    const shown = readPage('docs/package.md').blocks.find(({ language }) => language === 'yaml')?.text ?? '';
    const { Resources } = await packagedWith(`configValidationMode: error\n${shown}`);
    expect(Resources.IngestLambdaFunction?.Properties.FunctionName).toBe('my-telemetry-dev-ingest');
    expect(Object.keys(Resources)).toEqual(expect.arrayContaining(['FlushLambdaFunction', 'EventQueue', 'IngestRole']));
  });

  test('a service declares functions of its own next to those of the sink', async () => {
    const declared = readFileSync(join(project, 'serverless.yml'), 'utf8');
    const own = `functions:
  ingest: \${file(sink.js):functions.ingest}
  flush: \${file(sink.js):functions.flush}
  other:
    handler: other.handler
    runtime: nodejs24.x
    package: { individually: true, patterns: ['!**', sink.js] }
`;
    const both = await packagedWith(declared.replace(/^functions: .*$/m, own));
    const alone = await packaged(project);
    for (const id of ['IngestLambdaFunction', 'FlushLambdaFunction', 'IngestRole'])
      expect(both.Resources[id]).toEqual(alone.Resources[id]);
    expect(both.Resources.OtherLambdaFunction?.Properties).not.toHaveProperty('Environment');
  });

  test('a parameter that names a missing mapping file stops the package with a sentence', async () => {
    const { code, err } = await npmRun(project, 'package', ...SERVER, '--param', 'mapping=none.json');
    expect(code).toBe(1);
    expect(err).toContain('- SINK_MAPPING names the file "none.json", which cannot be read');
  });
});

describe('a project in TypeScript, in a workspace that has the package in its root', () => {
  const root = join(base, 'workspace');
  const project = join(root, 'opengemini-sink');

  beforeAll(() => {
    mkdirSync(root);
    writeFileSync(join(root, 'package.json'), '{ "private": true, "workspaces": ["opengemini-sink"] }\n');
    writeProject(inject('consumer'), project, '--typescript');
    installTools(root, useTarball(project, inject('tarball')));
  });

  test('the tests of a new project in TypeScript pass', async () => {
    const { code, out } = await run('npm', ['test'], '', { cwd: project });
    expect(code, out).toBe(0);
    expect(out).toMatch(/tests 3\b[\s\S]*pass 3\b/);
  });

  test('a new project in TypeScript has no type errors, and its script check prints the points of the sample events', async () => {
    expect(await npmRun(project, 'check')).toEqual({ code: 0, out: LINES, err: '' });
  });

  test('a wrong member name in the handler is a type error', async () => {
    const file = join(project, 'src/ingest.ts');
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.replace('room.floor', 'room.flor'));
    const { code, out } = await npmRun(project, 'check');
    writeFileSync(file, text);
    expect(code).not.toBe(0);
    expect(out).toContain("Property 'flor' does not exist");
  });

  test('build bundles the handler of the project, and the bundle takes an event', async () => {
    const { code, out, err } = await npmRun(project, 'build');
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(/^dist\/ingest +\d+ KiB {2}src\/ingest\.ts\ndist\/flush +\d+ KiB {2}opengemini-sqs-sink /);
    const notices = readFileSync(join(project, 'dist/ingest/THIRD-PARTY-NOTICES.txt'), 'utf8');
    expect(notices).toMatch(/^opengemini-sqs-sink \d+\.\d+\.\d+ \(Apache-2\.0\)$/m);
    const call = `
      const { handler } = await import(${JSON.stringify(pathToFileURL(join(project, 'dist/ingest/index.mjs')).href)});
      console.error(JSON.stringify(await handler({ Records: [] }, { getRemainingTimeInMillis: () => 30_000 })));
    `;
    const { err: response } = await runNode([
      '--input-type=module',
      '--eval',
      `
      process.env.OPENGEMINI_URL = 'http://127.0.0.1:9';
      process.env.OPENGEMINI_DATABASE = 'none';
      ${call}`,
    ]);
    expect(response).toBe('{"batchItemFailures":[]}\n');
  });

  test('the template of a new project in TypeScript is the one of this project', async () => {
    expect(await packaged(project)).toEqual(await ownTemplate('clone-default', []));
  });
});
