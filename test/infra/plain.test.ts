/** `package --plain`: the same stack as that of the Framework, without it. */

import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import { afterAll, describe, expect, inject, test } from 'vitest';
import { SERVER, type Shape } from './package-service.ts';
import { callPackage, packageShape } from './plain-package.ts';
import { specificationFaults } from './specification.ts';
import { readTemplate, references, type Template, type TemplateResource, zipOf } from './template.ts';

const base = mkdtempSync(join(tmpdir(), 'opengemini-sink-plain-'));
afterAll(() => rmSync(base, { recursive: true }));

const call = (args: readonly string[], cwd = inject('built'), zone = 'UTC') => callPackage(cwd, args, zone);

/** Packages a shape into a new folder, and returns the folder. */
const packagePlain = (shape: Shape): string => {
  const out = mkdtempSync(join(base, 'out-'));
  const { code, err } = packageShape(inject('built'), shape, out);
  expect([code, err]).toEqual([0, '']);
  return out;
};

const plainTemplate = (folder: string): Template & { readonly Parameters: Record<string, { readonly Type: string }> } =>
  JSON.parse(readFileSync(join(folder, 'template.json'), 'utf8'));

/** Removes what must differ: the place of the code, the bucket of the Framework, and its empty lists. */
const comparable = (resources: Readonly<Record<string, TemplateResource>>): unknown =>
  Object.fromEntries(
    Object.entries(resources)
      .filter(([id]) => !id.startsWith('ServerlessDeploymentBucket'))
      .map(
        ([
          id,
          {
            DependsOn,
            Properties: { Code: _, ...Properties },
            ...resource
          },
        ]) => [id, { ...resource, Properties, DependsOn: DependsOn ?? [] }],
      ),
  );

const COMPARED: readonly Shape[] = ['default', 'prod', 'fifo', 'existing', 'vpc'];

describe.each(COMPARED)('the shape %s', (shape) => {
  test(`every resource and output of the plain template is the one of the Framework in the shape ${shape}`, () => {
    const plain = plainTemplate(packagePlain(shape));
    const framework = readTemplate(inject('packages')[shape]);
    expect(Object.keys(plain.Resources).length).toBeGreaterThan(20);
    expect(comparable(plain.Resources)).toEqual(comparable(framework.Resources));
    const { ServerlessDeploymentBucketName: _, ...outputs } = framework.Outputs;
    expect(plain.Outputs).toEqual(outputs);
  });
});

test('the plain template refers to nothing but its resources, its three parameters, and pseudo parameters', () => {
  const plain = plainTemplate(packagePlain('vpc'));
  expect(Object.keys(plain.Parameters)).toEqual(['CodeBucket', 'IngestKey', 'FlushKey']);
  const asResources = Object.fromEntries(
    Object.keys(plain.Parameters).map((name) => [
      name,
      { Type: 'AWS::SSM::Parameter', Properties: { Type: 'String', Value: '' } },
    ]),
  );
  expect(specificationFaults({ ...plain, Resources: { ...plain.Resources, ...asResources } })).toEqual([]);
  const ids = [...references(plain.Resources)].map(({ id }) => id);
  expect(ids).toEqual(expect.arrayContaining(Object.keys(plain.Parameters)));
});

test('the zip files contain the files that the Framework packages, and every user may read them', () => {
  const out = packagePlain('prod');
  for (const name of ['ingest', 'flush']) {
    const bytes = readFileSync(join(out, `${name}.zip`));
    expect(unzipSync(bytes)).toEqual(unzipSync(readFileSync(zipOf(inject('packages').prod, name))));
    expect(modesIn(bytes)).toEqual(new Set([0o100644]));
  }
});

/** Reads the permissions of all files from the central directory of a zip file. */
const modesIn = (bytes: Buffer): ReadonlySet<number> => {
  const modes = new Set<number>();
  const end = bytes.length - 22;
  let at = bytes.readUInt32LE(end + 16);
  for (let entry = 0; entry < bytes.readUInt16LE(end + 10); entry++) {
    modes.add(bytes.readUInt32LE(at + 38) >>> 16);
    at += 46 + bytes.readUInt16LE(at + 28) + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
  }
  return modes;
};

test('equal files give equal bytes, in every time zone', () => {
  const zone = (name: string): readonly Buffer[] => {
    const out = mkdtempSync(join(base, 'zone-'));
    call(['--plain', ...SERVER, '--out', out], undefined, name);
    return ['template.json', 'ingest.zip', 'flush.zip'].map((file) => readFileSync(join(out, file)));
  };
  expect(zone('America/New_York')).toEqual(zone('Pacific/Auckland'));
});

test('package prints commands that deploy, with keys that depend on the content only', () => {
  const args = ['--plain', ...SERVER, '--service', 'plants', '--stage', 'prod', '--out', join(base, 'printed')];
  const { code, out } = call(args);
  expect(code).toBe(0);
  const [, key] = / IngestKey=(ingest-[0-9a-f]{16}\.zip) FlushKey=flush-[0-9a-f]{16}\.zip$/m.exec(out) ?? [];
  expect(out).toContain(`aws s3 cp ${join(base, 'printed/ingest.zip')} s3://BUCKET/${key}\n`);
  expect(out).toContain('aws cloudformation deploy --stack-name plants-prod ');
  expect(call([...args, '--param', 'database=other']).out).toContain(` IngestKey=${key} `);
  expect(call([...args, '--param', 'mapping=examples/sensor.json']).out).not.toContain(` IngestKey=${key} `);
});

describe('faults', () => {
  test.each<[string, readonly string[], string]>([
    [
      'a call without --plain',
      [],
      'Set --plain. The Serverless Framework packages with "osls package", not with this command.\n',
    ],
    ['a parameter without a value', ['--plain', '--param', 'fifo'], '--param must be NAME=VALUE, got "fifo".\n'],
    ['an invalid parameter', ['--plain', ...SERVER, '--param=fifo=x'], '- fifo must be true or false, got "x".\n'],
    ['a missing address', ['--plain'], '- opengeminiUrl must be set.'],
    [
      'an address of this machine',
      ['--plain', '--param', 'opengeminiUrl=http://localhost:8086'],
      '- opengeminiUrl must be an address that Lambda can reach, got http://localhost:8086, which is this machine.\n',
    ],
    [
      'an invalid region',
      ['--plain', ...SERVER, '--region', 'foo'],
      '--region must be a region like eu-central-1, got "foo".\n',
    ],
    [
      'an invalid stage',
      ['--plain', ...SERVER, '--stage', 'a_b'],
      '--stage must contain only letters, digits, and hyphens, got "a_b".\n',
    ],
    [
      'an invalid service',
      ['--plain', ...SERVER, '--service', 'a.b'],
      '--service must start with a letter and contain only',
    ],
  ])('package refuses %s', (_, args, message) => {
    const { code, out, err } = call(args);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(message);
  });

  test('package names the command that builds a missing function, and writes nothing', () => {
    const cwd = join(base, 'unbuilt');
    cpSync(join(inject('built'), 'dist/ingest'), join(cwd, 'dist/ingest'), { recursive: true });
    const err = 'There is no function in dist/flush. Run "npx opengemini-sink build" first.\n';
    expect(call(['--plain', ...SERVER], cwd)).toEqual({ code: 2, out: '', err });
    expect(() => readFileSync(join(cwd, 'package/template.json'))).toThrow('ENOENT');
  });
});
