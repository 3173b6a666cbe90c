/** The package export that serverless.yml reads: where parameters come from, and what it resolves. */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { FunctionDeclaration } from '../../infra/functions.ts';
import { type Framework, functions, resources, settings } from '../../infra/serverless.ts';

const STAGE = 'prod';

/** Returns what the Framework passes, for a `serverless.yml` with these `params` and a command line with this `param`. */
const framework = (params: unknown, param?: string | readonly string[]): Framework => ({
  options: param === undefined ? {} : { param },
  resolveConfigurationProperty: async (path) =>
    ({ params, service: 'sink', 'provider.region': 'eu-central-1' })[path.join('.')],
  resolveVariable: async () => STAGE,
});

const PARAMS = {
  default: { opengeminiUrl: 'http://default.example', database: 'default', batchSize: 10, mapping: 'none.json' },
  prod: { database: 'stage', batchSize: 20, mapping: 'examples/sensor.json', variables: { LOG_LEVEL: 'DEBUG' } },
  other: { database: 'other' },
};

test('parameters of the command line override those of the stage, and those override the default', async () => {
  const { variables, eventSource, files } = await settings(framework(PARAMS, ['batchSize=30', 'sinkName=a=b']));
  expect(variables).toMatchObject({
    OPENGEMINI_URL: 'http://default.example',
    OPENGEMINI_DATABASE: 'stage',
    SINK_NAME: 'a=b',
    LOG_LEVEL: 'DEBUG',
  });
  expect(eventSource).toMatchObject({ batchSize: 30 });
  expect(files).toEqual(['examples/sensor.json']);
});

test('accepts a single parameter of the command line, and a service without any in its file', async () => {
  const { variables } = await settings(framework(undefined, 'opengeminiUrl=http://one.example'));
  expect(variables).toMatchObject({ OPENGEMINI_URL: 'http://one.example', SINK_NAME: 'sink-prod' });
});

test('each function is complete: it depends on no setting of the provider', async () => {
  const { ingest, flush } = await functions(framework(PARAMS, 'moveMaximumConcurrency=true'));
  const shared = {
    runtime: 'nodejs24.x',
    architecture: 'arm64',
    memorySize: 1_024,
    timeout: 60,
    logRetentionInDays: 30,
    logs: { logFormat: 'JSON' },
    versionFunction: false,
  };
  const variables = { OPENGEMINI_DATABASE: 'stage', STATE_TABLE: { Ref: 'StateTable' } };
  expect(ingest).toMatchObject({
    ...shared,
    handler: 'dist/ingest/index.handler',
    role: { 'Fn::Sub': `\${IngestRole.Arn}` },
    environment: { ...variables, SINK_FLUSH_FUNCTION: expect.stringMatching(/-flush$/) },
    package: { individually: true, patterns: ['!**', 'dist/ingest/**', 'examples/sensor.json'] },
    events: [{ sqs: { batchSize: 20, functionResponseType: 'ReportBatchItemFailures' } }],
  });
  expect(flush).toMatchObject({
    ...shared,
    timeout: 75,
    handler: 'dist/flush/index.handler',
    role: { 'Fn::Sub': `\${FlushRole.Arn}` },
    environment: { ...variables, SINK_EVENT_SOURCE_MAPPING: { Ref: 'IngestEventSourceMappingSQSEventQueue' } },
    package: { individually: true, patterns: ['!**', 'dist/flush/**', 'examples/sensor.json'] },
    events: [{ schedule: 'rate(1 minute)' }],
  });
  expect((flush as FunctionDeclaration).environment).not.toHaveProperty('SINK_FLUSH_FUNCTION');
});

test('the time limit of the flush function is never shorter than that of the ingest function', async () => {
  const declared = Object.values(await functions(framework(PARAMS, 'timeoutSeconds=300'))) as FunctionDeclaration[];
  expect(declared.map(({ timeout }) => timeout)).toEqual([300, 300]);
});

test.each([
  ['of a FIFO queue', 'fifo=true'],
  [
    'in a network without access to Lambda',
    'vpcEndpoints=true subnetIds=subnet-1 securityGroupIds=sg-1 vpcId=vpc-1 routeTableIds=rtb-1',
  ],
])('the ingest function %s does not invoke the flush function, and may not', async (_, params) => {
  const given = framework(PARAMS, params.split(' '));
  expect(((await functions(given)).ingest as FunctionDeclaration).environment).not.toHaveProperty(
    'SINK_FLUSH_FUNCTION',
  );
  expect(JSON.stringify(((await resources(given)).Resources as Record<string, unknown>).IngestRole)).not.toContain(
    'lambda:InvokeFunction',
  );
});

test('the resources contain no function', async () => {
  const { Resources } = await resources(framework(PARAMS));
  const types = Object.values(Resources as Record<string, { Type: string }>).map(({ Type }) => Type);
  expect(types).toContain('AWS::DynamoDB::Table');
  expect(types.filter((type) => type.startsWith('AWS::Lambda'))).toEqual([]);
});

test('the Framework prints invalid parameters once, without a stack trace, and exits with 1', () => {
  const args = ['node_modules/osls/bin/serverless.js', 'package', '--param', 'fifo=perhaps'];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  expect(status).toBe(1);
  expect(stdout + stderr).toBe(
    'Invalid parameters:\n- opengeminiUrl must be set. Meaning: Addresses of one or more nodes of one openGemini, separated by commas.\n- fifo must be true or false, got "perhaps".\ndocs/deploy.md lists all parameters.\n',
  );
});

test('the Framework prints a warning about a readable password once, and packages', () => {
  const folder = mkdtempSync(join(tmpdir(), 'opengemini-sink-warned-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const secret = 'secretArn=arn:aws:secretsmanager:eu-central-1:123456789012:secret:opengemini-AbCdEf';
  const args = ['node_modules/osls/bin/serverless.js', 'package', '--package', folder, '--param', secret];
  const call = (url: string) =>
    spawnSync(process.execPath, [...args, '--param', `opengeminiUrl=${url}`], { encoding: 'utf8' });
  const warned = call('http://opengemini.example:8086');
  expect(warned.status).toBe(0);
  expect(warned.stderr.match(/Warning: .*/g)).toEqual([
    'Warning: The password crosses the network in readable form to opengemini.example:8086, because the address begins with http. Use https, or a private network that you trust.',
  ]);
  expect(call('https://opengemini.example:8086').stderr).not.toContain('Warning: The password');
});
