/** How commands find the queues and the table of a sink. */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test, vi } from 'vitest';
import { DEV_FOLDER, readDevState, removeDevState, writeDevState } from '../../cli/dev-state.ts';
import { sinkNames } from '../../cli/sink-names.ts';
import { folderWith } from './folder.ts';
import { run } from './running.ts';

const ADDRESSES = {
  sqsEndpoint: 'http://127.0.0.1:1',
  queueUrl: 'http://127.0.0.1:1/000000000000/events',
  deadLetterQueueUrl: 'http://127.0.0.1:1/000000000000/dead-letters',
  dynamodbEndpoint: 'http://127.0.0.1:2',
  stateTable: 'state',
  opengeminiUrl: 'http://127.0.0.1:3',
  database: 'telemetry',
  lambdaEndpoint: 'http://127.0.0.1:4',
  flushFunction: 'flush',
};

/** Returns a folder in which `dev` runs as this process, or as one that has ended. */
const folderOfDev = (pid = process.pid): string => {
  const folder = folderWith({});
  writeDevState(folder, { pid, startedAtMs: 0, sink: 'mine', addresses: ADDRESSES });
  return folder;
};

/** Greater than any process id of Linux. */
const DEAD_PID = 4_194_305;

test('names that nothing else gives are those of the "dev" in the same folder', async () => {
  expect(await sinkNames({}, {}, folderOfDev())).toMatchObject({
    sink: 'mine',
    queueUrl: ADDRESSES.queueUrl,
    deadLetterQueueUrl: ADDRESSES.deadLetterQueueUrl,
    table: 'state',
    dynamodbEndpoint: ADDRESSES.dynamodbEndpoint,
    lambdaEndpoint: ADDRESSES.lambdaEndpoint,
    flushFunction: 'flush',
  });
});

test.each([
  [{ queueUrl: 'https://sqs.eu-central-1.amazonaws.com/1/q' }, {}],
  [{ table: 'other' }, {}],
  [{}, { STATE_TABLE: 'other' }],
  [{}, { DEAD_LETTER_QUEUE_URL: 'https://sqs.eu-central-1.amazonaws.com/1/q' }],
])('the "dev" of the folder is not meant with the options %j and the variables %j', async (options, variables) => {
  expect(await sinkNames(options, variables, folderOfDev())).toMatchObject({
    sink: 'opengemini-sink',
    dynamodbEndpoint: undefined,
  });
});

test('options take precedence over variables', async () => {
  const names = await sinkNames({ table: 'a', sink: 'b' }, { STATE_TABLE: 'c', SINK_NAME: 'd' }, folderWith({}));
  expect(names).toMatchObject({ table: 'a', sink: 'b' });
});

test('the file of a process that was killed is ignored, and that of another process is not removed', () => {
  const folder = folderOfDev(DEAD_PID);
  expect(readDevState(folder)).toBeUndefined();
  removeDevState(folder);
  writeDevState(folder, { pid: process.pid, startedAtMs: 0, sink: 'mine', addresses: ADDRESSES });
  expect(readDevState(folder)?.sink).toBe('mine');
  removeDevState(folder);
  expect(readDevState(folder)).toBeUndefined();
  expect(readDevState(folderWith({ [`${DEV_FOLDER}/dev.json`]: '{"pid":' }))).toBeUndefined();
});

test.each([
  ['send', 'event queue', '--queue-url'],
  ['status', 'state table', '--table'],
])('%s says how to name the %s', async (command, what, option) => {
  const { code, err } = await run([command], '', {}, folderWith({}));
  expect([code, err]).toEqual([
    2,
    `Nothing names the ${what}. Use --stack or ${option}, or run "dev" in this folder.\n`,
  ]);
});

/** Starts CloudFormation on loopback, which describes one stack, and points the SDK to it. */
const cloudFormation = async (outputs: Readonly<Record<string, string>> | undefined): Promise<void> => {
  const members = Object.entries(outputs ?? {}).map(
    ([key, value]) => `<member><OutputKey>${key}</OutputKey><OutputValue>${value}</OutputValue></member>`,
  );
  const server = createServer((request, response) => {
    request.resume();
    if (outputs === undefined)
      return response
        .writeHead(400)
        .end(
          '<ErrorResponse><Error><Type>Sender</Type><Code>ValidationError</Code><Message>Stack with id prod does not exist</Message></Error></ErrorResponse>',
        );
    return response.end(
      `<DescribeStacksResponse><DescribeStacksResult><Stacks><member><StackName>prod</StackName><Outputs>${members.join('')}</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>`,
    );
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  vi.stubEnv('AWS_ENDPOINT_URL_CLOUDFORMATION', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_REGION']) vi.stubEnv(name, 'us-east-1');
  onTestFinished(() => void vi.unstubAllEnvs());
};

test('the outputs of a stack name everything', async () => {
  await cloudFormation({
    SinkName: 's',
    EventQueueUrl: 'https://q',
    DeadLetterQueueUrl: 'https://d',
    StateTableName: 't',
    IngestFunctionName: 'prod-ingest',
    FlushFunctionName: 'prod-flush',
  });
  expect(await sinkNames({ stack: 'prod' }, { STATE_TABLE: 'other' }, folderOfDev())).toEqual({
    sink: 's',
    queueUrl: 'https://q',
    deadLetterQueueUrl: 'https://d',
    table: 't',
    ingestFunction: 'prod-ingest',
    flushFunction: 'prod-flush',
    dynamodbEndpoint: undefined,
    source: 'the stack prod',
  });
});

test('a stack without the outputs is not one of this sink', async () => {
  await cloudFormation({ BucketName: 'b' });
  await expect(sinkNames({ stack: 'prod' })).rejects.toThrow(
    'The stack prod has no output DeadLetterQueueUrl, so it is not a stack of this sink.',
  );
});

test('a stack that cannot be read is named with the error', async () => {
  await cloudFormation(undefined);
  await expect(sinkNames({ stack: 'prod' })).rejects.toThrow(
    'The stack prod cannot be read: Stack with id prod does not exist',
  );
});
