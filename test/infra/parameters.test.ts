/** Parameters of a deployment: all faults are reported together, before anything is deployed. */

import { describe, expect, test } from 'vitest';
import { PARAMETERS, ParameterError, readParameters } from '../../infra/parameters.ts';
import { resources, settings } from '../../infra/service.ts';

const PLACE = { service: 'sink', stage: 'test', region: 'eu-central-1', writesTemplate: true, toAws: false };
const SERVER = { opengeminiUrl: 'http://opengemini.example:8086' };
const read = (given: Record<string, string> = {}) => readParameters({ ...SERVER, ...given }, PLACE);

const HERE = 'eu-central-1:123456789012';
const THERE = 'us-east-1:123456789012';
const ELSEWHERE = {
  secretArn: `arn:aws:secretsmanager:${THERE}:secret:opengemini-AbCdEf`,
  queueArn: `arn:aws:sqs:${THERE}:events`,
  tableArn: `arn:aws:dynamodb:${THERE}:table/state`,
  kmsKeyArn: `arn:aws:kms:${THERE}:key/0a1b2c3d`,
  alarmTopicArn: `arn:aws:sns:${THERE}:alarms`,
};

const faultOf = (given: Record<string, string>): string => {
  try {
    settings(read(given));
  } catch (error) {
    if (error instanceof ParameterError) return error.message;
    throw error;
  }
  return 'none';
};

test('accepts the default of every parameter', () => {
  expect(read()).toMatchObject({ sinkName: 'sink-test', timeoutSeconds: 60, fifo: false, deletionProtection: true });
});

test('every parameter has a range, and a meaning in complete sentences', () => {
  for (const [name, { meaning, range }] of Object.entries(PARAMETERS)) {
    expect(meaning, name).toMatch(/^[A-Z].*\.$/s);
    expect(range, name).not.toBe('');
  }
});

describe('faults', () => {
  const rows: readonly (readonly [Record<string, string>, string])[] = [
    [{ maxConcurrency: '3' }, 'maxConcurrency is not a known parameter. docs/deploy.md lists all parameters.'],
    [{ batchsize: '3' }, 'batchsize is not a known parameter. Did you mean batchSize?'],
    [{ fifo: 'yes' }, 'fifo must be true or false, got "yes".'],
    [{ timeoutSeconds: '901' }, 'timeoutSeconds must be a whole number from 10 to 900, got "901".'],
    [{ maximumConcurrency: '1' }, 'maximumConcurrency must be a whole number from 2 to 1000'],
    [
      { windowSeconds: '0' },
      'windowSeconds must be at least 1 if batchSize is more than 10, because Lambda requires it.',
    ],
    [{ opengeminiUrl: '' }, 'opengeminiUrl must be set. Meaning: Addresses of one or more nodes of one openGemini'],
    [{ queueArn: 'my-queue' }, 'queueArn must be an ARN like arn:aws:sqs:REGION:ACCOUNT:QUEUE'],
    [{ queueArn: `arn:aws:sns:${HERE}:topic` }, 'queueArn must be an ARN like arn:aws:sqs:REGION:ACCOUNT:QUEUE'],
    [
      { tableArn: `arn:aws:dynamodb:${HERE}:table/state/stream/2026-01-01T00:00:00.000` },
      'tableArn must be an ARN like arn:aws:dynamodb:REGION:ACCOUNT:table/TABLE',
    ],
    [
      { kmsKeyArn: `arn:aws:kms:${HERE}:alias/mine` },
      'kmsKeyArn must be an ARN like arn:aws:kms:REGION:ACCOUNT:key/KEY_ID',
    ],
    ...(['secretArn', 'queueArn', 'tableArn', 'kmsKeyArn', 'alarmTopicArn'] as const).map(
      (name): readonly [Record<string, string>, string] => [
        { [name]: ELSEWHERE[name] },
        `${name} must name a resource in eu-central-1, the region of the stack, got ${ELSEWHERE[name]}. Deploy with --region us-east-1,`,
      ],
    ),
    [{ secretKmsKeyArn: `arn:aws:kms:${HERE}:key/k` }, 'secretKmsKeyArn requires secretArn'],
    [{ senders: `123456789012,arn:aws:lambda:${HERE}:function:f` }, 'separated by commas. Wrong: "arn:aws:lambda:'],
    [{ senders: 'topic' }, 'senders must be ARNs and accounts (arn:aws:sns:REGION:ACCOUNT:TOPIC, '],
    [{ senders: 'arn:aws:s3:::bucket', fifo: 'true' }, 'senders must not contain arn:aws:s3:::bucket with fifo'],
    [{ senders: '123456789012', queueArn: `arn:aws:sqs:${HERE}:a` }, 'senders cannot be combined with queueArn'],
    [
      {
        queueArn: 'arn:aws:sqs:eu-central-1:123456789012:a.fifo',
        deadLetterQueueArn: 'arn:aws:sqs:eu-central-1:123456789012:b',
      },
      'deadLetterQueueArn must be a FIFO queue, like the other queue, got ',
    ],
    [{ fifo: 'true', queueArn: 'arn:aws:sqs:eu-central-1:123456789012:a' }, 'queueArn must be a FIFO queue'],
    [{ subnetIds: 'subnet-1' }, 'subnetIds and securityGroupIds must be set together.'],
    [{ vpcEndpoints: 'true' }, 'vpcEndpoints requires subnetIds, securityGroupIds, one vpcId and routeTableIds.'],
    [
      { moveMaximumConcurrency: 'true', variables: '{"SINK_CONTROL":"off"}' },
      'moveMaximumConcurrency cannot be combined with SINK_CONTROL=off, because it needs the controller.',
    ],
    [{ logRetentionDays: '31' }, 'logRetentionDays must be one of 30, 1, 3'],
    ...[
      '/etc/mapping.json',
      '../mapping.json',
      'a/../../m.json',
      'm*.json',
      '!m.json',
      '.git/m',
      'node_modules/a/m',
    ].map((mapping): readonly [Record<string, string>, string] => [
      { mapping },
      `mapping must be a file in the folder of serverless.yml, as a relative path of letters, digits, and the characters _ - . / (not in node_modules), got "${mapping}".`,
    ]),
    [
      { variables: '{"OPENGEMINI_CA_FILE":"/etc/ca.pem"}' },
      'OPENGEMINI_CA_FILE in variables must be a file in the folder of serverless.yml',
    ],
    [
      { variables: '{"OPENGEMINI_KEY_FILE":"../key.pem"}' },
      'OPENGEMINI_KEY_FILE in variables must be a file in the folder of serverless.yml',
    ],
    [
      { variables: '{"OPENGEMINI_KEY_FILE":"-----BEGIN PRIVATE KEY-----"}' },
      '(not in node_modules), got the contents of a file.',
    ],
    [{ mapping: 'examples/none.json' }, 'SINK_MAPPING names the file "examples/none.json", which cannot be read'],
    [{ mapping: '{"version":1}' }, 'SINK_MAPPING: mapping.measurement'],
    [{ variables: 'SINK_INPUT=auto' }, 'variables must be names and values'],
    [{ variables: '{"OWN":{"a":1}}' }, 'variables must give OWN a text, a number, or a boolean.'],
    [{ variables: '{"OWN":null}' }, 'variables must give OWN a text, a number, or a boolean.'],
    [{ variables: '{"STATE_TABLE":"x"}' }, 'variables must not set STATE_TABLE, because the template sets it.'],
    [{ variables: '{"SINK_NAME":"x"}' }, 'variables must not set SINK_NAME, because the parameter sinkName sets it.'],
    [{ variables: '{"SINK_INPT":"auto"}' }, 'SINK_INPT is not a known variable. Did you mean SINK_INPUT?'],
    [{ variables: '{"SINK_BATCH_LINES_MAX":0}' }, 'SINK_BATCH_LINES_MAX must be a whole number'],
    [
      { variables: '{"SINK_FLUSH_INTERVAL_MS":840001}' },
      'alarmAgeSeconds must be at least 901 if SINK_FLUSH_INTERVAL_MS is 840001, got 900. Otherwise buffered lines',
    ],
    [{ variables: '{"SINK_FLUSH_INTERVAL_MS":"x"}' }, 'SINK_FLUSH_INTERVAL_MS must be a whole number'],
    [
      { variables: JSON.stringify({ SINK_TAG_FIELDS: 'x'.repeat(4_000) }) },
      'mapping and variables must have at most 4096 bytes together, the limit of Lambda, got ',
    ],
  ];
  test.each(rows.map(([given, fault]) => [fault, given] as const))('reports the fault: %s', (fault, given) =>
    expect(faultOf(given)).toContain(fault),
  );

  test('lists all faults of the parameters in one error', () => {
    const message = faultOf({ fifo: 'x', memoryMb: 'x', nothing: 'x' });
    for (const name of ['fifo', 'memoryMb', 'nothing']) expect(message).toContain(`- ${name}`);
  });
  test('does not show the values of variables in a fault, because they may be secret', () => {
    expect(faultOf({ variables: 'OPENGEMINI_PASSWORD=hunter2' })).not.toContain('hunter2');
  });
});

test('refuses an openGemini on this machine for a deployment to AWS, but not for packaging', () => {
  for (const opengeminiUrl of ['http://localhost:8086', 'http://a:8086,http://127.0.0.1:8086', 'https://[::1]/'])
    expect(() => readParameters({ opengeminiUrl }, { ...PLACE, toAws: true })).toThrow('that Lambda can reach');
  expect(readParameters({ opengeminiUrl: 'http://127.0.0.1:1' }, PLACE).variables.OPENGEMINI_URL).toContain('127');
  for (const opengeminiUrl of ['http://a:8086', 'http://localhost.example.com:8086'])
    expect(() => readParameters({ opengeminiUrl }, { ...PLACE, toAws: true })).not.toThrow();
});

test('needs no address of openGemini for commands that write no template, such as remove', () => {
  expect(() => readParameters({}, { ...PLACE, writesTemplate: false })).not.toThrow();
});

test.each<[string, Record<string, string>]>([
  ['one minute above the buffering interval', { variables: '{"SINK_FLUSH_INTERVAL_MS":840000}' }],
  ['far above the buffering interval', { variables: '{"SINK_FLUSH_INTERVAL_MS":3600000}', alarmAgeSeconds: '3660' }],
  ['of any value when nothing is buffered', { variables: '{"SINK_FLUSH_INTERVAL_MS":0}', alarmAgeSeconds: '60' }],
  [
    'of any value on a FIFO queue, where nothing is buffered',
    { variables: '{"SINK_FLUSH_INTERVAL_MS":3600000}', fifo: 'true' },
  ],
])('accepts an alarm age %s', (_, given) => expect(faultOf(given)).toBe('none'));

test('passes the parameter variables to the functions, together with the variables of other parameters and the template', () => {
  const given = { variables: '{"SINK_BATCH_LINES_MAX":5000,"LOG_LEVEL":"DEBUG"}', database: 'd', sinkName: 'mine' };
  expect(settings(read(given)).variables).toMatchObject({
    SINK_BATCH_LINES_MAX: '5000',
    LOG_LEVEL: 'DEBUG',
    OPENGEMINI_DATABASE: 'd',
    SINK_NAME: 'mine',
    STATE_TABLE: { Ref: 'StateTable' },
  });
});

test('creates a FIFO dead-letter queue for an existing FIFO queue', () => {
  const { Resources } = resources(read({ queueArn: 'arn:aws:sqs:eu-central-1:123456789012:a.fifo' }));
  expect(Resources.DeadLetterQueue.Properties).toMatchObject({
    FifoQueue: true,
    QueueName: 'sink-test-dead-letters.fifo',
  });
});

test('a fault is reported once, and a wrong parameter causes no fault about its absence', () => {
  const place = { service: 's', stage: 'dev', region: 'eu-central-1', writesTemplate: true, toAws: true };
  const faultsOf = (given: Readonly<Record<string, string>>): readonly string[] => {
    try {
      readParameters(given, place);
      return [];
    } catch (error) {
      return (error as Error).message.split('\n').filter((line) => line.startsWith('- '));
    }
  };
  expect(faultsOf({})).toEqual([expect.stringMatching(/^- opengeminiUrl must be set\. /)]);
  const url = { opengeminiUrl: 'http://o.example:8086' };
  const wrong = faultsOf({ ...url, subnetIds: 'subnet-0123abcd', securityGroupIds: 'foo', secretArn: 'nope' });
  expect(wrong.map((fault) => fault.split(' ')[1])).toEqual(['secretArn', 'securityGroupIds']);
});
