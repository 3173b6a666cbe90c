/**
 * All parameters of a deployment: name, default, range and meaning. The table in `docs/deploy.md` is generated from
 * them. Users set them with `--param name=value`, or for a stage under `params` in serverless.yml.
 */

import { isLoopback } from '../src/adapters/loopback.ts';
import { isFifoQueue } from '../src/adapters/queue-url.ts';
import {
  choice,
  databaseName,
  flag,
  integer,
  required,
  type Setting,
  text,
  urls,
  type ValueOf,
} from '../src/config/setting.ts';
import { SettingReader } from '../src/config/setting-reader.ts';
import { VARIABLES, type VariableName } from '../src/config/variables.ts';
import { arn, regionFaults } from './arns.ts';
import type { Parameters, Place } from './deployment.ts';
import { packagedFileFaults } from './packaged-files.ts';
import { senderFaults, senderList } from './senders.ts';
import { variableMap } from './variable-map.ts';

/** Ids with the same prefix, separated by commas. */
const ids = (prefix: string, meaning: string): Setting<readonly string[]> => ({
  read: (value) => {
    const list = value.split(',').map((id) => id.trim());
    return list.every((id) => new RegExp(`^${prefix}-[0-9a-f]+$`).test(id))
      ? { value: list }
      : { fault: `must be ids like ${prefix}-0123abcd, separated by commas` };
  },
  default: undefined,
  range: `${prefix}-…, separated by commas`,
  meaning,
});

/** Retention periods that CloudWatch Logs supports, in days, up to three years. The first one is the default. */
const RETENTIONS = [
  '30',
  '1',
  '3',
  '5',
  '7',
  '14',
  '60',
  '90',
  '120',
  '150',
  '180',
  '365',
  '400',
  '545',
  '731',
  '1096',
];

/** Settings by name, in the order of the documentation. */
export const PARAMETERS = {
  opengeminiUrl: required(urls('Addresses of one or more nodes of one openGemini, separated by commas.')),
  database: { ...databaseName('Database of all lines whose mapping names no other.'), default: 'telemetry' },
  retentionPolicy: databaseName(
    "Retention policy of all lines whose mapping names no other. Without it, the database's default policy.",
  ),
  // A fault does not show it, because it may be the secret itself by mistake.
  secretArn: {
    ...arn('secretsmanager', 'Secret with the JSON `{"username", "password"}` for openGemini.'),
    secret: true,
  },
  secretKmsKeyArn: arn('kms', 'Customer managed key of that secret, if it has one. The functions may decrypt with it.'),
  mapping: text(
    'Mapping file (JSON or YAML) in the folder of `serverless.yml`, or inline JSON. Without it, events are canonical.',
  ),
  sinkName: text(
    'Name of the sink: part of every key in the state table, and dimension of all metrics. Without it, SERVICE-STAGE.',
  ),
  variables: variableMap(
    'Any other environment variable of [configuration.md](configuration.md), of Powertools (for example `LOG_LEVEL`), or of your own [handler](extending.md).',
  ),
  fifo: flag('Whether the queues are FIFO queues instead of standard queues.', false),
  queueArn: arn('sqs', 'Existing event queue to use instead of a new one.'),
  senders: senderList(
    'Topics, rules, buckets, and accounts that may send to the event queue. Your own account may send by its identity policies.',
  ),
  deadLetterQueueArn: arn('sqs', 'Existing dead-letter queue to use instead of a new one.'),
  tableArn: arn('dynamodb', 'Existing state table to use instead of a new one. Several sinks can share it.'),
  kmsKeyArn: arn(
    'kms',
    'Customer managed key for queues, table and environment variables, instead of the keys that SQS, DynamoDB and Lambda own.',
  ),
  timeoutSeconds: integer(
    'Time limit of an invocation, in seconds. The flush function has at least 75 s.',
    60,
    10,
    900,
  ),
  memoryMb: integer('Memory of a function, in MB. 1769 MB correspond to one vCPU.', 1_024, 256, 10_240),
  batchSize: integer('Messages per invocation, at most. FIFO queues deliver at most 10.', 1_000, 1, 10_000),
  windowSeconds: integer(
    'How long Lambda gathers messages for an invocation, in seconds. FIFO queues have no window.',
    5,
    0,
    300,
  ),
  maximumConcurrency: integer(
    'Concurrent invocations, at most. Recommended: five per core of the openGemini server.',
    20,
    2,
    1_000,
  ),
  moveMaximumConcurrency: flag(
    'Whether the flush function moves this limit to the best value. `maximumConcurrency` is then the initial value.',
    false,
  ),
  deletionProtection: flag(
    'Whether the state table is protected against deletion, and `remove` keeps table and queues.',
    true,
  ),
  pointInTimeRecovery: flag('Whether the state table can be restored to any second of the last 35 days.', true),
  logRetentionDays: choice('Retention of the logs, in days.', RETENTIONS),
  tracing: flag('Whether X-Ray traces invocations.', false),
  subnetIds: ids('subnet', 'Subnets of a VPC for the functions. Set it together with `securityGroupIds`.'),
  securityGroupIds: ids('sg', 'Security groups for the functions. Set it together with `subnetIds`.'),
  vpcEndpoints: flag(
    'Whether to create endpoints for SQS, DynamoDB and Secrets Manager in the VPC, for subnets without access to the internet.',
    false,
  ),
  vpcId: ids('vpc', 'VPC of the subnets, for `vpcEndpoints`.'),
  routeTableIds: ids('rtb', 'Route tables of the subnets, for `vpcEndpoints`.'),
  alarmTopicArn: arn('sns', 'SNS topic that receives alarm notifications. Without it, alarms only change their state.'),
  alarmAgeSeconds: integer(
    'Age above which an event causes an alarm, in seconds: in the queue, on arrival at the function, or in the backlog.',
    900,
    60,
    1_209_600,
  ),
} as const;

/** The parameters are invalid. The message lists all faults, one per line. */
export class ParameterError extends Error {
  override readonly name = 'ParameterError';

  constructor(faults: readonly string[]) {
    // A parameter that is read twice reports its fault twice.
    const list = [...new Set(faults)].map((fault) => `- ${fault}`).join('\n');
    super(`Invalid parameters:\n${list}\ndocs/deploy.md lists all parameters.`);
  }
}

type Reader = SettingReader<typeof PARAMETERS>;

/** Limit of Lambda for the messages of a FIFO queue in one invocation. */
const FIFO_BATCH_MAX = 10;

/**
 * Reads and validates the parameters.
 *
 * @param given - Values from stage and command line, as text.
 * @throws {ParameterError} if there is any fault. All faults come in one error.
 */
export const readParameters = (given: Readonly<Record<string, string | undefined>>, place: Place): Parameters => {
  const reader = new SettingReader(PARAMETERS, given);
  for (const name of Object.keys(given)) reader.refuseUnknown(name, 'parameter', 'docs/deploy.md');
  const sinkName = reader.get('sinkName') ?? `${place.service}-${place.stage}`;
  const parameters: Parameters = {
    ...place,
    sinkName,
    variables: readVariables(reader, sinkName, place),
    secretArn: reader.get('secretArn'),
    secretKmsKeyArn: reader.get('secretKmsKeyArn'),
    ...readQueues(reader),
    senders: reader.get('senders') ?? [],
    tableArn: reader.get('tableArn'),
    kmsKeyArn: reader.get('kmsKeyArn'),
    timeoutSeconds: reader.must('timeoutSeconds'),
    memoryMb: reader.must('memoryMb'),
    maximumConcurrency: reader.must('maximumConcurrency'),
    moveMaximumConcurrency: reader.must('moveMaximumConcurrency'),
    deletionProtection: reader.must('deletionProtection'),
    pointInTimeRecovery: reader.must('pointInTimeRecovery'),
    logRetentionDays: Number(reader.must('logRetentionDays')),
    tracing: reader.must('tracing'),
    ...readVpc(reader),
    alarmTopicArn: reader.get('alarmTopicArn'),
    alarmAgeSeconds: reader.must('alarmAgeSeconds'),
  };
  checkAge(reader, parameters);
  reader.faults.push(
    ...packagedFileFaults(parameters.variables),
    ...regionFaults(parameters),
    ...senderFaults(parameters),
  );
  if (parameters.secretKmsKeyArn !== undefined && parameters.secretArn === undefined)
    reader.faults.push('secretKmsKeyArn requires secretArn, the secret that the key encrypts.');
  if (parameters.moveMaximumConcurrency && variableOf('SINK_CONTROL', parameters) === 'off')
    reader.faults.push(
      'moveMaximumConcurrency cannot be combined with SINK_CONTROL=off, because it needs the controller. Remove one of them.',
    );
  if (reader.faults.length > 0) throw new ParameterError(reader.faults);
  return parameters;
};

/**
 * Returns the value of a variable of the sink among the parameter `variables`. `undefined` if it is not set or invalid,
 * which another check reports.
 */
const variableOf = <N extends VariableName>(
  name: N,
  { variables }: Parameters,
): ValueOf<(typeof VARIABLES)[N]> | undefined => {
  const read = VARIABLES[name].read(variables[name] ?? '');
  return 'value' in read ? (read.value as ValueOf<(typeof VARIABLES)[N]>) : undefined;
};

/** Interval of the flush function. Buffered lines wait for `SINK_FLUSH_INTERVAL_MS`, and then for its next run. */
const FLUSH_SECONDS = 60;

/**
 * Refuses an alarm age below the normal age of buffered lines, because alarms during normal operation are soon ignored.
 */
const checkAge = (reader: Reader, parameters: Parameters): void => {
  const { fifo, alarmAgeSeconds } = parameters;
  const intervalMs = variableOf('SINK_FLUSH_INTERVAL_MS', parameters) ?? 0;
  // Nothing is buffered from a FIFO queue.
  if (fifo || intervalMs === 0) return;
  const needed = Math.ceil(intervalMs / 1_000) + FLUSH_SECONDS;
  if (alarmAgeSeconds < needed)
    reader.faults.push(
      `alarmAgeSeconds must be at least ${needed} if SINK_FLUSH_INTERVAL_MS is ${intervalMs}, got ${alarmAgeSeconds}. Otherwise buffered lines trigger the alarm checkpoint-age during normal operation. Raise the first or lower the second.`,
    );
};

/** Address for commands that write no template. */
const NO_ADDRESS = ['http://127.0.0.1:8086'];

const readVariables = (reader: Reader, sinkName: string, { writesTemplate, toAws }: Place): Record<string, string> => {
  const given = writesTemplate ? reader.require('opengeminiUrl') : reader.get('opengeminiUrl');
  const urls = given ?? NO_ADDRESS;
  const near = toAws ? given?.find(isLoopback) : undefined;
  if (near !== undefined)
    reader.faults.push(`opengeminiUrl must be an address that Lambda can reach, got ${near}, which is this machine.`);
  const optional = {
    OPENGEMINI_RETENTION_POLICY: reader.get('retentionPolicy'),
    OPENGEMINI_SECRET_ARN: reader.get('secretArn'),
    SINK_MAPPING: reader.get('mapping'),
  };
  return {
    OPENGEMINI_URL: urls.join(','),
    OPENGEMINI_DATABASE: reader.must('database'),
    ...Object.fromEntries(
      Object.entries(optional).filter((entry): entry is [string, string] => entry[1] !== undefined),
    ),
    SINK_NAME: sinkName,
    ...reader.get('variables'),
  };
};

const readQueues = (
  reader: Reader,
): Pick<Parameters, 'fifo' | 'queueArn' | 'deadLetterQueueArn' | 'batchSize' | 'windowSeconds'> => {
  const queueArn = reader.get('queueArn');
  const deadLetterQueueArn = reader.get('deadLetterQueueArn');
  // The name of an existing queue shows its type.
  const fifo = reader.must('fifo') || (queueArn !== undefined && isFifoQueue(queueArn));
  for (const [name, arn] of [
    ['queueArn', queueArn],
    ['deadLetterQueueArn', deadLetterQueueArn],
  ] as const) {
    if (arn !== undefined && isFifoQueue(arn) !== fifo)
      reader.faults.push(`${name} must be a ${fifo ? 'FIFO' : 'standard'} queue, like the other queue, got ${arn}.`);
  }
  const batchSize = reader.must('batchSize');
  const windowSeconds = reader.must('windowSeconds');
  if (!fifo && batchSize > 10 && windowSeconds === 0)
    reader.faults.push('windowSeconds must be at least 1 if batchSize is more than 10, because Lambda requires it.');
  return {
    fifo,
    queueArn,
    deadLetterQueueArn,
    batchSize: fifo ? Math.min(FIFO_BATCH_MAX, batchSize) : batchSize,
    windowSeconds: fifo ? undefined : windowSeconds,
  };
};

const readVpc = (reader: Reader): Pick<Parameters, 'vpc' | 'vpcEndpoints'> => {
  const SubnetIds = reader.get('subnetIds');
  const SecurityGroupIds = reader.get('securityGroupIds');
  if (reader.isSet('subnetIds') !== reader.isSet('securityGroupIds'))
    reader.faults.push('subnetIds and securityGroupIds must be set together.');
  const vpc = SubnetIds === undefined || SecurityGroupIds === undefined ? undefined : { SubnetIds, SecurityGroupIds };
  if (!reader.must('vpcEndpoints')) return { vpc, vpcEndpoints: undefined };
  const [vpcId, ...more] = reader.get('vpcId') ?? [];
  const routeTableIds = reader.get('routeTableIds');
  if (vpc === undefined || vpcId === undefined || more.length > 0 || routeTableIds === undefined) {
    reader.faults.push('vpcEndpoints requires subnetIds, securityGroupIds, one vpcId and routeTableIds.');
    return { vpc, vpcEndpoints: undefined };
  }
  return { vpc, vpcEndpoints: { vpcId, routeTableIds } };
};
