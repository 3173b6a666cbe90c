/**
 * The parts of Lambda's API that invoke a function, and that read and change the limit of an event source mapping, on
 * this machine.
 */

import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { LIMIT_MAX, LIMIT_MIN } from '../src/controller/concurrency-step.ts';
import { FunctionError } from './function/function-error.ts';
import { LOOPBACK_HOST } from './loopback.ts';

/** An event source with a limit that can be changed. */
export interface LimitedSource {
  /** Limit in force: concurrent invocations, at most. */
  readonly concurrency: number;
  limitTo(concurrency: number): void;
}

/** Invokes a function with an event. Rejects with an error of the function. */
export type Invoke = (event: unknown) => Promise<unknown>;

/** A running API. */
export interface LambdaApi {
  readonly endpoint: string;
  /** Id of the only event source mapping. */
  readonly mappingId: string;
  close(): Promise<void>;
}

const MAPPING_ID = '00000000-0000-4000-8000-000000000001';
const MAPPING_PATH = `/2015-03-31/event-source-mappings/${MAPPING_ID}`;
const INVOCATIONS_PATH = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/;

interface ApiResponse {
  readonly status: number;
  readonly body: unknown;
  readonly error?: string;
  /** Whether the function failed. Lambda responds with 200 nevertheless. */
  readonly isFunctionError?: boolean;
}

const fault = (status: number, error: string, Message: string): ApiResponse => ({ status, error, body: { Message } });

/** Creates the event source mapping: its current state, and the handler of a change. */
const createMapping = (source: LimitedSource, actsAfterMs: number) => {
  let wanted = source.concurrency;
  let pending: NodeJS.Timeout | undefined;

  const current = (): unknown => ({
    UUID: MAPPING_ID,
    State: pending === undefined ? 'Enabled' : 'Updating',
    ScalingConfig: { MaximumConcurrency: wanted },
  });

  const change = (body: string): ApiResponse => {
    if (pending !== undefined) return fault(400, 'ResourceInUseException', 'The mapping is being updated.');
    const limit = JSON.parse(body).ScalingConfig?.MaximumConcurrency;
    if (!Number.isInteger(limit) || limit < LIMIT_MIN || limit > LIMIT_MAX)
      return fault(
        400,
        'InvalidParameterValueException',
        `MaximumConcurrency must be from ${LIMIT_MIN} to ${LIMIT_MAX}.`,
      );
    wanted = limit;
    pending = setTimeout(() => {
      pending = undefined;
      source.limitTo(limit);
    }, actsAfterMs);
    return { status: 202, body: current() };
  };

  return { current, change, cancel: (): void => clearTimeout(pending) };
};

/** Invokes a function, and waits for its response unless the invocation is an event. */
const invoke = async (name: string, request: IncomingMessage, functions: Functions): Promise<ApiResponse> => {
  const call = functions[decodeURIComponent(name)];
  if (call === undefined) return fault(404, 'ResourceNotFoundException', `Function not found: ${name}`);
  const type = request.headers['x-amz-invocation-type'] ?? 'RequestResponse';
  if (type !== 'RequestResponse' && type !== 'Event')
    return fault(400, 'InvalidParameterValueException', `This API does not support the invocation type ${type}.`);
  const payload = await text(request);
  const event: unknown = payload === '' ? {} : JSON.parse(payload);
  if (type === 'Event') {
    // Lambda queues the event and does not wait for the response. The function logs its errors.
    call(event).catch(() => undefined);
    return { status: 202, body: undefined };
  }
  try {
    return { status: 200, body: (await call(event)) ?? null };
  } catch (error) {
    const { name: errorName, message: errorMessage } = error as Error;
    const errorType = error instanceof FunctionError ? error.errorType : errorName;
    return { status: 200, body: { errorType, errorMessage }, isFunctionError: true };
  }
};

type Functions = Readonly<Record<string, Invoke>>;

/**
 * Starts the API for one event source and for functions by their names.
 *
 * @param actsAfterMs - Time in milliseconds until a change takes effect. Until then, Lambda refuses another change.
 */
export const startLambdaApi = async (
  source: LimitedSource,
  actsAfterMs: number,
  functions: Functions = {},
): Promise<LambdaApi> => {
  const mapping = createMapping(source, actsAfterMs);

  const handle = async (request: IncomingMessage): Promise<ApiResponse> => {
    const { url = '', method } = request;
    const [, name] = INVOCATIONS_PATH.exec(url) ?? [];
    if (name !== undefined && method === 'POST') return invoke(name, request, functions);
    if (url !== MAPPING_PATH) return fault(404, 'ResourceNotFoundException', `This API has no resource ${url}.`);
    if (method === 'GET') return { status: 200, body: mapping.current() };
    if (method === 'PUT') return mapping.change(await text(request));
    return fault(405, 'InvalidRequestContentException', `This API does not support ${method}.`);
  };

  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { status, body, error, isFunctionError } = await handle(request).catch((cause: Error) =>
      fault(400, 'InvalidRequestContentException', cause.message),
    );
    const headers = {
      'content-type': 'application/json',
      ...(error === undefined ? {} : { 'x-amzn-errortype': error }),
      ...(isFunctionError ? { 'x-amz-function-error': 'Unhandled' } : {}),
    };
    response.writeHead(status, headers).end(body === undefined ? '' : JSON.stringify(body));
  };

  const server = createServer((request, response) => void respond(request, response));
  server.listen(0, LOOPBACK_HOST);
  await once(server, 'listening');
  return {
    endpoint: `http://${LOOPBACK_HOST}:${(server.address() as AddressInfo).port}`,
    mappingId: MAPPING_ID,
    close: async () => {
      mapping.cancel();
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
};
