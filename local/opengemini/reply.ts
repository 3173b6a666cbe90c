/** Replies of the stand-in, in the server's formats. */

import { randomUUID } from 'node:crypto';
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import { type ByteText, jsonString } from './byte-text.ts';

/** A reply to a request. */
export interface Reply {
  readonly status: number;
  /** Undefined means `application/json`. */
  readonly contentType?: 'application/json' | 'text/plain; charset=utf-8';
  readonly headers?: Readonly<Record<string, ByteText>>;
  readonly body?: string;
  /** Whether the server closes the connection after this reply. */
  readonly closes?: boolean;
}

const ERROR_HEADER_BYTES_MAX = 1_024;

/** Returns an error in the server's usual form: JSON, and the same text as a header, except for 401. */
export const errorReply = (status: number, error: ByteText): Reply => ({
  status,
  headers:
    status === 401
      ? { 'Www-Authenticate': 'Basic realm="InfluxDB"' }
      : {
          'X-Influxdb-Error': error
            .slice(0, ERROR_HEADER_BYTES_MAX)
            .replace(/[\r\n]/g, ' ')
            .replace(/^[ \t]+|[ \t]+$/g, ''),
        },
  body: `{"error":${jsonString(error)}}\n`,
});

/** Returns an error in plain text without the error header, as some parts of the server do. */
export const textReply = (status: number, text: string): Reply => ({
  status,
  contentType: 'text/plain; charset=utf-8',
  headers: { 'X-Content-Type-Options': 'nosniff' },
  body: `${text}\n`,
});

/** The reply to a successful write. */
export const NO_CONTENT: Reply = { status: 204 };

/**
 * Characters that Node accepts in a header. The real server sends other characters too, and clients must handle them.
 */
const SENDABLE = /^[\t\x20-\x7e\x80-\xff]*$/;

const headersOf = (request: IncomingMessage, reply: Reply): Record<string, ByteText> => {
  const id = [request.headers['x-request-id'], request.headers['request-id']].find((header) => header) ?? randomUUID();
  return {
    'Content-Type': reply.contentType ?? 'application/json',
    'Request-Id': String(id),
    'X-Geminidb-Build': 'OSS',
    'X-Geminidb-Version': '',
    'X-Request-Id': String(id),
    ...(reply.closes && { Connection: 'close' }),
    ...reply.headers,
  };
};

/** Writes directly to the socket, and closes the connection, because the response bypassed `node:http`. */
const sendRaw = (request: IncomingMessage, status: number, headers: Record<string, ByteText>, body: Buffer): void => {
  const lines = Object.entries({ ...headers, 'Content-Length': String(body.length), Connection: 'close' });
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  request.socket.write(Buffer.from(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${head}\r\n`, 'latin1'));
  request.socket.end(body);
};

/** Sends a reply. Does nothing if the connection is already closed. */
export const send = (request: IncomingMessage, response: ServerResponse, reply: Reply): void => {
  if (response.destroyed || request.socket.destroyed) return;
  const headers = headersOf(request, reply);
  const body = Buffer.from(reply.body ?? '', 'utf8');
  if (!Object.values(headers).every((value) => SENDABLE.test(value))) {
    sendRaw(request, reply.status, headers, body);
    return;
  }
  if (reply.status !== 204) headers['Content-Length'] = String(body.length);
  response.writeHead(reply.status, headers);
  response.end(body);
};
