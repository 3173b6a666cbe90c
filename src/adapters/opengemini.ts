/** Writes batches to openGemini over HTTP. Each node has a pool of connections. */

import { promisify } from 'node:util';
import { gzip, gzipSync } from 'node:zlib';
import { Pool } from 'undici';
import type { Outcome } from '../sink/outcome.ts';
import type { Batch, Deadline, Writer } from '../sink/ports.ts';
import type { DatabaseCreator } from '../writer/creating-database.ts';
import {
  type NodeEvents,
  type NodeProbes,
  type NodesClock,
  type ServerNode,
  severalNodes,
} from '../writer/several-nodes.ts';
import { basicAuthorization, type Credentials, withoutCredentials } from './basic-auth.ts';
import { limitedText } from './limited-text.ts';
import { isLoopback } from './loopback.ts';
import { isReset, outcomeOfError, outcomeOfReply } from './opengemini-reply.ts';
import { type TlsSettings, tlsOptions } from './tls-options.ts';

/**
 * Source of the credentials of every request. Undefined credentials mean a server without authentication. Both calls
 * may throw.
 */
export interface CredentialSource {
  /** Returns the credentials, from a cache if the source has one. */
  current(): Promise<Credentials | undefined>;
  /** Reads the newest credentials without a cache. Called after the server has refused the current ones. */
  renew(): Promise<Credentials | undefined>;
}

/**
 * Whether bodies are compressed: `on` and `off` for all nodes, `auto` for those that are not on this machine. Bodies of
 * fewer than 1,024 bytes are never compressed.
 */
export type GzipMode = 'auto' | 'on' | 'off';

/** Settings of the connection to the server. */
export interface OpenGeminiOptions extends TlsSettings {
  /** Addresses of the nodes, at least one. Their paths are kept, for servers behind a proxy. */
  readonly urls: readonly string[];
  readonly credentials: CredentialSource;
  /** Time limit of one attempt, in milliseconds. The deadline of a call shortens it. */
  readonly timeoutMs: number;
  readonly gzip: GzipMode;
  /** Used with several nodes only. */
  readonly clock: NodesClock;
  /** Receives changes of the health of nodes. */
  readonly events?: NodeEvents | undefined;
}

/** A server of one or several nodes, as a writer. Writing never throws. */
export interface OpenGemini extends Writer, DatabaseCreator {
  /** Probes of unhealthy nodes. `undefined` with one node, because it always receives every request. */
  readonly probes: NodeProbes | undefined;
  /** Closes all connections. Requests in flight fail. */
  close(): Promise<void>;
}

/** Smaller bodies are sent as they are, because compressing them takes as long as the request (docs/decisions/0043). */
const GZIP_BYTES_MIN = 1024;
/** Larger bodies are compressed in the thread pool. For smaller ones its overhead is not worth it. */
const GZIP_ASYNC_BYTES_MIN = 128 * 1024;
/** Higher levels take up to three times the processor time, for 15 % fewer bytes. */
const GZIP_LEVEL = { level: 1 };
const gzipAsync = promisify(gzip);

// Short, because a frozen instance does not notice that the server closes its sockets.
const KEEP_ALIVE_MS = 4_000;
const KEEP_ALIVE_MAX_MS = 10_000;
const CONNECT_TIMEOUT_MS = 3_000;

interface Post {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | string;
}

type Reply =
  | { readonly status: number; readonly body: string }
  | {
      readonly error: unknown;
      /** Whether the node answered another request while this one was in flight. */
      readonly othersSucceed: boolean;
    };

interface Connection {
  /** Whether bodies are compressed, from `GZIP_BYTES_MIN` on. */
  readonly compresses: boolean;
  /** Sends one request. Never throws. */
  post(post: Post, deadline: Deadline): Promise<Reply>;
  close(): Promise<void>;
}

const newPool = (origin: string, options: OpenGeminiOptions): Pool => {
  const { timeoutMs } = options;
  return new Pool(origin, {
    keepAliveTimeout: KEEP_ALIVE_MS,
    keepAliveMaxTimeout: KEEP_ALIVE_MAX_MS,
    // HTTP/1.1 only: the meaning of errors and resets was measured there. Over TLS, undici would offer HTTP/2.
    allowH2: false,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    connect: { timeout: Math.min(CONNECT_TIMEOUT_MS, timeoutMs), ...tlsOptions(options) },
  });
};

/** Whether bodies for a node are compressed. On loopback, bytes cost less than the processor time that saves them. */
const compressesFor = (address: string, mode: GzipMode): boolean =>
  mode === 'auto' ? !isLoopback(address) : mode === 'on';

const connect = (address: string, options: OpenGeminiOptions): Connection => {
  const { origin, pathname } = new URL(address);
  const prefix = pathname.replace(/\/$/, '');
  let pool = newPool(origin, options);
  /** Responses received over the current pool. While there is none, no socket of the pool can be stale. */
  let responses = 0;

  const attempt = async (post: Post, deadline: Deadline): Promise<Reply> => {
    const responsesBefore = responses;
    const timeout = AbortSignal.timeout(Math.ceil(Math.min(options.timeoutMs, Math.max(1, deadline.remainingMs()))));
    try {
      const response = await pool.request({
        method: 'POST',
        path: prefix + post.path,
        headers: post.headers,
        body: post.body,
        signal: AbortSignal.any([deadline.signal, timeout]),
      });
      const body = await limitedText(response.body);
      responses += 1;
      return { status: response.statusCode, body };
    } catch (error) {
      return { error, othersSucceed: responses > responsesBefore };
    }
  };

  return {
    compresses: compressesFor(address, options.gzip),
    async post(post, deadline) {
      const used = pool;
      const mayBeStale = responses > 0;
      const reply = await attempt(post, deadline);
      // A reset on a socket that was used before means only that the socket was stale. The request is sent once more,
      // on a new one.
      if (!('error' in reply) || !isReset(reply.error) || !mayBeStale) return reply;
      if (pool === used) {
        pool = newPool(origin, options);
        responses = 0;
        // Other requests in flight on the old pool may finish, so closing it is not awaited.
        used.close().catch(() => undefined);
      }
      return attempt(post, deadline);
    },
    close: () => pool.destroy(),
  };
};

const outcomeOf = (reply: Reply): Outcome =>
  'error' in reply ? outcomeOfError(reply.error, reply.othersSucceed) : outcomeOfReply(reply.status, reply.body);

const writeWithCredentials = async (
  node: Connection,
  source: CredentialSource,
  batch: Batch,
  deadline: Deadline,
): Promise<Outcome> => {
  const packed = node.compresses && batch.body.length >= GZIP_BYTES_MIN ? await compress(batch.body) : undefined;
  const post = async (credentials: Credentials | undefined, zipped: boolean): Promise<Outcome> => {
    const headers = { ...headersFor(credentials), ...(zipped ? { 'content-encoding': 'gzip' } : {}) };
    const body = zipped && packed !== undefined ? packed : batch.body;
    const reply = await node.post({ path: writePath(batch), headers, body }, deadline);
    const outcome = outcomeOf(reply);
    // A text that names lines must stay as it is (docs/decisions/0002). It comes from the server itself, which quotes no
    // headers.
    if ('error' in reply || outcome.kind === 'written' || outcome.kind === 'refused') return outcome;
    return outcomeOfReply(reply.status, withoutCredentials(reply.body, credentials));
  };
  const credentials = await source.current();
  let outcome = await post(credentials, packed !== undefined);
  if (packed !== undefined && isGzipFailure(outcome)) outcome = await post(credentials, false);
  if (outcome.kind !== 'denied' || outcome.scope !== 'server') return outcome;
  const renewed = await source.renew();
  return sameCredentials(credentials, renewed) ? outcome : post(renewed, packed !== undefined);
};

/**
 * Sends a batch to one node. Never throws. An unreadable secret gives `denied` for the server, because the data did not
 * cause the failure.
 */
const writeTo = async (
  node: Connection,
  source: CredentialSource,
  batch: Batch,
  deadline: Deadline,
): Promise<Outcome> => {
  try {
    return await writeWithCredentials(node, source, batch, deadline);
  } catch (error) {
    return { kind: 'denied', scope: 'server', text: `credentials: ${(error as Error).message}` };
  }
};

/**
 * Returns a writer for these nodes. Opens no connection before the first request. `writer/several-nodes.ts` decides which
 * node receives a batch.
 */
export const openGemini = (options: OpenGeminiOptions): OpenGemini => {
  const nodes = options.urls.map((address) => openNode(address, options));
  const [only] = nodes;
  const several = nodes.length > 1 ? severalNodes(nodes, options.clock, options.events) : undefined;
  const { write, createDatabase } = several ?? (only as ServerNode);
  return {
    write,
    createDatabase,
    probes: several?.probes,
    async close() {
      await Promise.all(nodes.map((node) => node.close()));
    },
  };
};

const openNode = (address: string, options: OpenGeminiOptions): ServerNode & { close(): Promise<void> } => {
  const connection = connect(address, options);
  return {
    name: new URL(address).host,

    async write(batch, deadline) {
      if (deadline.remainingMs() > 0) return writeTo(connection, options.credentials, batch, deadline);
      return { kind: 'unavailable', unexplained: false, text: 'no time was left for an attempt' };
    },

    async createDatabase(name, deadline) {
      const query = `CREATE DATABASE "${name.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
      const credentials = await options.credentials.current().catch(() => 'unreadable' as const);
      if (credentials === 'unreadable') return false;
      const headers = { ...headersFor(credentials), 'content-type': 'application/x-www-form-urlencoded' };
      const body = new URLSearchParams({ q: query }).toString();
      const reply = await connection.post({ path: '/query', headers, body }, deadline);
      // A failed statement also returns status 200, with an error in the body.
      return !('error' in reply) && reply.status === 200 && !reply.body.includes('"error"');
    },

    close: () => connection.close(),
  };
};

const compress = async (body: Uint8Array): Promise<Uint8Array> =>
  body.length < GZIP_ASYNC_BYTES_MIN ? gzipSync(body, GZIP_LEVEL) : gzipAsync(body, GZIP_LEVEL);

/**
 * Whether the server could not decompress the body. The body arrived damaged, or a proxy decompressed it. One attempt
 * without compression may succeed.
 */
const isGzipFailure = (outcome: Outcome): boolean =>
  outcome.kind === 'unavailable' && /^gzip: |^(?:unexpected )?EOF$|: gzip: |: unexpected EOF$/.test(outcome.text);

const writePath = ({ target }: Batch): string => {
  const query = new URLSearchParams({ db: target.database, precision: 'ns' });
  if (target.retentionPolicy !== undefined) query.set('rp', target.retentionPolicy);
  return `/write?${query}`;
};

const headersFor = (credentials: Credentials | undefined): Record<string, string> => ({
  // Errors come in the format that the client accepts, which may also be CSV or msgpack (`httpd/response_writer.go`).
  accept: 'application/json',
  'content-type': 'text/plain; charset=utf-8',
  ...basicAuthorization(credentials),
});

const sameCredentials = (a: Credentials | undefined, b: Credentials | undefined): boolean =>
  a?.username === b?.username && a?.password === b?.password;
