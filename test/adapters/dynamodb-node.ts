/** A fake DynamoDB server whose responses a test defines. */

import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { type Answer, reset, type Seen, type ServerNode, startNode } from './nodes.ts';

/** A call as the server received it. */
export interface Call {
  /** Name of the operation, for example `BatchGetItem`. */
  readonly operation: string;
  // biome-ignore lint/suspicious/noExplicitAny: the wire form of any command.
  readonly input: any;
}

/** Parses a request. */
export const callOf = ({ headers, body }: Seen): Call => ({
  operation: String(headers['x-amz-target']).split('.').at(-1) ?? '',
  input: JSON.parse(body.toString()),
});

const send = (response: ServerResponse, status: number, body: unknown): void => {
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(body));
};

/** Responds with this output. */
export const answering =
  (output: (call: Call) => unknown): Answer =>
  (seen, response) =>
    send(response, 200, output(callOf(seen)));

/** Responds with the error of this name. */
export const failing =
  (name: string, status = 400): Answer =>
  (_, response) =>
    send(response, status, { __type: `com.amazonaws.dynamodb.v20120810#${name}`, message: `this is a ${name}` });

/** Never responds. */
export const silent: Answer = () => undefined;

/**
 * Forwards calls to a real table. For calls that `isLost` selects, the first response is lost: the connection breaks
 * after the table has processed the call.
 */
export const startLossyNode = (endpoint: string, isLost: (call: Call) => boolean): Promise<ServerNode> => {
  const lost = new Set<string>();
  return startNode((seen, response) => {
    const call = callOf(seen);
    const key = JSON.stringify(call);
    const isFirst = isLost(call) && !lost.has(key);
    lost.add(key);
    const forward = async (): Promise<void> => {
      const reply = await fetch(endpoint, { method: 'POST', headers: awsHeaders(seen.headers), body: seen.body });
      const body = await reply.text();
      if (isFirst) reset(seen, response);
      else response.writeHead(reply.status, { 'content-type': 'application/x-amz-json-1.0' }).end(body);
    };
    forward().catch(() => reset(seen, response));
  });
};

const awsHeaders = (headers: IncomingHttpHeaders): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      /^(?:x-amz-|authorization$|content-type$)/.test(name) ? [[name, String(value)]] : [],
    ),
  );
