/** `check --live`: checks what the configuration reaches. It changes nothing. */

import { GetFunctionConfigurationCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { systemClock } from '../../src/adapters/clock.ts';
import { fixedCredentials, secretCredentials } from '../../src/adapters/secrets.ts';
import type { Config } from '../../src/config/config.ts';
import { type SinkNameOptions, type SinkNames, sinkNames } from '../sink-names.ts';
import { type Finding, findingsOf } from './finding.ts';
import { queueChecks } from './queue-checks.ts';
import { serverChecks } from './server-checks.ts';
import { tableChecks } from './table-checks.ts';
import { targetsOf } from './targets.ts';

/** Options that name what is checked in addition to openGemini. */
export interface LiveCheckOptions extends SinkNameOptions {
  /** Time limit of the ingest function in seconds. */
  readonly timeout?: number;
}

/** Makes all checks. Throws a `UsageError` only for a fault in the call. */
export const liveCheck = async (config: Config, options: LiveCheckOptions): Promise<readonly Finding[]> => {
  const names = await sinkNames(options);
  const { credentials, secretArn, timeoutMs } = config.opengemini;
  const source = secretArn === undefined ? fixedCredentials(credentials) : secretCredentials(secretArn, timeoutMs);
  const { queueUrl, deadLetterQueueUrl } = names;
  const timeoutSeconds = options.timeout ?? (await deployedTimeout(names));
  return [
    ...(await serverChecks({
      opengemini: config.opengemini,
      credentials: source,
      targets: targetsOf(config),
      clock: systemClock,
    })),
    ...(await queueChecks({ queueUrl, deadLetterQueueUrl, timeoutSeconds })),
    ...(await tableChecks(names.table, names.dynamodbEndpoint)),
    findingsOf('roles').notChecked('rights', 'the roles of the functions are not simulated'),
  ];
};

/** Returns the time limit of the deployed function, or undefined if its name is unknown or it cannot be read. */
const deployedTimeout = async ({ ingestFunction }: SinkNames): Promise<number | undefined> => {
  if (ingestFunction === undefined) return undefined;
  const client = new LambdaClient({});
  try {
    const command = new GetFunctionConfigurationCommand({ FunctionName: ingestFunction });
    return (await client.send(command)).Timeout;
  } catch {
    return undefined;
  } finally {
    client.destroy();
  }
};
