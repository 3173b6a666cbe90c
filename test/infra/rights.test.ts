/** Compares the permissions of each role with the AWS calls in the bundled code, in both directions. */

import { expect, inject, test } from 'vitest';
import { bundle, ownHandler } from '../../infra/bundle.ts';
import type { FunctionName } from '../../infra/names.ts';
import { readTemplate, resourceOf } from './template.ts';

/** Actions that Lambda performs with the role of a function. No code of the sink calls them. */
const SERVICE_CALLS = /^(?:logs|ec2|xray|kms):|^sqs:(?:ReceiveMessage|GetQueueAttributes)$/;

/** Returns the IAM action of a command. A batch of a call needs the permission for the call. */
const action = (client: string, command: string): string => {
  const called = client === 'lambda' && command === 'Invoke' ? 'InvokeFunction' : command.replace(/Batch$/, '');
  return `${client === 'secrets-manager' ? 'secretsmanager' : client}:${called}`;
};

/** Calls that need no permission, and calls that Powertools contains but does not make. */
const UNUSED = /^(?:dynamodb:DescribeEndpoints|secretsmanager:(?!GetSecretValue$))/;

/** Returns the actions for the commands that the bundle contains. The bundler removes commands that no code imports. */
const actionsOf = async (name: FunctionName): Promise<readonly string[]> => {
  const { metafile } = await bundle(name, ownHandler(name));
  const inputs = Object.values(metafile.outputs).flatMap(({ inputs }) => Object.entries(inputs));
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
    .filter((one) => !SERVICE_CALLS.test(one))
    .sort();

test.each(['ingest', 'flush'] as const)('the code of %s makes exactly the calls that its role allows', async (name) => {
  const role = name === 'ingest' ? 'IngestRole' : 'FlushRole';
  expect(await actionsOf(name)).toEqual(granted(role));
});

test('the commands in a bundle are found', async () => {
  expect(await actionsOf('ingest')).toContain('sqs:SendMessage');
});

test.each(['IngestRole', 'FlushRole'])('%s allows actions on named resources only, without wildcards', (role) => {
  for (const { Action, Resource, Effect } of statementsOf('default', role)) {
    expect(Effect).toBe('Allow');
    expect(Action.filter((one) => one.includes('*'))).toEqual([]);
    expect(JSON.stringify(Resource).replace(/:\*"/, '"')).not.toContain('*');
  }
});

test.each(['IngestRole', 'FlushRole'])(
  '%s may read the secret with or without its suffix, and decrypt with its key',
  (role) => {
    const of = (action: string) =>
      statementsOf('vpc', role).flatMap(({ Action, Resource }) => (Action.includes(action) ? [Resource].flat() : []));
    const secret = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:opengemini-AbCdEf';
    expect(of('secretsmanager:GetSecretValue')).toEqual([secret, `${secret}-??????`]);
    expect(of('kms:Decrypt').map(String)).toContainEqual(expect.stringMatching(/:key\/.*57777$/));
  },
);

test('the roles allow no actions for VPC, key, secret and tracing when these are not configured', () => {
  const actions = ['IngestRole', 'FlushRole'].flatMap((role) =>
    statementsOf('default', role).flatMap(({ Action }) => Action),
  );
  expect(actions.filter((one) => /^(?:ec2|kms|secretsmanager|xray):/.test(one))).toEqual([]);
});
