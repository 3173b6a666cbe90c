/**
 * Computes settings of the functions, and all resources that are not functions (docs/decisions/0011).
 */

import { ConfigError, readConfig } from '../src/config/config.ts';
import { alarms } from './alarms.ts';
import { type Part, ref, when } from './cloudformation.ts';
import { dashboard } from './dashboard.ts';
import type { Parameters } from './deployment.ts';
import { withMappingFile } from './mapping-file.ts';
import {
  capitalized,
  deadLetterQueueUrl,
  eventQueueArn,
  eventSourceResource,
  FUNCTIONS,
  functionResource,
  named,
  tableName,
} from './names.ts';
import { invokesFlush, network } from './network.ts';
import { packagedFiles, packagedVariables } from './packaged-files.ts';
import { ParameterError } from './parameters.ts';
import { queues } from './queues.ts';
import { roles } from './roles.ts';
import { senderPolicy } from './senders.ts';
import { table } from './table.ts';

/**
 * Returns the settings of the functions. `ingestVariables`, `flushVariables`, and `eventSource` belong to one function each.
 * `files` are patterns for the package of both.
 */
export const settings = (parameters: Parameters) => ({
  memoryMb: parameters.memoryMb,
  timeoutSeconds: parameters.timeoutSeconds,
  logRetentionDays: parameters.logRetentionDays,
  variables: variables(parameters),
  ingestVariables: invokesFlush(parameters) ? { SINK_FLUSH_FUNCTION: named(parameters, 'flush') } : {},
  flushVariables: parameters.moveMaximumConcurrency
    ? { SINK_EVENT_SOURCE_MAPPING: ref(eventSourceResource(parameters)) }
    : {},
  eventSource: eventSource(parameters),
  files: packagedFiles(parameters.variables),
});

/** Settings of the event source mapping, as the Framework declares them. */
export interface EventSource {
  readonly arn: unknown;
  readonly batchSize: number;
  /** In seconds. FIFO queues have none. */
  readonly maximumBatchingWindow?: number;
  readonly maximumConcurrency: number;
  readonly functionResponseType: string;
}

const eventSource = (parameters: Parameters): EventSource => {
  const { batchSize, windowSeconds, maximumConcurrency } = parameters;
  return {
    arn: eventQueueArn(parameters),
    batchSize,
    ...(windowSeconds === undefined ? {} : { maximumBatchingWindow: windowSeconds }),
    maximumConcurrency,
    // Without it, Lambda treats every response as success and deletes messages that the function has returned.
    functionResponseType: 'ReportBatchItemFailures',
  };
};

/** Limit of Lambda for the names and values of all environment variables, in bytes. */
const VARIABLES_BYTES_MAX = 4_096;
/** Reserve for the values of references, which are known only after deployment: URL of a queue, name of a table. */
const REFERENCES_BYTES = 512;

const variables = (parameters: Parameters): Readonly<Record<string, unknown>> => {
  const plain = {
    ...packagedVariables(parameters.variables),
    NODE_OPTIONS: '--enable-source-maps',
    ...when(parameters.tracing, { POWERTOOLS_TRACE_ENABLED: 'true' }),
  };
  checkVariables(plain, parameters.variables.SINK_MAPPING);
  return { ...plain, STATE_TABLE: tableName(parameters), DEAD_LETTER_QUEUE_URL: deadLetterQueueUrl(parameters) };
};

/**
 * Throws if the configuration is invalid. Every invocation of the function would fail, so the deployment must fail
 * instead.
 *
 * @param mapping - Mapping as the user names it, so that faults name the user's file.
 */
const checkVariables = (plain: Readonly<Record<string, string>>, mapping: string | undefined): void => {
  const bytes = Object.entries(plain).reduce((sum, entry) => sum + Buffer.byteLength(entry.join('')), REFERENCES_BYTES);
  if (bytes > VARIABLES_BYTES_MAX)
    throw new ParameterError([
      `mapping and variables must have at most ${VARIABLES_BYTES_MAX} bytes together, the limit of Lambda, got ${bytes}. Put the mapping into a file.`,
    ]);
  try {
    const checked = { ...plain, SINK_MAPPING: mapping, STATE_TABLE: 'table', DEAD_LETTER_QUEUE_URL: 'https://queue' };
    withMappingFile(checked, (variables) => readConfig(variables));
  } catch (error) {
    throw error instanceof ConfigError ? new ParameterError(error.faults) : error;
  }
};

const PARTS = [queues, senderPolicy, table, roles, network, alarms, dashboard] as const;

/** Returns the names with which the command line finds logs and state of the sink. */
const sinkOutputs = (parameters: Parameters): NonNullable<Part['Outputs']> => ({
  SinkName: { Description: 'Name of the sink in the state table.', Value: parameters.variables.SINK_NAME },
  ...Object.fromEntries(
    FUNCTIONS.map((name) => [
      `${capitalized(name)}FunctionName`,
      { Description: `Name of the ${name} function, and of its log group.`, Value: named(parameters, name) },
    ]),
  ),
});

/** Returns all resources and outputs of the stack that are not functions, and the extensions of the functions. */
export const resources = (parameters: Parameters) => {
  const parts = PARTS.map((part): Part => part(parameters));
  return {
    Resources: Object.assign({}, ...parts.map((part) => part.Resources)),
    Outputs: Object.assign(sinkOutputs(parameters), ...parts.map((part) => part.Outputs)),
    extensions: extensions(parameters),
  };
};

type Extensions = Readonly<Record<string, { readonly Properties: Readonly<Record<string, unknown>> }>>;

/** Returns the properties of the functions that only some stacks have. */
const extensions = ({ vpc, kmsKeyArn, tracing }: Parameters): Extensions => {
  const Properties = {
    ...when(vpc, { VpcConfig: vpc }),
    ...when(kmsKeyArn, { KmsKeyArn: kmsKeyArn }),
    ...when(tracing, { TracingConfig: { Mode: 'Active' } }),
  };
  if (Object.keys(Properties).length === 0) return {};
  return Object.fromEntries(FUNCTIONS.map((name) => [functionResource(name), { Properties }]));
};
