/** An HTTP client that reads every reply of the server. */

import { request } from 'node:http';

/** A reply of the server. */
export interface RawReply {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: string;
  /** The error of the JSON body, if there is one. */
  readonly error: string | null;
}

const errorOf = (body: string): string | null => {
  try {
    return (JSON.parse(body) as { error?: string }).error ?? null;
  } catch {
    return null;
  }
};

/** A request to the server. */
export interface RawRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** Sends a chunked body, without its length. */
  readonly isChunked?: boolean;
}

/** Sends a request. It also reads replies with control bytes in a header, which `fetch` refuses. */
export const send = (
  url: string,
  { method = 'POST', headers = {}, body = '', isChunked = false }: RawRequest = {},
): Promise<RawReply> =>
  new Promise((resolve, reject) => {
    const length = isChunked ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const outgoing = request(url, { method, headers: { ...length, ...headers }, insecureHTTPParser: true }, (reply) => {
      const chunks: Buffer[] = [];
      reply.on('data', (chunk: Buffer) => chunks.push(chunk));
      reply.on('error', reject);
      reply.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        resolve({ status: reply.statusCode ?? 0, headers: reply.headers, body: text, error: errorOf(text) });
      });
    });
    outgoing.on('error', reject);
    if (isChunked) outgoing.flushHeaders();
    outgoing.end(body);
  });

/** Sends a query. Times in the reply are in nanoseconds. */
export const query = async (url: string, database: string, statement: string): Promise<RawReply> =>
  send(`${url}/query?${new URLSearchParams({ db: database, epoch: 'ns', q: statement })}`);
