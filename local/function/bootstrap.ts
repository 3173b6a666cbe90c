import { Agent, request } from 'node:http';
import { pathToFileURL } from 'node:url';
import type { FunctionFault } from './function-error.ts';

/*
 * The inside of a function's process, as Lambda's runtime for Node behaves: resolves the handler string below the task
 * root, imports it once, then asks the Runtime API for one event at a time. It knows its surroundings by environment
 * variables alone, so a packaged function runs in it as one from the sources does. Unlike Lambda's process it is not
 * frozen between two events.
 */

type Handler = (event: unknown, context: object) => unknown;

interface Reply {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** Since Node 24 Lambda refuses handlers that want a callback, and knows them by their length. */
const CALLBACK_PARAMETERS = 3;
/** In Lambda's order; the last is for functions that run from their sources. */
const EXTENSIONS = ['.js', '.mjs', '.cjs', '.ts'] as const;

const environment = process.env as Readonly<Record<string, string>>;
const [host, port] = (environment.AWS_LAMBDA_RUNTIME_API ?? '').split(':');
const agent = new Agent({ keepAlive: true, maxSockets: 1 });

const ask = (method: 'GET' | 'POST', path: string, body = ''): Promise<Reply> =>
  new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const asked = request({ host, port, method, path: `/2018-06-01/runtime${path}`, agent, headers }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () => resolve({ headers: response.headers, body: Buffer.concat(parts).toString() }));
      response.on('error', reject);
    });
    asked.on('error', reject);
    asked.end(body);
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

/** The first file of that name which is there; what it fails to import by itself is its own fault. */
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
  const { _HANDLER = '', LAMBDA_TASK_ROOT = '' } = environment;
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
  functionName: environment.AWS_LAMBDA_FUNCTION_NAME,
  functionVersion: environment.AWS_LAMBDA_FUNCTION_VERSION,
  invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
  memoryLimitInMB: environment.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
  awsRequestId: headers['lambda-runtime-aws-request-id'],
  logGroupName: environment.AWS_LAMBDA_LOG_GROUP_NAME,
  logStreamName: environment.AWS_LAMBDA_LOG_STREAM_NAME,
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
  const next = await ask('GET', '/invocation/next');
  const id = String(next.headers['lambda-runtime-aws-request-id']);
  let response: string;
  try {
    response = toJson(await handler(JSON.parse(next.body), contextOf(next)));
  } catch (thrown) {
    const reported = toFault(thrown);
    console.error(`ERROR Invoke Error ${JSON.stringify(reported)}`);
    await ask('POST', `/invocation/${id}/error`, JSON.stringify(reported));
    return;
  }
  await ask('POST', `/invocation/${id}/response`, response);
};

// Ctrl-C reaches the whole process group; a function is ended by its keeper, and until then may finish.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {});

const loaded = await load();
if (typeof loaded !== 'function') {
  console.error(`ERROR Init Error ${JSON.stringify(loaded)}`);
  await ask('POST', '/init/error', JSON.stringify(loaded));
  process.exit(1);
}
try {
  for (;;) await runNext(loaded);
} catch {
  // The Runtime API is gone, and with it whoever kept this process.
  process.exit(0);
}
