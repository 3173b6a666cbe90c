/**
 * Every parameter of a deployment: name, default, range and meaning in one place. `docs/deploy.md` holds the table that
 * is made of it. They are given by `--param name=value`, or for a stage under `params` in serverless.yml.
 */

import { isFifoQueue } from '../src/adapters/queue-url.ts';
import { choice, databaseName, flag, integer, type Setting, text, urls } from '../src/config/setting.ts';
import { SettingReader } from '../src/config/setting-reader.ts';
import { VARIABLES } from '../src/config/variables.ts';

/** An AWS name that others know by its ARN. */
const arn = (service: string, meaning: string): Setting<string> => ({
  read: (value) =>
    new RegExp(`^arn:aws[a-z-]*:${service}:[a-z0-9-]+:\\d{12}:.+$`).test(value)
      ? { value }
      : { fault: `must be an ARN like arn:aws:${service}:REGION:ACCOUNT:...` },
  default: undefined,
  range: 'ARN',
  meaning,
});

const ids = (prefix: string, meaning: string): Setting<readonly string[]> => ({
  read: (value) => {
    const list = value.split(',').map((id) => id.trim());
    return list.every((id) => new RegExp(`^${prefix}-[0-9a-f]+$`).test(id))
      ? { value: list }
      : { fault: `must be ids like ${prefix}-0123abcd, by comma` };
  },
  default: undefined,
  range: `${prefix}-… by comma`,
  meaning,
});

/** Names that `variables` may not set, and what sets them. */
const SET_ELSEWHERE: Readonly<Record<string, string>> = {
  OPENGEMINI_URL: 'the parameter opengeminiUrl',
  OPENGEMINI_DATABASE: 'the parameter database',
  OPENGEMINI_RETENTION_POLICY: 'the parameter retentionPolicy',
  OPENGEMINI_SECRET_ARN: 'the parameter secretArn',
  SINK_NAME: 'the parameter sinkName',
  SINK_MAPPING: 'the parameter mapping',
  SINK_EVENT_SOURCE_MAPPING: 'the parameter moveMaximumConcurrency',
  STATE_TABLE: 'the template',
  DEAD_LETTER_QUEUE_URL: 'the template',
};

const variables = (meaning: string): Setting<Readonly<Record<string, string>>> => ({
  read(value) {
    let given: unknown;
    try {
      given = JSON.parse(value);
    } catch {
      given = undefined;
    }
    if (typeof given !== 'object' || given === null || Array.isArray(given))
      return { fault: 'must be names and values: in serverless.yml as a map, on the command line as a JSON object' };
    const taken = Object.keys(given).find((name) => Object.hasOwn(SET_ELSEWHERE, name));
    if (taken !== undefined) return { fault: `must not set ${taken}: that is set by ${SET_ELSEWHERE[taken]}` };
    return { value: Object.fromEntries(Object.entries(given).map(([name, one]) => [name, String(one)])) };
  },
  default: '{}',
  range: 'map',
  meaning,
  secret: true,
});

/** What Lambda lets a function's log group keep, in days. */
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

export const PARAMETERS = {
  opengeminiUrl: {
    ...urls('One or several nodes of openGemini, by comma.'),
    default: 'http://127.0.0.1:8086',
  } as Setting<readonly string[]>,
  database: { ...databaseName('Database of all lines whose mapping names no other.'), default: 'telemetry' },
  retentionPolicy: databaseName("Retention policy, unless the mapping names one; without it the database's default."),
  secretArn: arn('secretsmanager', 'Secret with `{"username", "password"}` for openGemini.'),
  mapping: text('Mapping file under `infra/files/`, or inline JSON. Without it events are canonical.'),
  sinkName: text('Key of everything in the state table, and dimension of all metrics; without it SERVICE-STAGE.'),
  variables: variables(
    'Any other variable of [configuration.md](configuration.md), and those of Powertools (`LOG_LEVEL`, …).',
  ),
  fifo: flag('FIFO queues instead of standard ones.', false),
  queueArn: arn('sqs', 'A queue that is there already, instead of a new one.'),
  deadLetterQueueArn: arn('sqs', 'A dead-letter queue that is there already, instead of a new one.'),
  tableArn: arn('dynamodb', 'A state table that is there already, instead of a new one; sinks may share it.'),
  kmsKeyArn: arn(
    'kms',
    "A key of yours for queues, table and the functions' variables, instead of those that SQS, DynamoDB and Lambda own.",
  ),
  timeoutSeconds: integer('Time limit of an invocation.', 60, 10, 900),
  memoryMb: integer('Memory of a function; 1769 is one whole processor.', 1_024, 256, 10_240),
  batchSize: integer('Messages of an invocation, at most; FIFO queues give at most 10.', 1_000, 1, 10_000),
  windowSeconds: integer('How long messages are gathered for a batch; FIFO queues have no window.', 5, 0, 300),
  maximumConcurrency: integer('Invocations at once, at most: five per core of the openGemini server.', 20, 2, 1_000),
  moveMaximumConcurrency: flag(
    'The flush function may move that limit, and looks for the one that fits; `maximumConcurrency` is then where it begins.',
    false,
  ),
  deletionProtection: flag('The state table cannot be deleted, and `remove` leaves table and queues in place.', true),
  pointInTimeRecovery: flag('The state table can be restored to any second of the last 35 days.', true),
  logRetentionDays: choice('How long logs are kept, in days.', RETENTIONS),
  tracing: flag('Traces of invocations in X-Ray.', false),
  subnetIds: ids('subnet', 'Subnets of a VPC for the functions, with `securityGroupIds`.'),
  securityGroupIds: ids('sg', 'Security groups for the functions, with `subnetIds`.'),
  vpcEndpoints: flag(
    'Endpoints for SQS, DynamoDB and Secrets Manager in the VPC, for subnets without a way to the internet.',
    false,
  ),
  vpcId: ids('vpc', 'The VPC of the subnets, for `vpcEndpoints`.'),
  routeTableIds: ids('rtb', 'Route tables of the subnets, for `vpcEndpoints`.'),
  alarmTopicArn: arn('sns', 'Topic that alarms are told to. Without it they only change their state.'),
  alarmAgeSeconds: integer(
    'How long an event may wait before an alarm: in the queue, on its way, or in the checkpoint.',
    900,
    60,
    1_209_600,
  ),
} as const;

/** Where the stack goes; the Framework knows it. */
export interface Place {
  readonly service: string;
  readonly stage: string;
  readonly region: string;
  /** To AWS itself, where nothing of this machine can be reached. */
  readonly away: boolean;
}

export interface Parameters extends Place {
  readonly sinkName: string;
  /** Variables of the functions that do not depend on the template. */
  readonly variables: Readonly<Record<string, string>>;
  readonly secretArn: string | undefined;
  readonly fifo: boolean;
  readonly queueArn: string | undefined;
  readonly deadLetterQueueArn: string | undefined;
  readonly tableArn: string | undefined;
  readonly kmsKeyArn: string | undefined;
  readonly timeoutSeconds: number;
  readonly memoryMb: number;
  readonly batchSize: number;
  /** Undefined for FIFO queues, which have none. */
  readonly windowSeconds: number | undefined;
  readonly maximumConcurrency: number;
  readonly moveMaximumConcurrency: boolean;
  readonly deletionProtection: boolean;
  readonly pointInTimeRecovery: boolean;
  readonly logRetentionDays: number;
  readonly tracing: boolean;
  readonly vpc: { readonly SubnetIds: readonly string[]; readonly SecurityGroupIds: readonly string[] } | undefined;
  readonly vpcEndpoints: { readonly vpcId: string; readonly routeTableIds: readonly string[] } | undefined;
  readonly alarmTopicArn: string | undefined;
  readonly alarmAgeSeconds: number;
}

export class ParameterError extends Error {
  override readonly name = 'ParameterError';

  constructor(faults: readonly string[]) {
    super(`Invalid parameters:\n${faults.map((fault) => `- ${fault}`).join('\n')}\ndocs/deploy.md lists all.`);
  }
}

type Reader = SettingReader<typeof PARAMETERS>;

const FIFO_BATCH_MAX = 10;

/** Throws `ParameterError`, which names every fault. `given` is what stage and command line say, as text. */
export const readParameters = (given: Readonly<Record<string, string | undefined>>, place: Place): Parameters => {
  const reader = new SettingReader(PARAMETERS, given);
  for (const name of Object.keys(given)) reader.refuseUnknown(name, 'parameter', 'docs/deploy.md');
  const sinkName = reader.get('sinkName') ?? `${place.service}-${place.stage}`;
  const parameters: Parameters = {
    ...place,
    sinkName,
    variables: readVariables(reader, sinkName, place.away),
    secretArn: reader.get('secretArn'),
    ...readQueues(reader),
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
  if (parameters.moveMaximumConcurrency && parameters.variables.SINK_CONTROL === 'off')
    reader.faults.push(
      'moveMaximumConcurrency needs the controller, and SINK_CONTROL=off turns it off: remove one of the two',
    );
  if (reader.faults.length > 0) throw new ParameterError(reader.faults);
  return parameters;
};

/** Lines that are buffered wait for their interval, and until the flush function comes round. */
const FLUSH_SECONDS = 60;

/** An alarm that goes off while all is well is soon believed no more. */
const checkAge = (reader: Reader, { fifo, variables, alarmAgeSeconds }: Parameters): void => {
  const read = VARIABLES.SINK_FLUSH_INTERVAL_MS.read(variables.SINK_FLUSH_INTERVAL_MS ?? '');
  // What is wrong with the variable itself is told with the others. A FIFO queue buffers nothing.
  if (fifo || !('value' in read) || read.value === 0) return;
  const needed = Math.ceil(read.value / 1_000) + FLUSH_SECONDS;
  if (alarmAgeSeconds < needed)
    reader.faults.push(
      `alarmAgeSeconds must be at least ${needed} where SINK_FLUSH_INTERVAL_MS is ${read.value}, got ${alarmAgeSeconds}: buffered lines wait so long while all is well, and checkpoint-age would go off; raise the one or lower the other`,
    );
};

const readVariables = (reader: Reader, sinkName: string, away: boolean): Record<string, string> => {
  const urls = reader.get('opengeminiUrl') ?? [];
  const near = away ? urls.find((url) => /^https?:\/\/(?:localhost|127\.|\[::1\])/.test(url)) : undefined;
  if (near !== undefined)
    reader.faults.push(`opengeminiUrl must be an address that Lambda can reach, and ${near} is this machine`);
  const optional = {
    OPENGEMINI_RETENTION_POLICY: reader.get('retentionPolicy'),
    OPENGEMINI_SECRET_ARN: reader.get('secretArn'),
    SINK_MAPPING: readMapping(reader),
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

/** Only what lies there travels in the package. */
const FILES = 'infra/files/';

const readMapping = (reader: Reader): string | undefined => {
  const mapping = reader.get('mapping');
  if (mapping === undefined || mapping.trimStart().startsWith('{') || mapping.startsWith(FILES)) return mapping;
  reader.faults.push(
    `mapping must be a file under ${FILES}, which travels in the package, got ${JSON.stringify(mapping)}`,
  );
  return undefined;
};

const readQueues = (
  reader: Reader,
): Pick<Parameters, 'fifo' | 'queueArn' | 'deadLetterQueueArn' | 'batchSize' | 'windowSeconds'> => {
  const queueArn = reader.get('queueArn');
  const deadLetterQueueArn = reader.get('deadLetterQueueArn');
  // The type of a queue that is there already shows in its name.
  const fifo = reader.must('fifo') || (queueArn !== undefined && isFifoQueue(queueArn));
  for (const [name, arn] of [
    ['queueArn', queueArn],
    ['deadLetterQueueArn', deadLetterQueueArn],
  ] as const) {
    if (arn !== undefined && isFifoQueue(arn) !== fifo)
      reader.faults.push(`${name} must be a ${fifo ? 'FIFO' : 'standard'} queue, as the other queue is: got ${arn}`);
  }
  const batchSize = reader.must('batchSize');
  const windowSeconds = reader.must('windowSeconds');
  if (!fifo && batchSize > 10 && windowSeconds === 0)
    reader.faults.push('windowSeconds must be at least 1 where batchSize is more than 10: Lambda asks for it');
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
  if ((SubnetIds === undefined) !== (SecurityGroupIds === undefined))
    reader.faults.push('subnetIds and securityGroupIds must be given together');
  const vpc = SubnetIds === undefined || SecurityGroupIds === undefined ? undefined : { SubnetIds, SecurityGroupIds };
  if (!reader.must('vpcEndpoints')) return { vpc, vpcEndpoints: undefined };
  const [vpcId, ...more] = reader.get('vpcId') ?? [];
  const routeTableIds = reader.get('routeTableIds');
  if (vpc === undefined || vpcId === undefined || more.length > 0 || routeTableIds === undefined) {
    reader.faults.push('vpcEndpoints needs subnetIds, securityGroupIds, one vpcId and routeTableIds');
    return { vpc, vpcEndpoints: undefined };
  }
  return { vpc, vpcEndpoints: { vpcId, routeTableIds } };
};
