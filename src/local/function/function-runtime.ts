import { LOCAL_ACCOUNT } from '../loopback.ts';
import type { FromFunction, FunctionFault, FunctionIdentity, ToFunction } from './function-protocol.ts';

/*
 * The inside of a function's process: imports the handler once, then runs one event at a time. Unlike Lambda it is
 * not frozen between two events.
 */

type Handler = (event: unknown, context: object) => unknown;

/** Since Node 24 Lambda refuses handlers that want a callback, and knows them by their length. */
const CALLBACK_PARAMETERS = 3;

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

const send = (message: FromFunction): Promise<void> =>
  new Promise((resolve) => {
    // A keeper that is gone cannot be told; the disconnect ends this process.
    if (!process.send?.(message, undefined, {}, () => resolve())) resolve();
  });

const contextOf = (identity: FunctionIdentity, requestId: string, deadlineMs: number): object => ({
  callbackWaitsForEmptyEventLoop: true,
  functionName: identity.functionName,
  functionVersion: '$LATEST',
  invokedFunctionArn: `arn:aws:lambda:${identity.region}:${LOCAL_ACCOUNT}:function:${identity.functionName}`,
  memoryLimitInMB: String(identity.memoryMb),
  awsRequestId: requestId,
  logGroupName: `/aws/lambda/${identity.functionName}`,
  logStreamName: identity.logStreamName,
  getRemainingTimeInMillis: () => deadlineMs - Date.now(),
});

const load = async (module: string, exportName: string): Promise<Handler | FunctionFault> => {
  try {
    const handler: unknown = (await import(module))[exportName];
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

const toJson = (response: unknown): string => {
  try {
    return JSON.stringify(response) ?? 'null';
  } catch {
    throw new Error('Unable to stringify response body');
  }
};

const run = async (handler: Handler, event: string, context: object): Promise<FromFunction> => {
  try {
    return { kind: 'answer', response: toJson(await handler(JSON.parse(event), context)) };
  } catch (thrown) {
    const reported = toFault(thrown);
    console.error(`ERROR Invoke Error ${JSON.stringify(reported)}`);
    return { kind: 'fault', fault: reported };
  }
};

let handler: Handler | undefined;
let identity: FunctionIdentity | undefined;

const onMessage = async (message: ToFunction): Promise<void> => {
  if (message.kind === 'init') {
    identity = message.identity;
    const loaded = await load(message.module, message.exportName);
    if (typeof loaded === 'function') {
      handler = loaded;
      return send({ kind: 'ready' });
    }
    console.error(`ERROR Init Error ${JSON.stringify(loaded)}`);
    await send({ kind: 'init-failed', fault: loaded });
    process.exit(1);
  }
  if (!handler || !identity) throw new Error('An event came before the handler was loaded.');
  await send(await run(handler, message.event, contextOf(identity, message.requestId, message.deadlineMs)));
};

process.on('message', (message: ToFunction) => void onMessage(message));
process.on('disconnect', () => process.exit(0));
// Ctrl-C reaches the whole process group; a function is ended by its keeper, and until then may finish.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {});
