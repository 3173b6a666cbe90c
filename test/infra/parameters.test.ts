/** Parameters of a deployment: what is wrong with them is told before anything is deployed, all of it at once. */

import { describe, expect, test } from 'vitest';
import { PARAMETERS, ParameterError, readParameters } from '../../infra/parameters.ts';
import { resources, settings } from '../../infra/service.ts';

const PLACE = { service: 'sink', stage: 'test', region: 'eu-central-1', away: false };
const read = (given: Record<string, string> = {}) => readParameters(given, PLACE);

const faultOf = (given: Record<string, string>): string => {
  try {
    settings(read(given));
  } catch (error) {
    if (error instanceof ParameterError) return error.message;
    throw error;
  }
  return 'none';
};

test('every default is one that its own check takes', () => {
  expect(read()).toMatchObject({ sinkName: 'sink-test', timeoutSeconds: 60, fifo: false, deletionProtection: true });
});

test('every name and meaning stands alone: a sentence, a range', () => {
  for (const [name, { meaning, range }] of Object.entries(PARAMETERS)) {
    expect(meaning, name).toMatch(/^[A-Z].*\.$/s);
    expect(range, name).not.toBe('');
  }
});

describe('a fault names the parameter and what would be right', () => {
  const rows: readonly (readonly [Record<string, string>, string])[] = [
    [{ maxConcurrency: '3' }, 'maxConcurrency is not a parameter; docs/deploy.md lists all'],
    [{ batchsize: '3' }, 'batchsize is not a parameter; is batchSize meant?'],
    [{ fifo: 'yes' }, 'fifo must be true or false, got "yes"'],
    [{ timeoutSeconds: '901' }, 'timeoutSeconds must be a whole number from 10 to 900, got "901"'],
    [{ maximumConcurrency: '1' }, 'maximumConcurrency must be a whole number from 2 to 1000'],
    [{ windowSeconds: '0' }, 'windowSeconds must be at least 1 where batchSize is more than 10'],
    [{ queueArn: 'my-queue' }, 'queueArn must be an ARN like arn:aws:sqs:REGION:ACCOUNT:...'],
    [
      {
        queueArn: 'arn:aws:sqs:eu-central-1:123456789012:a.fifo',
        deadLetterQueueArn: 'arn:aws:sqs:eu-central-1:123456789012:b',
      },
      'deadLetterQueueArn must be a FIFO queue, as the other queue is',
    ],
    [{ fifo: 'true', queueArn: 'arn:aws:sqs:eu-central-1:123456789012:a' }, 'queueArn must be a FIFO queue'],
    [{ subnetIds: 'subnet-1' }, 'subnetIds and securityGroupIds must be given together'],
    [{ vpcEndpoints: 'true' }, 'vpcEndpoints needs subnetIds, securityGroupIds, one vpcId and routeTableIds'],
    [
      { moveMaximumConcurrency: 'true', variables: '{"SINK_CONTROL":"off"}' },
      'moveMaximumConcurrency needs the controller, and SINK_CONTROL=off turns it off',
    ],
    [{ logRetentionDays: '31' }, 'logRetentionDays must be one of 30, 1, 3'],
    [{ mapping: 'examples/mapping.json' }, 'mapping must be a file under infra/files/'],
    [{ mapping: 'infra/files/none.json' }, 'SINK_MAPPING names the file "infra/files/none.json", which cannot be read'],
    [{ mapping: '{"version":1}' }, 'SINK_MAPPING: mapping.measurement'],
    [{ variables: 'SINK_INPUT=auto' }, 'variables must be names and values'],
    [{ variables: '{"STATE_TABLE":"x"}' }, 'variables must not set STATE_TABLE: that is set by the template'],
    [{ variables: '{"SINK_NAME":"x"}' }, 'variables must not set SINK_NAME: that is set by the parameter sinkName'],
    [{ variables: '{"SINK_INPT":"auto"}' }, 'SINK_INPT is not a variable of this sink; is SINK_INPUT meant?'],
    [{ variables: '{"SINK_BATCH_LINES_MAX":0}' }, 'SINK_BATCH_LINES_MAX must be a whole number'],
    [
      { variables: '{"SINK_FLUSH_INTERVAL_MS":840001}' },
      'alarmAgeSeconds must be at least 901 where SINK_FLUSH_INTERVAL_MS is 840001, got 900: buffered lines wait so long',
    ],
    [{ variables: '{"SINK_FLUSH_INTERVAL_MS":"x"}' }, 'SINK_FLUSH_INTERVAL_MS must be a whole number'],
    [{ variables: JSON.stringify({ SINK_TAG_FIELDS: 'x'.repeat(4_000) }) }, 'and Lambda allows 4096'],
  ];
  test.each(rows)('%o', (given, said) => expect(faultOf(given)).toContain(said));

  test('and all faults are told in one breath', () => {
    const told = faultOf({ fifo: 'x', memoryMb: 'x', nothing: 'x' });
    for (const name of ['fifo', 'memoryMb', 'nothing']) expect(told).toContain(`- ${name}`);
  });
  test('but never the values of variables, which may be secret', () => {
    expect(faultOf({ variables: 'OPENGEMINI_PASSWORD=hunter2' })).not.toContain('hunter2');
  });
});

test('a deployment to AWS needs an openGemini that is not on this machine, a package does not', () => {
  for (const opengeminiUrl of ['', 'http://localhost:8086', 'http://a:8086,http://127.0.0.1:8086', 'https://[::1]/'])
    expect(() => readParameters({ opengeminiUrl }, { ...PLACE, away: true })).toThrow('that Lambda can reach');
  expect(readParameters({ opengeminiUrl: 'http://127.0.0.1:1' }, PLACE).variables.OPENGEMINI_URL).toContain('127');
  expect(() => readParameters({ opengeminiUrl: 'http://a:8086' }, { ...PLACE, away: true })).not.toThrow();
});

test.each<[string, Record<string, string>]>([
  ['a minute longer than lines are buffered', { variables: '{"SINK_FLUSH_INTERVAL_MS":840000}' }],
  ['much longer', { variables: '{"SINK_FLUSH_INTERVAL_MS":3600000}', alarmAgeSeconds: '3660' }],
  ['what it likes where nothing is buffered', { variables: '{"SINK_FLUSH_INTERVAL_MS":0}', alarmAgeSeconds: '60' }],
  [
    'what it likes on a FIFO queue, which buffers nothing',
    { variables: '{"SINK_FLUSH_INTERVAL_MS":3600000}', fifo: 'true' },
  ],
])('an alarm of age may wait %s', (_, given) => expect(faultOf(given)).toBe('none'));

test('variables come to the functions, over those of parameters and template', () => {
  const given = { variables: '{"SINK_BATCH_LINES_MAX":5000,"LOG_LEVEL":"DEBUG"}', database: 'd', sinkName: 'mine' };
  expect(settings(read(given)).variables).toMatchObject({
    SINK_BATCH_LINES_MAX: '5000',
    LOG_LEVEL: 'DEBUG',
    OPENGEMINI_DATABASE: 'd',
    SINK_NAME: 'mine',
    STATE_TABLE: { Ref: 'StateTable' },
  });
});

test('a FIFO queue that is there already makes the dead-letter queue one too', () => {
  const { Resources } = resources(read({ queueArn: 'arn:aws:sqs:eu-central-1:123456789012:a.fifo' }));
  expect(Resources.DeadLetterQueue.Properties).toMatchObject({
    FifoQueue: true,
    QueueName: 'sink-test-dead-letters.fifo',
  });
});
