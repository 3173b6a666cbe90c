/**
 * A proxy in front of a server, with the faults of one node and of the network. It reports each body that the server has
 * stored.
 */

import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { Pool } from 'undici';

/** What a proxy can do to a request. */
export const PROXY_FAULTS = {
  /** It accepts no connections. */
  refuses: 'refuses connections',
  /** It accepts connections and requests, and never answers. */
  hangs: 'accepts connections and never answers',
  /** It waits before it sends the request on. */
  slow: 'answers after 3 s',
  /** It answers 500 and sends nothing on. */
  fails: 'answers 500',
  /** It closes the connection and sends nothing on. */
  resets: 'resets connections',
  /** It sends the request on, and closes the connection instead of answering. */
  drops: 'stores the lines and resets the connection',
} as const;

/** Name of a fault. */
export type ProxyFault = keyof typeof PROXY_FAULTS;

/** A running proxy. */
export interface FaultyProxy {
  readonly url: string;
  /** Requests to `/write` that have arrived, without those that were refused. */
  readonly requests: () => number;
  /** Sets the fault of all further requests; `undefined` for none. Open connections stay, except with `refuses`. */
  setFault(fault: ProxyFault | undefined): Promise<void>;
  close(): Promise<void>;
}

const SLOW_MS = 3_000;

/**
 * Starts a proxy on loopback.
 *
 * @param target - Address of the server.
 * @param onStored - Receives the lines of each body that the server has confirmed.
 */
export const startFaultyProxy = async (
  target: string,
  onStored: (lines: string) => void = () => undefined,
): Promise<FaultyProxy> => {
  const pool = new Pool(target);
  const sockets = new Set<Socket>();
  let fault: ProxyFault | undefined;
  let requests = 0;

  const forward = async (request: IncomingMessage, body: Buffer, response: ServerResponse): Promise<void> => {
    const { 'content-encoding': encoding, 'content-type': type, authorization } = request.headers;
    const sent = { 'content-encoding': encoding, 'content-type': type, authorization };
    const headers = Object.fromEntries(Object.entries(sent).filter(([, value]) => value !== undefined));
    const answer = await pool.request({ method: 'POST', path: request.url ?? '/', headers, body });
    const text = await answer.body.text();
    if (answer.statusCode === 204 && body.length > 0)
      onStored((encoding === 'gzip' ? gunzipSync(body) : body).toString('utf8'));
    if (fault === 'drops') request.socket.resetAndDestroy();
    else response.writeHead(answer.statusCode, { 'content-type': 'application/json' }).end(text);
  };

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (request.url?.startsWith('/write') === true) requests += 1;
    if (fault === 'hangs') return;
    if (fault === 'resets') request.socket.resetAndDestroy();
    else if (fault === 'fails') response.writeHead(500).end('{"error":"runtime error: a fault of this node"}');
    else {
      if (fault === 'slow') await new Promise((resolve) => setTimeout(resolve, SLOW_MS));
      await forward(request, Buffer.concat(chunks), response);
    }
  };

  const server = createServer((request, response) => {
    // A client may give up at any time, and the server may be away.
    handle(request, response).catch(() => request.socket.destroy());
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  const destroyAll = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests: () => requests,
    async setFault(next) {
      fault = next;
      if (next === 'refuses' && server.listening) {
        server.close();
        destroyAll();
      }
      if (next !== 'refuses' && !server.listening) await once(server.listen(port, '127.0.0.1'), 'listening');
    },
    async close() {
      server.close();
      destroyAll();
      await pool.destroy();
    },
  };
};
