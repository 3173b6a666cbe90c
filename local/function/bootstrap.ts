/**
 * Main module of a function's process (docs/decisions/0007). It behaves like Lambda's runtime for Node. It resolves the
 * handler string below the task root, imports the handler once, and then requests one event at a time from the Runtime
 * API. Environment variables are its only input, so it runs a packaged function and a function from the sources in the
 * same way. Unlike Lambda's process it is not frozen between two events.
 */

import { Agent, request } from 'node:http';
import { pathToFileURL } from 'node:url';
import type { FunctionFault } from './function-error.ts';

type Handler = (event: unknown, context: object) => unknown;

interface Reply {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** Since Node 24 Lambda refuses handlers with a callback. It recognizes them by this number of parameters. */
const CALLBACK_PARAMETERS = 3;
/** Extensions of handler modules, in Lambda's order. The last one is for functions that run from their sources. */
const EXTENSIONS = ['.js', '.mjs', '.cjs', '.ts'] as const;

const variables = process.env as Readonly<Record<string, string>>;
const [host, port] = (variables.AWS_LAMBDA_RUNTIME_API ?? '').split(':');
const agent = new Agent({ keepAlive: true, maxSockets: 1 });

const call = (method: 'GET' | 'POST', path: string, body = ''): Promise<Reply> =>
  new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const sent = request({ host, port, method, path: `/2018-06-01/runtime${path}`, agent, headers }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () => resolve({ headers: response.headers, body: Buffer.concat(parts).toString() }));
      response.on('error', reject);
    });
    sent.on('error', reject);
    sent.end(body);
  });

const toFault = (thrown: unknown): FunctionFault => {
  if (!(thrown instanceof Error)) return { errorType: typeof thrown, errorMessage: String(thrown), stackTrace: [] };
  return { errorType: thrown.name, errorMessage: thrown.message, stackTrace: (thrown.stack ?? '').split('\n') };
};

const fault = (errorType: string, errorMessage: string): FunctionFault => ({ errorType, errorMessage, stackTrace: [] });

const importFault = (thrown: unknown): FunctionFault => {
  const { code } = (thrown ?? {}) as { code?: unknown };
  if (code === 'ERR_MODULE_NOT_FOUND') return { ...toFault(thrown), errorType: 'Runtime.ImportModuleError' };
  if (thrown instanceof SyntaxError) return { ...toFault(thrown), errorType: 'Runtime.UserCodeSyntaxError' };
  return toFault(thrown);
};

const isMissing = (thrown: unknown, url: string): boolean => {
  const { code, url: missing } = (thrown ?? {}) as { code?: unknown; url?: unknown };
  return code === 'ERR_MODULE_NOT_FOUND' && missing === url;
};

/** Imports the first existing file of that name. If that file fails to import another module, its error is thrown. */
const importModule = async (path: string): Promise<Record<string, unknown>> => {
  for (const extension of EXTENSIONS) {
    const url = pathToFileURL(path + extension).href;
    try {
      return await import(url);
    } catch (thrown) {
      if (!isMissing(thrown, url)) throw thrown;
    }
  }
  throw Object.assign(new Error(`Cannot find module '${path}'`), { code: 'ERR_MODULE_NOT_FOUND' });
};

const load = async (): Promise<Handler | FunctionFault> => {
  const { _HANDLER = '', LAMBDA_TASK_ROOT = '' } = variables;
  const [, path, exportName] = /^([^.].*\/[^/.]+|[^/.]+)\.([^./]+)$/.exec(_HANDLER) ?? [];
  if (path === undefined || exportName === undefined) return fault('Runtime.MalformedHandlerName', 'Bad handler');
  try {
    const handler = (await importModule(`${LAMBDA_TASK_ROOT}/${path}`))[exportName];
    if (typeof handler !== 'function') {
      return fault('Runtime.HandlerNotFound', `${exportName} is undefined or not exported`);
    }
    if (handler.length >= CALLBACK_PARAMETERS) {
      return fault('Runtime.CallbackHandlerDeprecated', 'AWS Lambda has removed support for callback-based handlers.');
    }
    return handler as Handler;
  } catch (thrown) {
    return importFault(thrown);
  }
};

const contextOf = ({ headers }: Reply): object => ({
  callbackWaitsForEmptyEventLoop: true,
  functionName: variables.AWS_LAMBDA_FUNCTION_NAME,
  functionVersion: variables.AWS_LAMBDA_FUNCTION_VERSION,
  invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
  memoryLimitInMB: variables.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
  awsRequestId: headers['lambda-runtime-aws-request-id'],
  logGroupName: variables.AWS_LAMBDA_LOG_GROUP_NAME,
  logStreamName: variables.AWS_LAMBDA_LOG_STREAM_NAME,
  getRemainingTimeInMillis: () => Number(headers['lambda-runtime-deadline-ms']) - Date.now(),
});

const toJson = (response: unknown): string => {
  try {
    return JSON.stringify(response) ?? 'null';
  } catch {
    throw new Error('Unable to stringify response body');
  }
};

const runNext = async (handler: Handler): Promise<void> => {
  const next = await call('GET', '/invocation/next');
  const id = String(next.headers['lambda-runtime-aws-request-id']);
  let response: string;
  try {
    response = toJson(await handler(JSON.parse(next.body), contextOf(next)));
  } catch (thrown) {
    const reported = toFault(thrown);
    console.error(`ERROR Invoke Error ${JSON.stringify(reported)}`);
    await call('POST', `/invocation/${id}/error`, JSON.stringify(reported));
    return;
  }
  await call('POST', `/invocation/${id}/response`, response);
};

// Ctrl-C reaches the whole process group. Only the parent process ends a function, so that the function can complete
// its event.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {});

const loaded = await load();
if (typeof loaded !== 'function') {
  console.error(`ERROR Init Error ${JSON.stringify(loaded)}`);
  await call('POST', '/init/error', JSON.stringify(loaded));
  process.exit(1);
}
try {
  for (;;) await runNext(loaded);
} catch {
  // The Runtime API is unreachable, so the parent process has ended.
  process.exit(0);
}
