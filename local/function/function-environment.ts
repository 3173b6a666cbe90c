import { randomUUID } from 'node:crypto';
import { LOCAL_REGION } from '../loopback.ts';

export interface FunctionSettings {
  readonly functionName: string;
  readonly memoryMb: number;
  readonly env: Readonly<Record<string, string>>;
  /** Folder that the handler is looked for in; Lambda unpacks a package to it. */
  readonly taskRoot: string;
  /** As a template names it: path of the module below the task root, without its extension, a dot, and the export. */
  readonly handler: string;
}

export interface FunctionIdentity {
  readonly functionName: string;
  readonly memoryMb: number;
  readonly region: string;
  readonly logStreamName: string;
}

/** A new log stream for every process, as Lambda names them. */
export const identify = ({ functionName, memoryMb, env }: FunctionSettings, now: Date): FunctionIdentity => ({
  functionName,
  memoryMb,
  region: env.AWS_REGION ?? LOCAL_REGION,
  logStreamName: `${now.toISOString().slice(0, 10).replaceAll('-', '/')}/[$LATEST]${randomUUID().replaceAll('-', '')}`,
});

/** What a function sees: its own variables, those that Lambda sets, and of this process only where programs and home are. */
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
