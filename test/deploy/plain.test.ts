/**
 * The plain template, without the Serverless Framework: lints it, and deploys it to the emulator with the calls of
 * CloudFormation and S3 alone.
 */

import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateStackCommand, DeleteStackCommand, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { createDatabase, type ServerAccess } from '../../local/opengemini-client.ts';
import type { QueueAccess } from '../../local/queue/queue-access.ts';
import { readPoints } from '../../local/workload/verify.ts';
import type { Shape } from '../infra/package-service.ts';
import { packageShape } from '../infra/plain-package.ts';
import { type Clients, compare, physicalIds } from './deployed.ts';
import type { Emulator } from './emulator.ts';
import { pythonTools } from './python.ts';
import { remaining } from './remaining.ts';
import { openSurroundings, type Surroundings } from './surroundings.ts';

const STACK = 'opengemini-sink-dev';
const BUCKET = 'code';
const SHAPES: readonly Shape[] = ['default', 'prod', 'fifo', 'existing', 'vpc'];
const tool = pythonTools();
const base = mkdtempSync(join(tmpdir(), 'opengemini-sink-plain-'));
afterAll(() => rmSync(base, { recursive: true }));

const packaged = (shape: Shape, ...options: readonly string[]): string => {
  const out = mkdtempSync(join(base, 'out-'));
  expect(packageShape(inject('built'), shape, out, ...options)).toMatchObject({ code: 0, err: '' });
  return out;
};

test.skipIf(tool === undefined).each(SHAPES)(
  'cfn-lint finds no faults in the plain template of the shape %s',
  (shape) => {
    const template = join(packaged(shape), 'template.json');
    expect(execFileSync(tool?.('cfn-lint') ?? '', [template], { encoding: 'utf8' })).toBe('');
  },
);

describe.skipIf(tool === undefined)('deployment of the plain template', () => {
  const database = `plain_${randomUUID().slice(0, 8)}`;
  let emulator: Emulator;
  let clients: Clients;
  let queues: QueueAccess;
  let surroundings: Surroundings | undefined;
  let server: ServerAccess;

  beforeAll(async () => {
    surroundings = await openSurroundings(tool?.('ministack') ?? '');
    ({ emulator, clients, queues, server } = surroundings);
    await createDatabase(server, database, undefined);
  });
  afterAll(async () => {
    await surroundings?.close();
  });

  /** The emulator accepts requests to S3 without a signature. */
  const put = async (path: string, body?: Uint8Array<ArrayBuffer>): Promise<void> => {
    const { ok, status } = await fetch(`${emulator.endpoint}/${path}`, { method: 'PUT', ...(body && { body }) });
    expect(ok, `${path}: ${status}`).toBe(true);
  };

  const statusOf = async (): Promise<string | undefined> => {
    const { Stacks = [] } = await clients.cloudformation.send(new DescribeStacksCommand({ StackName: STACK }));
    return Stacks[0]?.StackStatus;
  };

  test('CloudFormation alone creates the stack, its functions write points, and it is deleted without a rest', async () => {
    // Only a deployment to an emulator can reach a server on this machine.
    vi.stubEnv('AWS_ENDPOINT_URL', emulator.endpoint);
    const out = packaged('default', '--param', `opengeminiUrl=${server.url}`, '--param', `database=${database}`);
    vi.unstubAllEnvs();
    const template = readFileSync(join(out, 'template.json'), 'utf8');
    await put(BUCKET);
    for (const name of ['ingest', 'flush'])
      await put(`${BUCKET}/${name}-1.zip`, new Uint8Array(readFileSync(join(out, `${name}.zip`))));
    const parameters = { CodeBucket: BUCKET, IngestKey: 'ingest-1.zip', FlushKey: 'flush-1.zip' };
    await clients.cloudformation.send(
      new CreateStackCommand({
        StackName: STACK,
        TemplateBody: template,
        Capabilities: ['CAPABILITY_IAM'],
        Parameters: Object.entries(parameters).map(([ParameterKey, ParameterValue]) => ({
          ParameterKey,
          ParameterValue,
        })),
      }),
    );
    await expect.poll(statusOf, { timeout: 60_000, interval: 200 }).toBe('CREATE_COMPLETE');

    const comparisons = await compare(JSON.parse(template), STACK, clients);
    expect(comparisons.length).toBeGreaterThan(100);
    const differing = comparisons.filter(([, expected, found]) => JSON.stringify(expected) !== JSON.stringify(found));
    expect(differing.map(([name]) => name)).toEqual(['StateTable.TimeToLive']);

    const queue = new URL((await physicalIds(clients, STACK)).get('EventQueue') ?? '');
    const bodies = [1, 2, 3].map((v) => ({ measurement: 'plain', fields: { v }, timestamp: `178000000000000000${v}` }));
    await queues.send(
      emulator.endpoint + queue.pathname,
      bodies.map((body) => ({ body: JSON.stringify(body) })),
    );
    await expect.poll(() => readPoints(server, database), { timeout: 60_000, interval: 500 }).toHaveLength(3);

    await clients.cloudformation.send(new DeleteStackCommand({ StackName: STACK }));
    await expect.poll(() => remaining(clients), { timeout: 60_000, interval: 200 }).toEqual([]);
  });
});
