/** Invocations over the protocol of Lambda. Covers the functions of `local/lambda-api.ts`. */

import { InvokeCommand, type InvokeCommandInput, LambdaClient } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { functionError } from '../../local/function/function-error.ts';
import { type LambdaApi, startLambdaApi } from '../../local/lambda-api.ts';
import { emulatorAccess } from '../../local/loopback.ts';

const source = { concurrency: 2, limitTo: () => undefined };
const events: unknown[] = [];

let api: LambdaApi;
let client: LambdaClient;
beforeAll(async () => {
  api = await startLambdaApi(source, 0, {
    echo: async (event) => {
      events.push(event);
      return event;
    },
    nothing: async () => undefined,
    failing: async () => {
      throw functionError('Sandbox.Timedout', 'Task timed out after 60.00 seconds');
    },
  });
  client = new LambdaClient({ ...emulatorAccess(api.endpoint), maxAttempts: 1 });
});
afterAll(async () => {
  client.destroy();
  await api.close();
});

const invoke = async (FunctionName: string, more: Partial<InvokeCommandInput> = {}) => {
  const response = await client.send(new InvokeCommand({ FunctionName, ...more }));
  return { error: response.FunctionError, payload: JSON.parse(response.Payload?.transformToString() ?? '') };
};

test('a function is invoked with its event, and its response is returned', async () => {
  expect(await invoke('echo', { Payload: '{"a":[1]}' })).toEqual({ error: undefined, payload: { a: [1] } });
  expect(await invoke('echo')).toEqual({ error: undefined, payload: {} });
  expect(await invoke('nothing')).toEqual({ error: undefined, payload: null });
  expect(events).toEqual([{ a: [1] }, {}]);
});

test('the error of a function is a response with its type and message', async () => {
  expect(await invoke('failing')).toEqual({
    error: 'Unhandled',
    payload: { errorType: 'Sandbox.Timedout', errorMessage: 'Task timed out after 60.00 seconds' },
  });
});

test.each<[string, Partial<InvokeCommandInput>, string]>([
  ['another', {}, 'ResourceNotFoundException'],
  ['echo', { InvocationType: 'DryRun' }, 'InvalidParameterValueException'],
  ['echo', { Payload: '{' }, 'InvalidRequestContentException'],
])('an invocation of "%s" with %j fails', async (name, more, error) => {
  await expect(invoke(name, more)).rejects.toMatchObject({ name: error });
});

test('an event is accepted at once, and the function gets it', async () => {
  events.length = 0;
  const { StatusCode, Payload } = await client.send(
    new InvokeCommand({ FunctionName: 'echo', InvocationType: 'Event', Payload: '{"b":2}' }),
  );
  expect([StatusCode, Payload?.transformToString() ?? '']).toEqual([202, '']);
  await expect.poll(() => events).toEqual([{ b: 2 }]);
  const failed = await client.send(new InvokeCommand({ FunctionName: 'failing', InvocationType: 'Event' }));
  expect([failed.StatusCode, failed.FunctionError]).toEqual([202, undefined]);
});
