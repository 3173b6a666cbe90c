/** Environment variables and names of a function's process, as Lambda sets them. */

import { randomUUID } from 'node:crypto';
import { LOCAL_REGION } from '../loopback.ts';

/** Settings of a function. */
export interface FunctionSettings {
  readonly functionName: string;
  readonly memoryMb: number;
  /** Environment variables in the configuration of the function. */
  readonly env: Readonly<Record<string, string>>;
  /** Folder that contains the handler's module. Lambda unpacks the package there. */
  readonly taskRoot: string;
  /**
   * Handler string of a template: the module's path below the task root without its extension, a dot, and the export.
   */
  readonly handler: string;
}

/** Names of one process that Lambda derives from the settings. */
export interface FunctionIdentity {
  readonly functionName: string;
  readonly memoryMb: number;
  readonly region: string;
  readonly logStreamName: string;
}

/** Returns the names of a process. Every process gets a new log stream, named in Lambda's format. */
export const identify = ({ functionName, memoryMb, env }: FunctionSettings, now: Date): FunctionIdentity => ({
  functionName,
  memoryMb,
  region: env.AWS_REGION ?? LOCAL_REGION,
  logStreamName: `${now.toISOString().slice(0, 10).replaceAll('-', '/')}/[$LATEST]${randomUUID().replaceAll('-', '')}`,
});

/** Returns a function's environment variables: its own, those of Lambda, and only `PATH` and `HOME` of this process. */
export const functionEnvironment = (
  { env, taskRoot, handler }: FunctionSettings,
  { functionName, memoryMb, region, logStreamName }: FunctionIdentity,
  runtimeApi: string,
): Record<string, string> => {
  const { PATH = '', HOME = '' } = process.env;
  return {
    PATH,
    HOME,
    ...env,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_FUNCTION_NAME: functionName,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMb),
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${functionName}`,
    AWS_LAMBDA_LOG_STREAM_NAME: logStreamName,
    AWS_LAMBDA_RUNTIME_API: runtimeApi,
    LAMBDA_TASK_ROOT: taskRoot,
    _HANDLER: handler,
    TZ: 'UTC',
  };
};
