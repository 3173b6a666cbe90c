/**
 * The roles of the packaged template on an emulator that enforces them (MiniStack with `AUTH`): it verifies signatures,
 * and evaluates the policies with action and resource. The packaged handlers run every flow with the session that Lambda
 * gives them, and each role is denied all other calls.
 *
 * The moto server is no substitute: it has no resource for a call to DynamoDB, Secrets Manager, or Lambda, so it denies
 * every call that a policy allows on a named resource.
 */

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { DeleteStackCommand } from '@aws-sdk/client-cloudformation';
import { PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import {
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  DeleteLogGroupCommand,
  PutLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  CreateTableCommand,
  DeleteItemCommand,
  DeleteTableCommand,
  DescribeTableCommand,
  ExecuteStatementCommand,
  GetItemCommand,
  ListTablesCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
  UpdateTableCommand,
} from '@aws-sdk/client-dynamodb';
import { DisableRuleCommand } from '@aws-sdk/client-eventbridge';
import { CreateUserCommand, ListRolesCommand, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import {
  CreateFunctionCommand,
  DeleteEventSourceMappingCommand,
  DeleteFunctionCommand,
  GetEventSourceMappingCommand,
  GetFunctionCommand,
  InvokeCommand,
  ListFunctionsCommand,
  PutFunctionConcurrencyCommand,
  UpdateEventSourceMappingCommand,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda';
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  PutSecretValueCommand,
} from '@aws-sdk/client-secrets-manager';
import {
  ChangeMessageVisibilityBatchCommand,
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  ListQueuesCommand,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
} from '@aws-sdk/client-sqs';
import { zipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { toRecord } from '../../local/event-source/sqs-event.ts';
import { type StandIn, startStandIn } from '../../local/opengemini/server.ts';
import { createDatabase } from '../../local/opengemini-client.ts';
import { type AwsCredentials, type Clients, openClients, physicalIds } from './deployed.ts';
import { type Emulator, REGION, startEmulator } from './emulator.ts';
import { addEmulatorNames, isAllowed, type Statement, statementsOf, UNCHECKED } from './emulator-rights.ts';
import type { Call, Handled } from './handler-process.ts';
import { pythonTools } from './python.ts';

const STACK = 'opengemini-sink-dev';
const ACCOUNT = '000000000000';
const DATABASE = 'rights';
const SERVER = { username: 'writer', password: 'right' };
const FOREIGN = 'foreign';
const ROLES = ['ingest', 'flush'] as const;
type Role = (typeof ROLES)[number];
const LOGICAL_ID = { ingest: 'IngestRole', flush: 'FlushRole' } as const;
const tool = pythonTools();

/** A call, with the resource that it names. */
type Attempt = readonly [
  action: string,
  resource: string,
  send: (clients: Clients) => Promise<unknown>,
  /** Set for actions that only the policies are asked about. */
  arn?: string,
];

const nameOf = ([action, resource]: Attempt): string => `${action} on ${resource}`;

describe.skipIf(tool === undefined)('rights of the deployed roles', () => {
  let standIn: StandIn;
  let emulator: Emulator;
  let root: Clients;
  let ids: ReadonlyMap<string, string>;
  const sessions = {} as Record<Role, AwsCredentials>;
  const statements = {} as Record<Role, readonly Statement[]>;
  const queueUrl = (id: string): string => `${emulator.endpoint}${new URL(ids.get(id) ?? '').pathname}`;
  const id = (of: string): string => ids.get(of) ?? expect.fail(`the stack has no ${of}`);

  beforeAll(async () => {
    standIn = await startStandIn({ credentials: SERVER });
    const server = { url: standIn.url, credentials: SERVER };
    await createDatabase(server, DATABASE, undefined);
    emulator = await startEmulator(tool?.('ministack') ?? '', () => undefined, true);
    root = openClients(emulator.endpoint, REGION);
    const secret = (Name: string) =>
      root.secrets.send(new CreateSecretCommand({ Name, SecretString: JSON.stringify(SERVER) }));
    const { ARN: secretArn = '' } = await secret('opengemini');
    await secret(FOREIGN);
    await root.sqs.send(new CreateQueueCommand({ QueueName: FOREIGN }));
    await root.dynamodb.send(
      new CreateTableCommand({
        TableName: FOREIGN,
        BillingMode: 'PAY_PER_REQUEST',
        KeySchema: [
          { AttributeName: 'pk', KeyType: 'HASH' },
          { AttributeName: 'sk', KeyType: 'RANGE' },
        ],
        AttributeDefinitions: [
          { AttributeName: 'pk', AttributeType: 'S' },
          { AttributeName: 'sk', AttributeType: 'S' },
        ],
      }),
    );
    await emulator.serverless(
      'deploy',
      ...['--param', `opengeminiUrl=${standIn.url}`, '--param', `database=${DATABASE}`],
      ...['--param', `secretArn=${secretArn}`, '--param', 'moveMaximumConcurrency=true'],
      ...['--param', 'variables={"SINK_RETRY_ATTEMPTS_MAX":1}'],
    );
    ids = await physicalIds(root, STACK);
    // The tests deliver the messages, so that they see the calls.
    const mapping = id('IngestEventSourceMappingSQSEventQueue');
    await root.lambda.send(new UpdateEventSourceMappingCommand({ UUID: mapping, Enabled: false }));
    // The schedule would drain what the tests drain.
    await root.lambda.send(
      new PutFunctionConcurrencyCommand({ FunctionName: id('FlushLambdaFunction'), ReservedConcurrentExecutions: 0 }),
    );
    for (const role of ROLES) {
      statements[role] = await statementsOf(root, id(LOGICAL_ID[role]));
      await addEmulatorNames(root, id(LOGICAL_ID[role]));
      sessions[role] = await sessionOf(role);
    }
  });
  afterAll(async () => {
    await emulator?.close();
    await standIn?.close();
  });

  /** Returns the credentials that Lambda gives to a function with this role. */
  const sessionOf = async (role: Role): Promise<AwsCredentials> => {
    const code =
      'export const handler = async () => ({ accessKeyId: process.env.AWS_ACCESS_KEY_ID, secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY, sessionToken: process.env.AWS_SESSION_TOKEN });';
    const FunctionName = `session-${role}`;
    await root.lambda.send(
      new CreateFunctionCommand({
        FunctionName,
        Role: `arn:aws:iam::${ACCOUNT}:role/${id(LOGICAL_ID[role])}`,
        Runtime: 'nodejs24.x',
        Handler: 'index.handler',
        Code: { ZipFile: zipSync({ 'index.mjs': new TextEncoder().encode(code) }) },
      }),
    );
    const { Payload } = await root.lambda.send(new InvokeCommand({ FunctionName }));
    const session = JSON.parse(Buffer.from(Payload ?? []).toString());
    expect(session.accessKeyId).toMatch(/^ASIA/);
    return session;
  };

  /** Starts a packaged function with the session of its role. Returns a function that handles an event. */
  const startFunction = async (
    role: Role,
    more: Readonly<Record<string, string>> = {},
  ): Promise<{ readonly child: ChildProcess; readonly handle: (event: unknown) => Promise<Handled> }> => {
    const { accessKeyId, secretAccessKey, sessionToken = '' } = sessions[role];
    const logicalId = role === 'ingest' ? 'IngestLambdaFunction' : 'FlushLambdaFunction';
    const found = await root.lambda.send(new GetFunctionCommand({ FunctionName: id(logicalId) }));
    const bundle = fileURLToPath(new URL(`../../dist/${role}/index.mjs`, import.meta.url));
    const child: ChildProcess = fork(fileURLToPath(new URL('handler-process.ts', import.meta.url)), [bundle], {
      env: {
        PATH: process.env.PATH,
        ...found.Configuration?.Environment?.Variables,
        AWS_ENDPOINT_URL: emulator.endpoint,
        AWS_REGION: REGION,
        AWS_ACCESS_KEY_ID: accessKeyId,
        AWS_SECRET_ACCESS_KEY: secretAccessKey,
        AWS_SESSION_TOKEN: sessionToken,
        AWS_EC2_METADATA_DISABLED: 'true',
        ...more,
      },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (data) => log.push(String(data)));
    onTestFinished(() => {
      child.kill();
    });
    await once(child, 'message');
    const handle = async (event: unknown): Promise<Handled> => {
      child.send(event as object);
      const [handled] = (await once(child, 'message')) as [Handled];
      made[role].push(...handled.calls);
      return handled;
    };
    return { child, handle };
  };
  const made: Record<Role, Call[]> = { ingest: [], flush: [] };
  const log: string[] = [];

  let value = 0;
  /** Sends bodies and receives them as an event of Lambda. */
  const eventOf = async (receiveCount: number, ...bodies: readonly string[]) => {
    const QueueUrl = queueUrl('EventQueue');
    for (const MessageBody of bodies) await root.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));
    const receive = new ReceiveMessageCommand({
      QueueUrl,
      MaxNumberOfMessages: 10,
      MessageSystemAttributeNames: ['All'],
    });
    const { Messages = [] } = await root.sqs.send(receive);
    const queueArn = `arn:aws:sqs:${REGION}:${ACCOUNT}:${STACK}-events`;
    const records = Messages.map((message) => toRecord(message, queueArn));
    return {
      Records: records.map((record) => ({
        ...record,
        attributes: { ...record.attributes, ApproximateReceiveCount: String(receiveCount) },
      })),
    };
  };
  const event = (): string => {
    value += 1;
    return JSON.stringify({
      measurement: 'm',
      fields: { v: value },
      timestamp: `${Date.now()}${String(value).padStart(6, '0')}`,
    });
  };
  const points = (): number => standIn.points(DATABASE).length;

  const NONE = { batchItemFailures: [] };
  const expectResult = async (handling: Promise<Handled>, result: unknown): Promise<void> => {
    const handled = await handling;
    expect(handled.error, log.join('')).toBeUndefined();
    expect(handled.result, log.join('')).toEqual(result);
  };
  const actionsOf = (role: Role): readonly string[] => [...new Set(made[role].map(({ action }) => action))];

  test('the packaged handlers run every flow with the sessions of their roles', async () => {
    const { handle: ingest } = await startFunction('ingest');
    const { handle: flush } = await startFunction('flush');

    // Written, with the credentials from the secret.
    await expectResult(ingest(await eventOf(1, event(), event())), NONE);
    expect(points()).toBe(2);
    // Quarantined.
    await expectResult(ingest(await eventOf(1, '{"measurement":"m","fields":{}}')), NONE);
    // Unfinished: the function is killed while it writes the message. The next one runs it alone, and deletes it early.
    const crashing = await startFunction('ingest');
    const unfinished = await eventOf(5, event());
    standIn.faults.set({ name: 'hang' });
    crashing.child.send(unfinished);
    await expect.poll(marks, { timeout: 20_000 }).toBe(1);
    crashing.child.kill('SIGKILL');
    standIn.faults.clear();
    await expectResult(ingest(unfinished), NONE);
    expect(await marks()).toBe(0);

    // Outage: checkpointed. The flush function drains afterwards, and quarantines a line that the server refuses.
    standIn.faults.set({ name: 'write-disabled' });
    const conflicting = JSON.stringify({ measurement: 'm', fields: { v: 'text' }, timestamp: `${Date.now()}000000` });
    for (const body of [event(), conflicting, event()]) await expectResult(ingest(await eventOf(1, body)), NONE);
    await expectResult(flush({}), undefined);
    // Without capacity the messages are returned with another visibility.
    const full = await startFunction('ingest', { SINK_CHECKPOINT_BYTES_MAX: '0' });
    const returned = await eventOf(1, event());
    const failures = returned.Records.map(({ messageId }) => ({ itemIdentifier: messageId }));
    await expectResult(full.handle(returned), { batchItemFailures: failures });
    standIn.faults.clear();
    const drained = async () => {
      await expectResult(flush({}), undefined);
      return [points(), actionsOf('flush').includes('sqs:SendMessage')];
    };
    await expect.poll(drained, { timeout: 60_000, interval: 1_000 }).toEqual([value - 1, true]);

    // A second outage. The ingest function drains in its spare time.
    standIn.faults.set({ name: 'write-disabled' });
    await expectResult(ingest(await eventOf(1, event())), NONE);
    await expectResult(flush({}), undefined);
    standIn.faults.clear();
    const drainedByIngest = async () => {
      await expectResult(ingest(await eventOf(1, event())), NONE);
      return actionsOf('ingest');
    };
    await expect.poll(drainedByIngest, { timeout: 60_000, interval: 1_000 }).toContain('dynamodb:DeleteItem');

    for (const role of ROLES) {
      console.log(`${role}: ${made[role].length} calls of ${actionsOf(role).length} actions`);
      expect(made[role].filter(({ status }) => status === 403)).toEqual([]);
    }
    // Which of the two functions reads an item of shared state alone depends on times.
    const named = ROLES.flatMap(actionsOf).filter((one) => one.includes(':'));
    expect([...new Set(named)].sort()).toEqual([...new Set(ROLES.flatMap(ownCallsOf))].sort());
    expect(log.join('').match(/AccessDenied|not authorized to perform/)).toBeNull();
  });

  /** Actions that the code of a function must have called, of those that its role allows. */
  const ownCallsOf = (role: Role): readonly string[] =>
    statements[role]
      .flatMap(({ Action }) => Action)
      // Lambda makes these calls, or no flow of this test leads to them, or the request does not name its action.
      .filter((one) => !/^(?:logs|lambda):|^sqs:(?:ReceiveMessage|GetQueueAttributes)$/.test(one));

  /** Returns the number of messages that are marked as started. */
  const marks = async (): Promise<number> => {
    const { Items = [] } = await root.dynamodb.send(new ScanCommand({ TableName: id('StateTable') }));
    return Items.filter((item) => JSON.stringify(item).includes('suspect#')).length;
  };

  test.each(ROLES)('the role of %s is allowed its calls on its resources, and is denied all others', async (role) => {
    const clients = openClients(emulator.endpoint, REGION, sessions[role]);
    const outcomes = { allowed: [] as string[], denied: [] as string[] };
    for (const attempt of attempts()) outcomes[await outcomeOf(attempt, clients, role)].push(nameOf(attempt));
    console.log(`${role}: ${outcomes.allowed.length} calls allowed, ${outcomes.denied.length} denied`);
    expect(outcomes.allowed.sort()).toEqual([...allowedOf(role)].sort());
    expect(outcomes.denied.length).toBeGreaterThan(75);
  });

  test('MiniStack still does not check the actions that the matrix leaves to the policies', async () => {
    const clients = openClients(emulator.endpoint, REGION, sessions.ingest);
    for (const [action, , send] of attempts().filter((one) => one[3] === OTHER_MAPPING && UNCHECKED.has(one[0])))
      await expect(send(clients), action).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });

  const outcomeOf = async (
    [action, , send, arn = '']: Attempt,
    clients: Clients,
    role: Role,
  ): Promise<'allowed' | 'denied'> => {
    if (UNCHECKED.has(action)) return isAllowed(statements[role], action, arn) ? 'allowed' : 'denied';
    try {
      await send(clients);
      return 'allowed';
    } catch (error) {
      const { name, message } = error as Error;
      // A call that fails for another reason has passed the check of rights, which comes first.
      return /AccessDenied|not authorized to perform/.test(`${name} ${message}`) ? 'denied' : 'allowed';
    }
  };

  /** The calls of the matrix that a role must be allowed, in their order. All others must be denied. */
  const allowedOf = (role: Role): readonly string[] => {
    const invokes = statements[role].some(({ Action }) => Action.includes('lambda:InvokeFunction'));
    const isIngest = role === 'ingest';
    return [
      ...(isIngest
        ? [
            'sqs:DeleteMessage',
            'sqs:DeleteMessage (batch)',
            'sqs:ChangeMessageVisibility',
            'sqs:ChangeMessageVisibility (batch)',
            'sqs:ReceiveMessage',
            'sqs:GetQueueAttributes',
          ].map((one) => `${one} on the event queue`)
        : []),
      ...['sqs:SendMessage', 'sqs:SendMessage (batch)'].map((one) => `${one} on the dead-letter queue`),
      ...[
        'dynamodb:GetItem',
        'dynamodb:PutItem',
        'dynamodb:UpdateItem',
        'dynamodb:DeleteItem',
        'dynamodb:Query',
        'dynamodb:BatchGetItem',
        'dynamodb:BatchWriteItem',
        ...(isIngest ? [] : ['dynamodb:Scan']),
        // A transaction needs the rights of its items.
        'dynamodb:TransactWriteItems',
      ].map((one) => `${one} on the state table`),
      'secretsmanager:GetSecretValue on the secret',
      ...(invokes ? ['lambda:InvokeFunction on the flush function'] : []),
      ...(isIngest
        ? []
        : ['lambda:GetEventSourceMapping', 'lambda:UpdateEventSourceMapping'].map(
            (one) => `${one} on its event source mapping`,
          )),
      ...['logs:CreateLogStream', 'logs:PutLogEvents'].map((one) => `${one} on the log group of ${role}`),
    ];
  };

  /** All calls of the matrix. Calls that would destroy something come last, in case one is allowed. */
  const attempts = (): readonly Attempt[] => {
    const queues: readonly (readonly [string, string])[] = [
      ['the event queue', queueUrl('EventQueue')],
      ['the dead-letter queue', queueUrl('DeadLetterQueue')],
      ['another queue', `${emulator.endpoint}/${ACCOUNT}/${FOREIGN}`],
    ];
    const tables: readonly (readonly [string, string])[] = [
      ['the state table', id('StateTable')],
      ['another table', FOREIGN],
    ];
    const secrets = [
      ['the secret', 'opengemini'],
      ['another secret', FOREIGN],
    ] as const;
    const functions = [
      ['the ingest function', id('IngestLambdaFunction')],
      ['the flush function', id('FlushLambdaFunction')],
      ['another function', 'session-flush'],
    ] as const;
    const UUID = id('IngestEventSourceMappingSQSEventQueue');
    const handle = { Id: 'a', ReceiptHandle: 'none' };
    const key = { pk: { S: 'none' }, sk: { S: 'none' } };
    return [
      ...queues.flatMap(([name, QueueUrl]): Attempt[] => [
        ['sqs:SendMessage', name, ({ sqs }) => sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'a' }))],
        [
          'sqs:SendMessage (batch)',
          name,
          ({ sqs }) => sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries: [{ Id: 'a', MessageBody: 'a' }] })),
        ],
        [
          'sqs:DeleteMessage',
          name,
          ({ sqs }) => sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: 'none' })),
        ],
        [
          'sqs:DeleteMessage (batch)',
          name,
          ({ sqs }) => sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries: [handle] })),
        ],
        [
          'sqs:ChangeMessageVisibility',
          name,
          ({ sqs }) =>
            sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle: 'none', VisibilityTimeout: 1 })),
        ],
        [
          'sqs:ChangeMessageVisibility (batch)',
          name,
          ({ sqs }) =>
            sqs.send(
              new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries: [{ ...handle, VisibilityTimeout: 1 }] }),
            ),
        ],
        ['sqs:ReceiveMessage', name, ({ sqs }) => sqs.send(new ReceiveMessageCommand({ QueueUrl }))],
        ['sqs:GetQueueAttributes', name, ({ sqs }) => sqs.send(new GetQueueAttributesCommand({ QueueUrl }))],
        [
          'sqs:SetQueueAttributes',
          name,
          ({ sqs }) => sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { DelaySeconds: '1' } })),
        ],
        ['sqs:PurgeQueue', name, ({ sqs }) => sqs.send(new PurgeQueueCommand({ QueueUrl }))],
      ]),
      ['sqs:ListQueues', 'the account', ({ sqs }) => sqs.send(new ListQueuesCommand({}))],
      ['sqs:CreateQueue', 'a new queue', ({ sqs }) => sqs.send(new CreateQueueCommand({ QueueName: 'new' }))],
      ...tables.flatMap(([name, TableName]): Attempt[] => [
        ['dynamodb:GetItem', name, ({ dynamodb }) => dynamodb.send(new GetItemCommand({ TableName, Key: key }))],
        ['dynamodb:PutItem', name, ({ dynamodb }) => dynamodb.send(new PutItemCommand({ TableName, Item: key }))],
        ['dynamodb:UpdateItem', name, ({ dynamodb }) => dynamodb.send(new UpdateItemCommand({ TableName, Key: key }))],
        ['dynamodb:DeleteItem', name, ({ dynamodb }) => dynamodb.send(new DeleteItemCommand({ TableName, Key: key }))],
        [
          'dynamodb:Query',
          name,
          ({ dynamodb }) =>
            dynamodb.send(
              new QueryCommand({
                TableName,
                KeyConditionExpression: 'pk = :pk',
                ExpressionAttributeValues: { ':pk': { S: 'none' } },
              }),
            ),
        ],
        [
          'dynamodb:BatchGetItem',
          name,
          ({ dynamodb }) => dynamodb.send(new BatchGetItemCommand({ RequestItems: { [TableName]: { Keys: [key] } } })),
        ],
        [
          'dynamodb:BatchWriteItem',
          name,
          ({ dynamodb }) =>
            dynamodb.send(
              new BatchWriteItemCommand({ RequestItems: { [TableName]: [{ DeleteRequest: { Key: key } }] } }),
            ),
        ],
        ['dynamodb:Scan', name, ({ dynamodb }) => dynamodb.send(new ScanCommand({ TableName }))],
        [
          'dynamodb:TransactWriteItems',
          name,
          ({ dynamodb }) =>
            dynamodb.send(new TransactWriteItemsCommand({ TransactItems: [{ Delete: { TableName, Key: key } }] })),
        ],
        [
          'dynamodb:PartiQLSelect',
          name,
          ({ dynamodb }) => dynamodb.send(new ExecuteStatementCommand({ Statement: `SELECT * FROM "${TableName}"` })),
        ],
        ['dynamodb:DescribeTable', name, ({ dynamodb }) => dynamodb.send(new DescribeTableCommand({ TableName }))],
        [
          'dynamodb:UpdateTable',
          name,
          ({ dynamodb }) => dynamodb.send(new UpdateTableCommand({ TableName, DeletionProtectionEnabled: false })),
        ],
      ]),
      ['dynamodb:ListTables', 'the account', ({ dynamodb }) => dynamodb.send(new ListTablesCommand({}))],
      ...secrets.flatMap(([name, SecretId]): Attempt[] => [
        ['secretsmanager:GetSecretValue', name, ({ secrets }) => secrets.send(new GetSecretValueCommand({ SecretId }))],
        ['secretsmanager:DescribeSecret', name, ({ secrets }) => secrets.send(new DescribeSecretCommand({ SecretId }))],
        [
          'secretsmanager:PutSecretValue',
          name,
          ({ secrets }) => secrets.send(new PutSecretValueCommand({ SecretId, SecretString: '{}' })),
        ],
      ]),
      ['secretsmanager:ListSecrets', 'the account', ({ secrets }) => secrets.send(new ListSecretsCommand({}))],
      ...functions.flatMap(([name, FunctionName]): Attempt[] => [
        [
          'lambda:InvokeFunction',
          name,
          ({ lambda }) => lambda.send(new InvokeCommand({ FunctionName, InvocationType: 'DryRun' })),
        ],
        ['lambda:GetFunction', name, ({ lambda }) => lambda.send(new GetFunctionCommand({ FunctionName }))],
        [
          'lambda:UpdateFunctionConfiguration',
          name,
          ({ lambda }) => lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, MemorySize: 512 })),
        ],
      ]),
      ['lambda:ListFunctions', 'the account', ({ lambda }) => lambda.send(new ListFunctionsCommand({}))],
      ...[
        ['its event source mapping', UUID],
        ['another event source mapping', OTHER_UUID],
      ].flatMap(([name = '', of = '']): Attempt[] => {
        const arn = `${MAPPINGS}${of}`;
        const limit = { UUID: of, ScalingConfig: { MaximumConcurrency: 20 } };
        return [
          [
            'lambda:GetEventSourceMapping',
            name,
            ({ lambda }) => lambda.send(new GetEventSourceMappingCommand({ UUID: of })),
          ],
          [
            'lambda:UpdateEventSourceMapping',
            name,
            ({ lambda }) => lambda.send(new UpdateEventSourceMappingCommand(limit)),
            arn,
          ],
          [
            'lambda:DeleteEventSourceMapping',
            name,
            ({ lambda }) => lambda.send(new DeleteEventSourceMappingCommand({ UUID: of })),
            arn,
          ],
        ];
      }),
      ...ROLES.flatMap((role): Attempt[] => {
        const group = { logGroupName: `/aws/lambda/${STACK}-${role}`, logStreamName: `${role}-${value++}` };
        const name = `the log group of ${role}`;
        return [
          ['logs:CreateLogStream', name, ({ logs }) => logs.send(new CreateLogStreamCommand(group))],
          [
            'logs:PutLogEvents',
            name,
            ({ logs }) =>
              logs.send(new PutLogEventsCommand({ ...group, logEvents: [{ timestamp: Date.now(), message: 'a' }] })),
          ],
          ['logs:DeleteLogGroup', name, ({ logs }) => logs.send(new DeleteLogGroupCommand(group))],
        ];
      }),
      [
        'logs:CreateLogGroup',
        'a new log group',
        ({ logs }) => logs.send(new CreateLogGroupCommand({ logGroupName: 'new' })),
      ],
      [
        'cloudwatch:PutMetricData',
        'the account',
        ({ cloudwatch }) =>
          cloudwatch.send(new PutMetricDataCommand({ Namespace: 'n', MetricData: [{ MetricName: 'm', Value: 1 }] })),
      ],
      ['events:DisableRule', 'the schedule', ({ events }) => events.send(new DisableRuleCommand({ Name: 'any' }))],
      [
        'iam:PutRolePolicy',
        'its own role',
        ({ iam }) =>
          iam.send(new PutRolePolicyCommand({ RoleName: id('IngestRole'), PolicyName: 'more', PolicyDocument: '{}' })),
      ],
      ['iam:CreateUser', 'a new user', ({ iam }) => iam.send(new CreateUserCommand({ UserName: 'new' }))],
      ['iam:ListRoles', 'the account', ({ iam }) => iam.send(new ListRolesCommand({}))],
      ...functions.map(
        ([name, FunctionName]): Attempt => [
          'lambda:DeleteFunction',
          name,
          ({ lambda }) => lambda.send(new DeleteFunctionCommand({ FunctionName })),
        ],
      ),
      ...secrets.map(
        ([name, SecretId]): Attempt => [
          'secretsmanager:DeleteSecret',
          name,
          ({ secrets: client }) => client.send(new DeleteSecretCommand({ SecretId })),
        ],
      ),
      ...queues.map(
        ([name, QueueUrl]): Attempt => [
          'sqs:DeleteQueue',
          name,
          ({ sqs }) => sqs.send(new DeleteQueueCommand({ QueueUrl })),
        ],
      ),
      ...tables.map(
        ([name, TableName]): Attempt => [
          'dynamodb:DeleteTable',
          name,
          ({ dynamodb }) => dynamodb.send(new DeleteTableCommand({ TableName })),
        ],
      ),
      [
        'cloudformation:DeleteStack',
        'the stack',
        ({ cloudformation }) => cloudformation.send(new DeleteStackCommand({ StackName: STACK })),
      ],
    ];
  };
});

/** No mapping has this id. */
const OTHER_UUID = '11111111-2222-4333-8444-555555555555';
const MAPPINGS = `arn:aws:lambda:${REGION}:${ACCOUNT}:event-source-mapping:`;
const OTHER_MAPPING = `${MAPPINGS}${OTHER_UUID}`;
