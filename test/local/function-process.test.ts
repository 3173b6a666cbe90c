/** Tests of `local/function/`: processes of functions, and the pool that invokes them. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startEventSource } from '../../local/event-source/event-source.ts';
import {
  createFunctionPool,
  type FunctionPool,
  type FunctionPoolOptions,
} from '../../local/function/function-process.ts';
import { useQueues } from './source.ts';

const FUNCTIONS = fileURLToPath(new URL('./functions', import.meta.url));

const pools: FunctionPool[] = [];
let lines: string[] = [];

const start = (exportName: string, options: Partial<FunctionPoolOptions> = {}): FunctionPool => {
  const pool = createFunctionPool({
    taskRoot: FUNCTIONS,
    handler: `trials.${exportName}`,
    env: {},
    timeoutMs: 5_000,
    memoryMb: 256,
    functionName: 'trial',
    concurrency: 2,
    onLogLine: (line) => lines.push(line),
    ...options,
  });
  pools.push(pool);
  return pool;
};

beforeEach(() => {
  lines = [];
});
afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close()));
});

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe('a handler', () => {
  test('a handler gets the event and returns its response, both converted to JSON', async () => {
    expect(await start('echo').invoke({ text: 'é😀', when: new Date(0), none: undefined })).toEqual({
      text: 'é😀',
      when: '1970-01-01T00:00:00.000Z',
    });
    expect(await start('oddResponse').invoke({})).toStrictEqual({
      when: '1970-01-01T00:00:00.000Z',
      nan: null,
      map: {},
    });
    expect(await start('noResponse').invoke({})).toBeNull();
  });

  test('a handler gets a context like that of Lambda, with its remaining time', async () => {
    const context = await start('describe', { timeoutMs: 3_000, memoryMb: 512 }).invoke({});
    expect(context).toMatchObject({
      functionName: 'trial',
      functionVersion: '$LATEST',
      invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:trial',
      memoryLimitInMB: '512',
      awsRequestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      logGroupName: '/aws/lambda/trial',
      logStreamName: expect.stringMatching(/^\d{4}\/\d\d\/\d\d\/\[\$LATEST\][0-9a-f]{32}$/),
    });
    const { remainingMs } = context as { remainingMs: number };
    expect(remainingMs).toBeGreaterThan(2_500);
    expect(remainingMs).toBeLessThanOrEqual(3_000);
  });

  test('a handler has its own environment variables and those of Lambda, but none of the parent process', async () => {
    process.env.SECRET_OF_THE_PARENT = 'x';
    const seen = await start('environment', { env: { MINE: 'yes', AWS_REGION: 'eu-west-1' } }).invoke({});
    delete process.env.SECRET_OF_THE_PARENT;
    expect(Object.keys(seen as object).sort()).toEqual([
      'AWS_DEFAULT_REGION',
      'AWS_EXECUTION_ENV',
      'AWS_LAMBDA_FUNCTION_MEMORY_SIZE',
      'AWS_LAMBDA_FUNCTION_NAME',
      'AWS_LAMBDA_FUNCTION_VERSION',
      'AWS_LAMBDA_INITIALIZATION_TYPE',
      'AWS_LAMBDA_LOG_GROUP_NAME',
      'AWS_LAMBDA_LOG_STREAM_NAME',
      'AWS_LAMBDA_RUNTIME_API',
      'AWS_REGION',
      'HOME',
      'LAMBDA_TASK_ROOT',
      'MINE',
      'PATH',
      'TZ',
      '_HANDLER',
    ]);
    expect(seen).toMatchObject({ MINE: 'yes', AWS_REGION: 'eu-west-1', AWS_LAMBDA_FUNCTION_NAME: 'trial' });
  });

  test('a handler is loaded from below the task root by its handler string', async () => {
    const taskRoot = fileURLToPath(new URL('..', import.meta.url));
    expect(await start('echo', { taskRoot, handler: 'local/functions/trials.echo' }).invoke(1)).toBe(1);
  });

  test('a handler has the task root as its working directory, as in Lambda', async () => {
    expect(await start('whereAmI').invoke({})).toBe(FUNCTIONS);
  });

  test('a handler accepts an event of 6 MiB, and a larger event is refused', async () => {
    const pool = start('countCalls');
    await pool.invoke('x'.repeat(6_291_454));
    await expect(pool.invoke('x'.repeat(6_291_455))).rejects.toMatchObject({
      errorType: 'RequestEntityTooLargeException',
    });
  });
});

describe('failed invocations', () => {
  interface Row {
    readonly when: string;
    readonly exportName: string;
    readonly event?: unknown;
    readonly error: { readonly errorType: string; readonly message: string };
  }
  const ended = (message: string) => ({ errorType: 'Runtime.ExitError', message });
  const rows: readonly Row[] = [
    {
      when: 'the handler throws an error',
      exportName: 'throwRangeError',
      error: { errorType: 'RangeError', message: 'that is too far' },
    },
    {
      when: 'the handler throws a value that is not an error',
      exportName: 'throwText',
      error: { errorType: 'string', message: 'plain text' },
    },
    {
      when: 'the process exits with a code',
      exportName: 'exitWith',
      event: { code: 7 },
      error: ended('Runtime exited with error: exit status 7'),
    },
    {
      when: 'the process exits with code 0',
      exportName: 'exitWith',
      event: { code: 0 },
      error: ended('Runtime exited without providing a reason'),
    },
    {
      when: 'a rejection is not handled',
      exportName: 'leaveRejection',
      error: ended('Runtime exited with error: exit status 1'),
    },
    {
      when: 'the memory is full',
      exportName: 'fillMemory',
      error: ended('Runtime exited with error: signal: SIGABRT'),
    },
    {
      when: 'the response cannot be converted to JSON',
      exportName: 'circularResponse',
      error: { errorType: 'Error', message: 'Unable to stringify response body' },
    },
    {
      when: 'the response exceeds 6 MiB',
      exportName: 'hugeResponse',
      error: {
        errorType: 'Function.ResponseSizeTooLarge',
        message: 'Response payload size exceeded maximum allowed payload size (6291556 bytes).',
      },
    },
    {
      when: 'the handler is not exported',
      exportName: 'missing',
      error: { errorType: 'Runtime.HandlerNotFound', message: 'missing is undefined or not exported' },
    },
    {
      when: 'the handler is not a function',
      exportName: 'notAFunction',
      error: { errorType: 'Runtime.HandlerNotFound', message: 'notAFunction is undefined or not exported' },
    },
    {
      when: 'the handler takes a callback',
      exportName: 'withCallback',
      error: {
        errorType: 'Runtime.CallbackHandlerDeprecated',
        message: 'AWS Lambda has removed support for callback-based handlers.',
      },
    },
  ];

  test.each(rows)('an invocation fails when $when', async ({ exportName, event = {}, error }) => {
    const pool = start(exportName, { memoryMb: 64 });
    await expect(pool.invoke(event)).rejects.toMatchObject({ name: 'FunctionError', ...error });
    expect(pool.stats()).toMatchObject({ failures: 1, busy: 0 });
  });

  test('an invocation fails when the module throws while it is loaded, and the next invocation loads it again', async () => {
    const pool = start('handler', { handler: 'broken-import.handler' });
    const error = { errorType: 'TypeError', message: 'configuration is missing' };
    await expect(pool.invoke({})).rejects.toMatchObject(error);
    await expect(pool.invoke({})).rejects.toMatchObject(error);
    expect(pool.stats()).toMatchObject({ started: 2, processes: 0 });
  });

  test.each(['', 'nodot', '/abs.handler', '../up.handler'])(
    'an invocation fails for the malformed handler string "%s"',
    async (handler) => {
      await expect(start('echo', { handler }).invoke({})).rejects.toMatchObject({
        errorType: 'Runtime.MalformedHandlerName',
      });
    },
  );

  test('an invocation fails with the name of the module that the handler fails to import', async () => {
    await expect(start('handler', { handler: 'missing-import.handler' }).invoke({})).rejects.toMatchObject({
      errorType: 'Runtime.ImportModuleError',
      message: expect.stringContaining('not-there.ts'),
    });
  });

  test('an invocation fails when the module of the handler does not exist', async () => {
    const pool = start('handler', { handler: 'nowhere.handler' });
    await expect(pool.invoke({})).rejects.toMatchObject({ errorType: 'Runtime.ImportModuleError' });
  });

  test.each(['neverEnd', 'spinForever'])(
    'an invocation fails at its timeout, and its process is killed (%s)',
    async (exportName) => {
      const pool = start(exportName, { timeoutMs: 250 });
      await expect(pool.invoke({})).rejects.toMatchObject({
        errorType: 'Sandbox.Timedout',
        message: 'Task timed out after 0.25 seconds',
      });
      expect(pool.stats()).toMatchObject({ processes: 0, failures: 1 });
    },
  );
});

describe('a process', () => {
  test('a process is used again, also after the handler threw', async () => {
    const pool = start('countCalls');
    expect(await pool.invoke({})).toMatchObject({ calls: 1 });
    expect(await pool.invoke({})).toMatchObject({ calls: 2 });
    const throwing = start('throwText');
    await expect(throwing.invoke({})).rejects.toThrow();
    await expect(throwing.invoke({})).rejects.toThrow();
    expect([pool.stats().started, throwing.stats().started]).toEqual([1, 1]);
  });

  test('after a reload a running event ends in its process, and later events get new processes with the new variables', async () => {
    const pool = start('holdFor', { env: { PART: 'old' } });
    const [idle, running] = [pool.invoke({ ms: 0 }), pool.invoke({ ms: 1_000 })];
    const { pid: idlePid } = (await idle) as { pid: number };
    pool.reload({ PART: 'new' });
    const { pid: newPid } = (await pool.invoke({ ms: 0 })) as { pid: number };
    const { pid: runningPid } = (await running) as { pid: number };
    expect(new Set([idlePid, runningPid, newPid]).size).toBe(3);
    await expect.poll(() => [idlePid, runningPid].some(isAlive)).toBe(false);
    expect(isAlive(newPid)).toBe(true);

    const environment = start('environment', { env: { PART: 'old' } });
    expect(await environment.invoke({})).toMatchObject({ PART: 'old' });
    environment.reload({ PART: 'new' });
    expect(await environment.invoke({})).toMatchObject({ PART: 'new' });
  });

  test('processes are started for concurrent events up to the concurrency, and further events wait', async () => {
    const pool = start('holdFor');
    const responses = Promise.all([200, 200, 1, 1].map((ms) => pool.invoke({ ms })));
    await expect.poll(() => pool.stats()).toMatchObject({ busy: 2, waiting: 2, processes: 2 });
    const pids = (await responses).map((response) => (response as { pid: number }).pid);
    expect(new Set(pids).size).toBe(2);
    expect(pool.stats()).toMatchObject({ started: 2, busy: 0, waiting: 0 });
  });

  test('a process that ended while it was idle is replaced', async () => {
    const pool = start('countCalls');
    const { pid } = (await pool.invoke({})) as { pid: number };
    process.kill(pid, 'SIGKILL');
    await expect.poll(() => pool.stats().processes).toBe(0);
    expect(await pool.invoke({})).toMatchObject({ calls: 1 });
    expect(pool.stats()).toMatchObject({ started: 2, failures: 0 });
  });

  test('a process is not frozen between two events, unlike in Lambda', async () => {
    const pool = start('tick');
    expect(await pool.invoke({})).toBe(0);
    await expect.poll(() => pool.invoke({})).toBeGreaterThan(2);
    expect(pool.stats().started).toBe(1);
  });

  test('all log lines of a process are read, from both streams and without a final newline', async () => {
    await expect(start('print').invoke({})).rejects.toThrow();
    expect(lines.toSorted()).toEqual(['no end of line', 'to stderr', 'to stdout']);
  });

  test('closing the pool ends a process, and its invocation fails', async () => {
    const pool = start('neverEnd');
    const failed = expect(pool.invoke({})).rejects.toMatchObject({ errorType: 'Runtime.ExitError' });
    await expect.poll(() => pool.stats().processes).toBe(1);
    await pool.close();
    await failed;
    expect(pool.stats().processes).toBe(0);
    await expect(pool.invoke({})).rejects.toThrow('The function is closed.');
  });

  test('a process ends when its parent process is killed', async () => {
    const parent = spawn(process.execPath, [fileURLToPath(new URL('./functions/parent.ts', import.meta.url))]);
    const [line] = await once(createInterface({ input: parent.stdout }), 'line');
    const { pid } = JSON.parse(line) as { pid: number };
    expect(isAlive(pid)).toBe(true);
    parent.kill('SIGKILL');
    await expect.poll(() => isAlive(pid)).toBe(false);
  });
});

describe('a function with an event source', () => {
  const { createQueues, sendBodies, depth } = useQueues();

  test('no message is deleted when the process of the function ends', async () => {
    const queues = await createQueues();
    await sendBodies(queues.queueUrl, ['a', 'b', 'c']);
    const pool = start('exitWith');
    const { queueUrl, queueArn, endpoint } = queues;
    const settings = { batchSize: 10, windowMs: 0, concurrency: 1, functionTimeoutMs: 1_000 };
    const source = await startEventSource({ queueUrl, queueArn, endpoint, ...settings, invoke: pool.invoke });
    await expect.poll(() => source.stats().invocationsFailed).toBe(1);
    await source.stop();
    expect(source.stats()).toMatchObject({ deleted: 0, returned: 3 });
    expect(await depth(queues.queueUrl)).toEqual([0, 3]);
  });
});
