/** Fake servers whose responses a test defines, and helpers for writing to them. Every server ends with its test. */

import { createServer as createHttpServer, type RequestListener, type ServerResponse } from 'node:http';
import { createSecureServer } from 'node:http2';
import { type AddressInfo, createServer as createNetServer, type Server, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { type StandIn, type StandInOptions, startStandIn } from '../../local/opengemini/server.ts';
import { systemClock } from '../../src/adapters/clock.ts';
import { type OpenGemini, type OpenGeminiOptions, openGemini } from '../../src/adapters/opengemini.ts';
import { fixedCredentials } from '../../src/adapters/secrets.ts';
import type { Batch, Deadline, Target } from '../../src/sink/ports.ts';

/** A request that a server received. */
export interface Seen {
  readonly httpVersion: string;
  readonly path: string;
  readonly params: URLSearchParams;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: Buffer;
  /** Number of the connection of this node, from 0. */
  readonly connection: number;
  readonly socket: Socket;
}

/** A running server. */
export interface ServerNode {
  readonly url: string;
  /** Requests that have arrived completely. */
  readonly seen: readonly Seen[];
  /** Numbers of the connections that have ended. */
  readonly closed: readonly number[];
}

/** Responds to a request, or sends no response. */
export type Answer = (seen: Seen, response: ServerResponse) => void;

const listening = (server: Server, scheme: string): Promise<string> =>
  new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(`${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`));
  });

/** Certificate of a server, and whether it requires one of its clients. */
export interface ServerTls {
  readonly key: string;
  readonly cert: string;
  /** Authority of client certificates. */
  readonly ca?: string;
  readonly requestCert?: boolean;
}

/** Starts an HTTP server that reads each request completely and then calls `answer`. */
export const startNode = async (answer: Answer, tls?: ServerTls): Promise<ServerNode> => {
  const seen: Seen[] = [];
  const closed: number[] = [];
  const connections: Socket[] = [];
  const listener: RequestListener = (request, response) => {
    const chunks: Buffer[] = [];
    const url = new URL(request.url ?? '', 'http://node');
    const { socket } = request;
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { httpVersion } = request;
      const facts = { httpVersion, path: url.pathname, params: url.searchParams, headers: request.headers };
      const one = { ...facts, body: Buffer.concat(chunks), connection: connections.indexOf(socket), socket };
      seen.push(one);
      answer(one, response);
    });
  };
  const options = { keepAliveTimeout: 0 };
  // Over TLS it offers HTTP/2, like the real server.
  const server =
    tls === undefined
      ? createHttpServer(options, listener)
      : createSecureServer({ ...tls, allowHTTP1: true }, listener as never);
  server.on(tls === undefined ? 'connection' : 'secureConnection', (socket: Socket) => {
    const connection = connections.push(socket) - 1;
    socket.on('close', () => closed.push(connection));
  });
  onTestFinished(() => {
    server.close();
    for (const socket of connections) socket.destroy();
  });
  return { url: await listening(server, tls === undefined ? 'http' : 'https'), seen, closed };
};

/** Starts a TCP server that sends these bytes after the first bytes of a client, and closes the connection. */
export const startRawNode = async (bytes: string): Promise<{ readonly url: string }> => {
  const sockets = new Set<Socket>();
  const server = createNetServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('data', () => socket.end(Buffer.from(bytes, 'latin1')));
  });
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return { url: await listening(server, 'http') };
};

/** Returns an address that refuses connections. */
export const closedAddress = async (): Promise<string> => {
  const server = createNetServer();
  const url = await listening(server, 'http');
  await new Promise((resolve) => server.close(resolve));
  return url;
};

/** Responds like a server that has written everything. */
export const written: Answer = (_, response) => {
  response.writeHead(204).end();
};

/** Responds with an error of openGemini. */
export const refusing =
  (status: number, error: string): Answer =>
  (_, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify({ error })}\n`);
  };

/** Uses the next answer for each request, and the last one for all further requests. */
export const inTurn = (...answers: readonly Answer[]): Answer => {
  let count = 0;
  return (seen, response) => answers[Math.min(count++, answers.length - 1)]?.(seen, response);
};

/** Resets the connection. */
export const reset: Answer = ({ socket }) => socket.resetAndDestroy();

/** Starts the stand-in with the database `db`. */
export const withStandIn = async (options: StandInOptions = {}): Promise<StandIn> => {
  const standIn = await startStandIn(options);
  onTestFinished(() => standIn.close());
  const maker = openWriter([standIn.url], { credentials: fixedCredentials(options.credentials) });
  await maker.createDatabase('db', within(5_000));
  return standIn;
};

/** Returns the adapter for these nodes. */
export const openWriter = (urls: readonly string[], options: Partial<OpenGeminiOptions> = {}): OpenGemini => {
  const writer = openGemini({
    urls,
    credentials: fixedCredentials(undefined),
    ca: undefined,
    clientCertificate: undefined,
    timeoutMs: 5_000,
    // All nodes of the tests are on this machine.
    gzip: 'on',
    clock: systemClock,
    ...options,
  });
  onTestFinished(() => writer.close());
  return writer;
};

/** Returns a deadline. */
export const within = (ms: number): Deadline => {
  const deadline = systemClock.deadlineIn(ms);
  onTestFinished(() => deadline.release());
  return deadline;
};

/** Returns a batch of one line with this number of bytes, or with a short line for 0. */
export const batch = (bytes = 0, target: Partial<Target> = {}): Batch => {
  const line = 'm v=1 1\n';
  const body = Buffer.from(`m s="${'x'.repeat(Math.max(0, bytes - 9))}" 1\n`);
  return {
    target: { database: 'db', retentionPolicy: undefined, ...target },
    body: bytes === 0 ? Buffer.from(line) : body,
    lines: 1,
  };
};
