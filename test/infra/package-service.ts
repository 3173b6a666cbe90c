/** Global setup of these tests: builds the service once, and packages it in every shape. */

import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Folder of the package of each shape. */
    packages: Readonly<Record<Shape, string>>;
    /** Folder with the built functions and the files that parameters of the shapes name. No other test changes it. */
    built: string;
  }
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const ACCOUNT = '123456789012';
const PLACE = `eu-central-1:${ACCOUNT}`;

/** Parameter that every package needs. */
export const SERVER = ['--param', 'opengeminiUrl=http://opengemini.example:8086'];

/** Variants of the template, as options of `osls package`. `again` packages the default a second time. */
export const SHAPES = {
  default: [],
  again: [],
  prod: [
    ...['--stage', 'prod', '--param', 'mapping=./examples/sensor.json'],
    ...['--param', 'variables={"OPENGEMINI_CA_FILE":"dist/ca.pem"}'],
  ],
  fifo: ['--param', 'fifo=true'],
  existing: [
    ...['--param', `queueArn=arn:aws:sqs:${PLACE}:their-events`],
    ...['--param', `deadLetterQueueArn=arn:aws:sqs:${PLACE}:their-letters`],
    ...['--param', `tableArn=arn:aws:dynamodb:${PLACE}:table/their-state`],
  ],
  vpc: [
    // This shape has a secret, and the deployment warns of one without TLS.
    ...['--param', 'opengeminiUrl=https://opengemini.example:8086'],
    ...['--param', 'subnetIds=subnet-0a1b2c3d,subnet-0a1b2c3e', '--param', 'securityGroupIds=sg-0a1b2c3d'],
    ...['--param', 'vpcEndpoints=true', '--param', 'vpcId=vpc-0a1b2c3d', '--param', 'routeTableIds=rtb-0a1b2c3d'],
    ...['--param', `kmsKeyArn=arn:aws:kms:${PLACE}:key/0a1b2c3d-1111-2222-3333-444455556666`],
    ...['--param', `secretArn=arn:aws:secretsmanager:${PLACE}:secret:opengemini-AbCdEf`],
    ...['--param', `alarmTopicArn=arn:aws:sns:${PLACE}:alarms`, '--param', 'tracing=true'],
    ...['--param', 'moveMaximumConcurrency=true'],
    ...['--param', `secretKmsKeyArn=arn:aws:kms:${PLACE}:key/0a1b2c3d-1111-2222-3333-444455557777`],
    ...[
      '--param',
      `senders=arn:aws:sns:${PLACE}:readings,arn:aws:events:${PLACE}:rule/all,arn:aws:s3:::uploads,210987654321`,
    ],
  ],
} as const satisfies Record<string, readonly string[]>;

/** Name of a shape. */
export type Shape = keyof typeof SHAPES;

const run = (...args: readonly string[]): void => {
  execFileSync(process.execPath, args, { cwd: ROOT, stdio: 'pipe' });
};

/** Builds the bundles. */
export const buildService = (): void => run('cli/opengemini-sink.js', 'build');

/** Packages the built service into a folder. */
export const packageService = (folder: string, options: readonly string[]): void =>
  run('node_modules/osls/bin/serverless.js', 'package', '--package', folder, ...SERVER, ...options);

/** Builds and packages before the tests, and deletes the packages after them. */
export const setup = ({ provide }: TestProject): (() => void) => {
  const base = mkdtempSync(join(tmpdir(), 'opengemini-sink-package-'));
  buildService();
  writeFileSync(join(ROOT, 'dist/ca.pem'), String(rootCertificates[0]));
  const folders = Object.fromEntries(
    Object.entries(SHAPES).map(([shape, options]) => {
      packageService(join(base, shape), options);
      return [shape, join(base, shape)];
    }),
  );
  provide('packages', folders as Record<Shape, string>);
  for (const path of ['dist/ingest', 'dist/flush', 'dist/ca.pem', 'examples'])
    cpSync(join(ROOT, path), join(base, 'built', path), { recursive: true });
  provide('built', join(base, 'built'));
  return () => rmSync(base, { recursive: true, force: true });
};
