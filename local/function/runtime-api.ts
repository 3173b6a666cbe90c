/**
 * Lambda's Runtime API (2018-06-01) on loopback, for one process. The process requests its next event, and the response
 * is delayed until there is one. Events and responses have the same JSON as in Lambda.
 */

import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { LOCAL_ACCOUNT, LOOPBACK_HOST } from '../loopback.ts';
import type { FunctionIdentity } from './function-environment.ts';
import type { FunctionFault } from './function-error.ts';

/** One event for the process. */
export interface Invocation {
  readonly requestId: string;
  /** The event as JSON. */
  readonly event: string;
  /** Time by which the function must respond, in epoch milliseconds. */
  readonly deadlineMs: number;
}

/** Receives the requests of the process. */
export interface RuntimeListener {
  /** The process requests an event. The first time this means that its handler is loaded. */
  idle(): void;
  /** The handler returned. `response` is JSON. */
  responded(response: string): void;
  /** The handler threw, or could not be loaded. */
  failed(fault: FunctionFault): void;
}

/** A running API. */
export interface RuntimeApi {
  /** Host and port, for the variable `AWS_LAMBDA_RUNTIME_API`. */
  readonly address: string;
  /** Delivers the event as soon as the process requests it. */
  deliver(invocation: Invocation): void;
  close(): void;
}

const VERSION = '/2018-06-01/runtime';

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
};

const accept = (response: ServerResponse): void => {
  response.writeHead(202, { 'content-type': 'application/json' }).end('{"status":"OK"}');
};

/** Starts the API on a free port. */
export const startRuntimeApi = async (identity: FunctionIdentity, listener: RuntimeListener): Promise<RuntimeApi> => {
  let openRequest: ServerResponse | undefined;
  let pending: Invocation | undefined;
  const { functionName, region } = identity;

  const handOver = (): void => {
    if (openRequest === undefined || pending === undefined) return;
    const { requestId, event, deadlineMs } = pending;
    openRequest
      .writeHead(200, {
        'content-type': 'application/json',
        'lambda-runtime-aws-request-id': requestId,
        'lambda-runtime-deadline-ms': String(deadlineMs),
        'lambda-runtime-invoked-function-arn': `arn:aws:lambda:${region}:${LOCAL_ACCOUNT}:function:${functionName}`,
      })
      .end(event);
    openRequest = undefined;
    pending = undefined;
  };

  const onRequest = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = request.url ?? '';
    if (request.method === 'GET' && path === `${VERSION}/invocation/next`) {
      openRequest = response;
      listener.idle();
      return handOver();
    }
    const body = await bodyOf(request);
    accept(response);
    if (path.endsWith('/response')) listener.responded(body);
    else listener.failed(JSON.parse(body) as FunctionFault);
  };

  const server = createServer((request, response) => {
    // A process that ends during a request is detected by its 'close' event.
    onRequest(request, response).catch(() => response.destroy());
  });
  // A frozen or busy process may be silent for any time.
  server.requestTimeout = 0;
  server.keepAliveTimeout = 0;
  server.listen(0, LOOPBACK_HOST);
  await once(server, 'listening');
  return {
    address: `${LOOPBACK_HOST}:${(server.address() as AddressInfo).port}`,
    deliver(invocation) {
      pending = invocation;
      handOver();
    },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
};
