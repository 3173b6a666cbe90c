/** What serverless.yml asks of this folder: settings of the functions, and everything of the stack that is no function. */

import { ConfigError, readConfig } from '../src/config/config.ts';
import { alarms } from './alarms.ts';
import { type Part, ref, when } from './cloudformation.ts';
import { dashboard } from './dashboard.ts';
import {
  deadLetterQueueUrl,
  eventQueueArn,
  eventSourceResource,
  FUNCTIONS,
  functionResource,
  tableName,
} from './names.ts';
import { network } from './network.ts';
import { ParameterError, type Parameters } from './parameters.ts';
import { queues } from './queues.ts';
import { roles } from './roles.ts';
import { table } from './table.ts';

/** Of both functions, and of one. */
export const settings = (parameters: Parameters) => ({
  memoryMb: parameters.memoryMb,
  timeoutSeconds: parameters.timeoutSeconds,
  logRetentionDays: parameters.logRetentionDays,
  variables: variables(parameters),
  flushVariables: parameters.moveMaximumConcurrency
    ? { SINK_EVENT_SOURCE_MAPPING: ref(eventSourceResource(parameters)) }
    : {},
  eventSource: eventSource(parameters),
});

const eventSource = ({ batchSize, windowSeconds, maximumConcurrency, ...parameters }: Parameters) => ({
  arn: eventQueueArn({ batchSize, windowSeconds, maximumConcurrency, ...parameters }),
  batchSize,
  ...(windowSeconds === undefined ? {} : { maximumBatchingWindow: windowSeconds }),
  maximumConcurrency,
  // Without it Lambda takes the answer for success, and deletes what the function has returned.
  functionResponseType: 'ReportBatchItemFailures',
});

/** Lambda's limit for names and values together. */
const VARIABLES_BYTES_MAX = 4_096;
/** What references become: an address of a queue, a name of a table. */
const REFERENCES_BYTES = 512;

const variables = (parameters: Parameters): Readonly<Record<string, unknown>> => {
  const plain = {
    ...parameters.variables,
    NODE_OPTIONS: '--enable-source-maps',
    ...when(parameters.tracing, { POWERTOOLS_TRACE_ENABLED: 'true' }),
  };
  checkVariables(plain);
  return { ...plain, STATE_TABLE: tableName(parameters), DEAD_LETTER_QUEUE_URL: deadLetterQueueUrl(parameters) };
};

/** A function with a faulty configuration fails every invocation: better that the deployment fails. */
const checkVariables = (plain: Readonly<Record<string, string>>): void => {
  const bytes = Object.entries(plain).reduce((sum, entry) => sum + Buffer.byteLength(entry.join('')), REFERENCES_BYTES);
  if (bytes > VARIABLES_BYTES_MAX)
    throw new ParameterError([
      `mapping and variables together have ${bytes} bytes, and Lambda allows ${VARIABLES_BYTES_MAX}: put the mapping into a file under infra/files/`,
    ]);
  try {
    readConfig({ ...plain, STATE_TABLE: 'table', DEAD_LETTER_QUEUE_URL: 'https://queue' });
  } catch (error) {
    throw error instanceof ConfigError ? new ParameterError(error.faults) : error;
  }
};

const PARTS = [queues, table, roles, network, alarms, dashboard] as const;

export const resources = (parameters: Parameters) => {
  const parts = PARTS.map((part): Part => part(parameters));
  return {
    Resources: Object.assign({}, ...parts.map((part) => part.Resources)),
    Outputs: Object.assign({}, ...parts.map((part) => part.Outputs)),
    extensions: extensions(parameters),
  };
};

/** Properties of functions that only some stacks have. */
const extensions = ({ vpc, kmsKeyArn, tracing }: Parameters): Readonly<Record<string, unknown>> => {
  const Properties = {
    ...when(vpc, { VpcConfig: vpc }),
    ...when(kmsKeyArn, { KmsKeyArn: kmsKeyArn }),
    ...when(tracing, { TracingConfig: { Mode: 'Active' } }),
  };
  if (Object.keys(Properties).length === 0) return {};
  return Object.fromEntries(FUNCTIONS.map((name) => [functionResource(name), { Properties }]));
};
