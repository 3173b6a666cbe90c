/**
 * Runs a packaged handler in this process, for events that the parent sends, and records its calls to AWS. Its
 * credentials and settings are environment variables, as in Lambda.
 */

import { subscribe } from 'node:diagnostics_channel';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { context } from '../lambda/context.ts';

/** A call to AWS that the handler made. */
export interface Call {
  /** The action, or method and path for services that have no name of the action in the request. */
  readonly action: string;
  readonly status: number | undefined;
}

/** Response to one event. */
export interface Handled {
  readonly result?: unknown;
  readonly error?: string;
  readonly calls: readonly Call[];
}

const INVOCATION_MS = 30_000;

let calls: Call[] = [];

/** `AmazonSQS.SendMessageBatch` is the action `SendMessage`: a batch of a call needs the permission for the call. */
const actionOf = (request: ClientRequest): string => {
  const target = request.getHeader('x-amz-target');
  if (typeof target !== 'string') return `${request.method} ${request.path.split('?')[0]}`;
  const [service = '', call = ''] = target.split('.');
  return `${service.replace(/_\d+$|^Amazon/g, '').toLowerCase()}:${call.replace(/Batch$/, '')}`;
};

subscribe('http.client.response.finish', (message) => {
  const { request, response } = message as { request: ClientRequest; response: IncomingMessage };
  calls.push({ action: actionOf(request), status: response.statusCode });
});

const { handler } = (await import(process.argv[2] ?? '')) as {
  handler: (event: unknown, context: unknown) => Promise<unknown>;
};

process.on('message', async (event) => {
  calls = [];
  let handled: Omit<Handled, 'calls'>;
  try {
    handled = { result: await handler(event, context(INVOCATION_MS)) };
  } catch (error) {
    handled = { error: String(error) };
  }
  process.send?.({ ...handled, calls });
});
process.send?.('ready');
