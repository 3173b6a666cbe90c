/** A DynamoDB that answers as a test tells it, in DynamoDB's own words. */

import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { type Answer, reset, type Seen, type ServerNode, startNode } from './nodes.ts';

/** A call as it came over the wire. */
export interface Call {
  /** As `BatchGetItem`. */
  readonly operation: string;
  // biome-ignore lint/suspicious/noExplicitAny: whatever the SDK makes of a command.
  readonly input: any;
}

export const callOf = ({ headers, body }: Seen): Call => ({
  operation: String(headers['x-amz-target']).split('.').at(-1) ?? '',
  input: JSON.parse(body.toString()),
});

const send = (response: ServerResponse, status: number, body: unknown): void => {
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(body));
};

export const answering =
  (output: (call: Call) => unknown): Answer =>
  (seen, response) =>
    send(response, 200, output(callOf(seen)));

export const failing =
  (name: string, status = 400): Answer =>
  (_, response) =>
    send(response, status, { __type: `com.amazonaws.dynamodb.v20120810#${name}`, message: `this is a ${name}` });

export const silent: Answer = () => undefined;

/**
 * Hands calls on to a real table. Of those that `isLost` picks nobody hears the first answer: the connection breaks when
 * the call has done its work.
 */
export const startLossyNode = (endpoint: string, isLost: (call: Call) => boolean): Promise<ServerNode> => {
  const lost = new Set<string>();
  return startNode((seen, response) => {
    const call = callOf(seen);
    const key = JSON.stringify(call);
    const isFirst = isLost(call) && !lost.has(key);
    lost.add(key);
    const handOn = async (): Promise<void> => {
      const reply = await fetch(endpoint, { method: 'POST', headers: awsHeaders(seen.headers), body: seen.body });
      const body = await reply.text();
      if (isFirst) reset(seen, response);
      else response.writeHead(reply.status, { 'content-type': 'application/x-amz-json-1.0' }).end(body);
    };
    handOn().catch(() => reset(seen, response));
  });
};

const awsHeaders = (headers: IncomingHttpHeaders): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      /^(?:x-amz-|authorization$|content-type$)/.test(name) ? [[name, String(value)]] : [],
    ),
  );
