import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { LOCAL_ACCOUNT, LOOPBACK_HOST } from '../loopback.ts';
import type { FunctionIdentity } from './function-environment.ts';
import type { FunctionFault } from './function-error.ts';

/*
 * Lambda's Runtime API (2018-06-01) on loopback, for one process: it asks for its next event, and is left waiting until
 * there is one. Events and answers travel as the JSON that Lambda would carry.
 */

export interface Invocation {
  readonly requestId: string;
  /** JSON. */
  readonly event: string;
  /** Epoch milliseconds. */
  readonly deadlineMs: number;
}

/** What the process says. */
export interface RuntimeListener {
  /** It asks for an event: the first time, its handler is loaded. */
  idle(): void;
  /** JSON, as the handler's answer was written. */
  answered(response: string): void;
  failed(fault: FunctionFault): void;
}

export interface RuntimeApi {
  /** Host and port, as the process is told them. */
  readonly address: string;
  /** Hands the event over as soon as the process asks for it. */
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

export const startRuntimeApi = async (identity: FunctionIdentity, listener: RuntimeListener): Promise<RuntimeApi> => {
  let asking: ServerResponse | undefined;
  let waiting: Invocation | undefined;
  const { functionName, region } = identity;

  const handOver = (): void => {
    if (asking === undefined || waiting === undefined) return;
    const { requestId, event, deadlineMs } = waiting;
    asking
      .writeHead(200, {
        'content-type': 'application/json',
        'lambda-runtime-aws-request-id': requestId,
        'lambda-runtime-deadline-ms': String(deadlineMs),
        'lambda-runtime-invoked-function-arn': `arn:aws:lambda:${region}:${LOCAL_ACCOUNT}:function:${functionName}`,
      })
      .end(event);
    asking = undefined;
    waiting = undefined;
  };

  const onRequest = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = request.url ?? '';
    if (request.method === 'GET' && path === `${VERSION}/invocation/next`) {
      asking = response;
      listener.idle();
      return handOver();
    }
    const body = await bodyOf(request);
    accept(response);
    if (path.endsWith('/response')) listener.answered(body);
    else listener.failed(JSON.parse(body) as FunctionFault);
  };

  const server = createServer((request, response) => {
    // A process that ends in the middle of a request is noticed by its end.
    onRequest(request, response).catch(() => response.destroy());
  });
  // A frozen or busy process may be silent for as long as it likes.
  server.requestTimeout = 0;
  server.keepAliveTimeout = 0;
  server.listen(0, LOOPBACK_HOST);
  await once(server, 'listening');
  return {
    address: `${LOOPBACK_HOST}:${(server.address() as AddressInfo).port}`,
    deliver(invocation) {
      waiting = invocation;
      handOver();
    },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
};
