/** Writes batches to openGemini over HTTP: one pool of connections per node, nodes tried in turn. */

import { promisify } from 'node:util';
import { gzip, gzipSync } from 'node:zlib';
import { Pool } from 'undici';
import type { Outcome } from '../sink/outcome.ts';
import type { Batch, Deadline, Writer } from '../sink/ports.ts';
import type { DatabaseCreator } from '../writer/creating-database.ts';
import { basicAuthorization } from './basic-auth.ts';
import { isReset, outcomeOfError, outcomeOfReply } from './opengemini-reply.ts';

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** Where credentials come from. `renew` asks for the newest ones, past any cache. */
export interface CredentialSource {
  current(): Promise<Credentials | undefined>;
  renew(): Promise<Credentials | undefined>;
}

export interface OpenGeminiOptions {
  readonly urls: readonly string[];
  readonly credentials: CredentialSource;
  /** PEM of a private certificate authority. */
  readonly ca: string | undefined;
  /** Of one attempt. */
  readonly timeoutMs: number;
  /** Which node is asked first; instances that differ here share the load. */
  readonly firstNode: number;
}

export interface OpenGemini extends Writer, DatabaseCreator {
  close(): Promise<void>;
}

/** Below this, compressing costs more than the bytes it saves. */
const GZIP_BYTES_MIN = 1024;
/** From here on the thread pool is worth its detour. */
const GZIP_ASYNC_BYTES_MIN = 128 * 1024;
const GZIP_LEVEL = { level: 1 };
const gzipAsync = promisify(gzip);

// Short, because a frozen environment cannot see its sockets being closed.
const KEEP_ALIVE_MS = 4_000;
const KEEP_ALIVE_MAX_MS = 10_000;
const CONNECT_TIMEOUT_MS = 3_000;

interface Node {
  readonly origin: string;
  /** Path of the URL, for servers behind a proxy. */
  readonly prefix: string;
  pool: Pool;
  /** Answers over the present pool: none means that none of its sockets can be stale. */
  answers: number;
}

interface Post {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | string;
}

type Reply =
  | { readonly status: number; readonly body: string }
  | { readonly error: unknown; readonly othersSucceed: boolean };

export const openGemini = (options: OpenGeminiOptions): OpenGemini => {
  const newPool = (origin: string): Pool =>
    new Pool(origin, {
      keepAliveTimeout: KEEP_ALIVE_MS,
      keepAliveMaxTimeout: KEEP_ALIVE_MAX_MS,
      // HTTP/1.1 only: what errors and resets mean was learnt there, and over TLS the server would choose HTTP/2.
      allowH2: false,
      headersTimeout: options.timeoutMs,
      bodyTimeout: options.timeoutMs,
      connect: {
        timeout: Math.min(CONNECT_TIMEOUT_MS, options.timeoutMs),
        ...(options.ca === undefined ? {} : { ca: options.ca }),
      },
    });
  const nodes = options.urls.map((text): Node => {
    const url = new URL(text);
    return { origin: url.origin, prefix: url.pathname.replace(/\/$/, ''), pool: newPool(url.origin), answers: 0 };
  });
  let preferred = options.firstNode % nodes.length;

  const attempt = async (node: Node, post: Post, deadline: Deadline): Promise<Reply> => {
    const answersBefore = node.answers;
    const timeout = AbortSignal.timeout(Math.ceil(Math.min(options.timeoutMs, Math.max(1, deadline.remainingMs()))));
    try {
      const response = await node.pool.request({
        method: 'POST',
        path: node.prefix + post.path,
        headers: post.headers,
        body: post.body,
        signal: AbortSignal.any([deadline.signal, timeout]),
      });
      const body = await response.body.text();
      node.answers += 1;
      return { status: response.statusCode, body };
    } catch (error) {
      return { error, othersSucceed: node.answers > answersBefore };
    }
  };

  /** A reset on a socket that was used before says only that it had gone stale: asked once more, on a new one. */
  const attemptFresh = async (node: Node, post: Post, deadline: Deadline): Promise<Reply> => {
    const { pool } = node;
    const mayBeStale = node.answers > 0;
    const reply = await attempt(node, post, deadline);
    if (!('error' in reply) || !isReset(reply.error) || !mayBeStale) return reply;
    if (node.pool === pool) {
      node.pool = newPool(node.origin);
      node.answers = 0;
      // Requests of others that are under way on the old pool may end; nobody waits for it.
      pool.close().catch(() => undefined);
    }
    return attempt(node, post, deadline);
  };

  const outcomeOf = (reply: Reply): Outcome =>
    'error' in reply ? outcomeOfError(reply.error, reply.othersSucceed) : outcomeOfReply(reply.status, reply.body);

  const writeWithCredentials = async (node: Node, batch: Batch, deadline: Deadline): Promise<Outcome> => {
    const packed = batch.body.length >= GZIP_BYTES_MIN ? await compress(batch.body) : undefined;
    const post = async (credentials: Credentials | undefined, zipped: boolean): Promise<Outcome> => {
      const headers = { ...headersFor(credentials), ...(zipped ? { 'content-encoding': 'gzip' } : {}) };
      const body = zipped && packed !== undefined ? packed : batch.body;
      return outcomeOf(await attemptFresh(node, { path: writePath(batch), headers, body }, deadline));
    };
    const credentials = await options.credentials.current();
    let outcome = await post(credentials, packed !== undefined);
    if (packed !== undefined && isGzipTrouble(outcome)) outcome = await post(credentials, false);
    if (outcome.kind !== 'denied' || outcome.scope !== 'server') return outcome;
    const renewed = await options.credentials.renew();
    return sameCredentials(credentials, renewed) ? outcome : post(renewed, packed !== undefined);
  };

  /** A secret that cannot be read is no fault of the data. */
  const writeTo = async (node: Node, batch: Batch, deadline: Deadline): Promise<Outcome> => {
    try {
      return await writeWithCredentials(node, batch, deadline);
    } catch (error) {
      return { kind: 'denied', scope: 'server', text: `credentials: ${(error as Error).message}` };
    }
  };

  return {
    async write(batch, deadline) {
      let outcome: Outcome = { kind: 'unavailable', unexplained: false, text: 'no time was left for an attempt' };
      for (let tries = 0; tries < nodes.length && deadline.remainingMs() > 0; tries++) {
        const asked = preferred;
        outcome = await writeTo(nodes[asked] as Node, batch, deadline);
        if (outcome.kind !== 'unavailable') return outcome;
        // Another batch may have moved on already.
        if (preferred === asked) preferred = (asked + 1) % nodes.length;
      }
      return outcome;
    },

    async createDatabase(name, deadline) {
      const query = `CREATE DATABASE "${name.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
      const credentials = await options.credentials.current().catch(() => 'unreadable' as const);
      if (credentials === 'unreadable') return false;
      const headers = { ...headersFor(credentials), 'content-type': 'application/x-www-form-urlencoded' };
      const body = new URLSearchParams({ q: query }).toString();
      const reply = await attemptFresh(nodes[preferred] as Node, { path: '/query', headers, body }, deadline);
      return !('error' in reply) && reply.status === 200 && !reply.body.includes('"error"');
    },

    async close() {
      await Promise.all(nodes.map((node) => node.pool.destroy()));
    },
  };
};

const compress = async (body: Uint8Array): Promise<Uint8Array> =>
  body.length < GZIP_ASYNC_BYTES_MIN ? gzipSync(body, GZIP_LEVEL) : gzipAsync(body, GZIP_LEVEL);

/** The body arrived damaged, or something in between unpacked it: worth one try without compression. */
const isGzipTrouble = (outcome: Outcome): boolean =>
  outcome.kind === 'unavailable' && /^gzip: |^(?:unexpected )?EOF$|: gzip: |: unexpected EOF$/.test(outcome.text);

const writePath = ({ target }: Batch): string => {
  const query = new URLSearchParams({ db: target.database, precision: 'ns' });
  if (target.retentionPolicy !== undefined) query.set('rp', target.retentionPolicy);
  return `/write?${query}`;
};

const headersFor = (credentials: Credentials | undefined): Record<string, string> => ({
  // The server answers errors in the form that is accepted, and knows CSV and msgpack too.
  accept: 'application/json',
  'content-type': 'text/plain; charset=utf-8',
  ...basicAuthorization(credentials),
});

const sameCredentials = (a: Credentials | undefined, b: Credentials | undefined): boolean =>
  a?.username === b?.username && a?.password === b?.password;
