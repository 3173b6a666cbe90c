/** The HTTP server of the console, on loopback only. It serves the page, the stream of updates, and the actions. */

import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { LOOPBACK_HOST } from '../../local/loopback.ts';
import { BadRequest } from './actions.ts';
import { createEventStreams, type EventStreams, type StreamEvent } from './event-stream.ts';
import type { PageFile } from './page-files.ts';
import { rejectionOf, SECURITY_HEADERS } from './request-guard.ts';

/** Contents of the server. */
export interface ConsoleRoutes {
  /** Files of the page by path. */
  readonly files: ReadonlyMap<string, PageFile>;
  /** Values by path, for GET. */
  readonly reads: Readonly<Record<string, () => Promise<unknown>>>;
  /** Changes by path, for POST. The argument is the parsed body, which is an object. Throws `BadRequest`. */
  readonly writes: Readonly<Record<string, (input: Readonly<Record<string, unknown>>) => Promise<unknown>>>;
  /** Returns the first event of a stream. */
  firstEvent(): StreamEvent;
}

/** A running server. */
export interface ConsoleServer {
  readonly url: string;
  readonly streams: Pick<EventStreams, 'send' | 'count'>;
  close(): Promise<void>;
}

/** Path of the stream of updates. */
const UPDATES = '/api/updates';

/** Bytes of a request, at most: a message of 1 MiB as a text in JSON, whose escapes may double it. */
const REQUEST_BYTES_MAX = 2_228_224;

/**
 * Starts the server.
 *
 * @param port - 0 means any free port.
 * @throws Error with `code` and `port` if the port is not available.
 */
export const startConsoleServer = async (port: number, routes: ConsoleRoutes): Promise<ConsoleServer> => {
  const streams = createEventStreams();
  const server = createServer((request, response) => {
    void respond(request, response, routes, streams);
  });
  server.listen(port, LOOPBACK_HOST);
  await once(server, 'listening');
  const { port: actual } = server.address() as AddressInfo;
  return {
    url: `http://${LOOPBACK_HOST}:${actual}/`,
    streams,
    close: async () => {
      streams.close();
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
};

const respond = async (
  request: IncomingMessage,
  response: ServerResponse,
  routes: ConsoleRoutes,
  streams: EventStreams,
): Promise<void> => {
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value);
  const rejection = rejectionOf(request.method, request.headers, request.socket.localPort ?? 0);
  if (rejection !== undefined) return sendJson(response, rejection.status, { text: rejection.text });
  const path = new URL(request.url ?? '/', 'http://console').pathname;
  try {
    if (request.method === 'POST') await respondToPost(request, response, routes, path);
    else await respondToGet(request, response, { routes, streams, path });
  } catch (error) {
    // A request that the page cannot send, or a service that does not respond. The page shows the text.
    sendJson(response, error instanceof BadRequest ? 400 : 500, { text: (error as Error).message });
  }
};

const respondToGet = async (
  request: IncomingMessage,
  response: ServerResponse,
  { routes, streams, path }: { routes: ConsoleRoutes; streams: EventStreams; path: string },
): Promise<void> => {
  if (path === UPDATES) {
    if (!streams.open(request, response, routes.firstEvent()))
      sendJson(response, 503, { text: 'Too many pages of the console are open.' });
    return;
  }
  const file = routes.files.get(path);
  const read = own(routes.reads, path);
  if (file !== undefined) response.writeHead(200, { 'content-type': file.type }).end(file.contents);
  else if (read !== undefined) sendJson(response, 200, await read());
  else sendJson(response, 404, { text: 'There is no such page.' });
};

const respondToPost = async (
  request: IncomingMessage,
  response: ServerResponse,
  { writes }: ConsoleRoutes,
  path: string,
): Promise<void> => {
  const write = own(writes, path);
  if (write === undefined) return sendJson(response, 404, { text: 'There is no such action.' });
  const input = await readObject(request);
  return sendJson(response, 200, await write(input));
};

const own = <T>(routes: Readonly<Record<string, T>>, path: string): T | undefined =>
  Object.hasOwn(routes, path) ? routes[path] : undefined;

const readObject = async (request: IncomingMessage): Promise<Readonly<Record<string, unknown>>> => {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length;
    if (bytes > REQUEST_BYTES_MAX) throw new BadRequest(`A request has at most ${REQUEST_BYTES_MAX} bytes.`);
    chunks.push(chunk as Buffer);
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.concat(chunks).toString());
  } catch {
    throw new BadRequest('The body of the request is not JSON.');
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw new BadRequest('The body of the request must be a JSON object.');
  return parsed as Record<string, unknown>;
};

const sendJson = (response: ServerResponse, status: number, value: unknown): void => {
  if (response.headersSent) response.destroy();
  else response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
};
