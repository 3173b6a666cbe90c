/** What the code can call is what its role allows: derived from the code that is bundled, and compared both ways. */

import { expect, inject, test } from 'vitest';
import { inspectBundle } from '../../infra/bundle.ts';
import type { FunctionName } from '../../infra/names.ts';
import { readTemplate, resourceOf } from './template.ts';

/** What Lambda does in a function's name; no code of ours calls it. */
const ERRANDS = /^(?:logs|ec2|xray|kms):|^sqs:(?:ReceiveMessage|GetQueueAttributes)$/;

/** A batch of a call needs the right to the call. */
const action = (client: string, command: string): string =>
  `${client === 'secrets-manager' ? 'secretsmanager' : client}:${command.replace(/Batch$/, '')}`;

/** Calls that no right is needed for, or that Powertools brings along and does not use. */
const UNUSED = /^(?:dynamodb:DescribeEndpoints|secretsmanager:(?!GetSecretValue$))/;

/** Commands of clients that are left in the bundle, where everything that nobody imports is gone. */
const actionsOf = async (name: FunctionName): Promise<readonly string[]> => {
  const { outputs } = await inspectBundle(name);
  const inputs = Object.values(outputs).flatMap(({ inputs }) => Object.entries(inputs));
  const actions = inputs
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .map(([file]) => /@aws-sdk\/client-([a-z-]+)\/dist-es\/commands\/(\w+)Command\.js$/.exec(file))
    .filter((found) => found !== null)
    .map(([, client = '', command = '']) => action(client, command))
    .filter((one) => !UNUSED.test(one));
  return [...new Set(actions)].sort();
};

interface Statement {
  readonly Effect: string;
  readonly Action: readonly string[];
  readonly Resource: unknown;
}

const statementsOf = (shape: 'default' | 'vpc', role: string): readonly Statement[] =>
  resourceOf(readTemplate(inject('packages')[shape]), 'AWS::IAM::Role', role).Properties.Policies.flatMap(
    ({ PolicyDocument }: { PolicyDocument: { Statement: readonly Statement[] } }) => PolicyDocument.Statement,
  );

const granted = (role: string): readonly string[] =>
  statementsOf('vpc', role)
    .flatMap(({ Action }) => Action)
    .filter((one) => !ERRANDS.test(one))
    .sort();

test.each(['ingest', 'flush'] as const)('%s: the code calls what its role allows, and nothing else', async (name) => {
  const role = name === 'ingest' ? 'IngestRole' : 'FlushRole';
  expect(await actionsOf(name)).toEqual(granted(role));
});

test('the bundles are really looked into', async () => {
  expect(await actionsOf('ingest')).toContain('sqs:SendMessage');
});

test.each(['IngestRole', 'FlushRole'])('%s: rights are for named things, without wildcards', (role) => {
  for (const { Action, Resource, Effect } of statementsOf('default', role)) {
    expect(Effect).toBe('Allow');
    expect(Action.filter((one) => one.includes('*'))).toEqual([]);
    expect(JSON.stringify(Resource).replace(/:\*"/, '"')).not.toContain('*');
  }
});

test('without a VPC, a key, a secret or tracing nothing is allowed for them', () => {
  const actions = ['IngestRole', 'FlushRole'].flatMap((role) =>
    statementsOf('default', role).flatMap(({ Action }) => Action),
  );
  expect(actions.filter((one) => /^(?:ec2|kms|secretsmanager|xray):/.test(one))).toEqual([]);
});
