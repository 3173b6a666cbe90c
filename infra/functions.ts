/**
 * The two functions, as `functions` of serverless.yml. They contain every setting, so that an upgrade of the package also
 * upgrades the runtime, and settings of a user's other functions do not apply to them.
 */

import { sub } from './cloudformation.ts';
import type { Parameters } from './deployment.ts';
import type { FunctionName } from './names.ts';
import { roleResource } from './roles.ts';
import { type EventSource, settings } from './service.ts';

/** A function as the Framework declares it. */
export interface FunctionDeclaration {
  readonly handler: string;
  readonly description: string;
  readonly runtime: string;
  readonly architecture: string;
  readonly memorySize: number;
  readonly timeout: number;
  readonly role: unknown;
  readonly environment: Readonly<Record<string, unknown>>;
  readonly logRetentionInDays: number;
  readonly logs: { readonly logFormat: string };
  readonly versionFunction: boolean;
  readonly package: { readonly individually: boolean; readonly patterns: readonly string[] };
}

/** The function that the queue invokes. */
export interface IngestDeclaration extends FunctionDeclaration {
  readonly events: readonly [{ readonly sqs: EventSource }];
}

/** The function that the schedule invokes. */
export interface FlushDeclaration extends FunctionDeclaration {
  readonly maximumRetryAttempts: number;
  /** In seconds. */
  readonly maximumEventAge: number;
  readonly events: readonly [{ readonly schedule: string }];
}

/**
 * Shortest time limit of the flush function. While it waits for openGemini, a run lasts until the schedule starts the next
 * one (docs/decisions/0047), and has time for its last pass after that.
 */
const FLUSH_TIMEOUT_SECONDS = 75;

/** Returns the declarations of both functions. The bundles are in `dist/NAME`, where `build` writes them. */
export const functions = (
  parameters: Parameters,
): { readonly ingest: IngestDeclaration; readonly flush: FlushDeclaration } => {
  const { eventSource, ingestVariables, flushVariables, ...shared } = settings(parameters);
  return {
    ingest: {
      ...declaration('ingest', { ...shared, variables: { ...shared.variables, ...ingestVariables } }),
      description: 'Writes batches of SQS messages to openGemini.',
      events: [{ sqs: eventSource }],
    },
    flush: {
      ...declaration('flush', { ...shared, variables: { ...shared.variables, ...flushVariables } }),
      description: 'Writes the backlog in the state table to openGemini.',
      timeout: Math.max(shared.timeoutSeconds, FLUSH_TIMEOUT_SECONDS),
      // A missed run is not repeated, because the next run does its work.
      maximumRetryAttempts: 0,
      maximumEventAge: 60,
      events: [{ schedule: 'rate(1 minute)' }],
    },
  };
};

type Shared = Omit<ReturnType<typeof settings>, 'eventSource' | 'ingestVariables' | 'flushVariables'>;

const declaration = (
  name: FunctionName,
  { memoryMb, timeoutSeconds, logRetentionDays, variables, files }: Shared,
): Omit<FunctionDeclaration, 'description'> => ({
  handler: `dist/${name}/index.handler`,
  runtime: 'nodejs24.x',
  architecture: 'arm64',
  memorySize: memoryMb,
  timeout: timeoutSeconds,
  role: sub(`\${${roleResource(name)}.Arn}`),
  environment: variables,
  logRetentionInDays: logRetentionDays,
  logs: { logFormat: 'JSON' },
  // Otherwise every deployment would keep a version of each function forever.
  versionFunction: false,
  package: { individually: true, patterns: ['!**', `dist/${name}/**`, ...files] },
});
