/** The exchange of a write over HTTP: authentication, throttle, faults, and counts. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Authenticate } from './auth.ts';
import { bytesOf } from './byte-text.ts';
import { type FaultName, type Faults, faultReply } from './faults.ts';
import type { Journal } from './journal.ts';
import { errorReply, type Reply, send } from './reply.ts';
import { readBody } from './request-body.ts';
import type { Throttle } from './throttle.ts';
import { handleRecordedWrite, handleWrite, splitBucket, type WriteContext } from './write-endpoint.ts';

/** Counts of writes. */
export interface Counts {
  /** Requests to a write path, with or without a reply. */
  writesReceived: number;
  /** Replies to writes by status. */
  writesByStatus: Record<number, number>;
  linesStored: number;
}

/** State of a stand-in. */
export interface Server extends WriteContext {
  readonly authenticate: Authenticate;
  readonly throttle: Throttle;
  readonly faults: Faults;
  readonly counts: Counts;
  readonly writeCostMs: number;
  /** Receives what changes the store. Undefined means that the store is only in memory. */
  readonly journal: Journal | undefined;
}

/** A request and its response. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly path: string;
  readonly params: URLSearchParams;
}

const LATENCY_MS = 100;

const isV2Api = ({ path }: Exchange): boolean => path === '/api/v2/write';

const targetOf = (exchange: Exchange): ReturnType<typeof splitBucket> => {
  const { params } = exchange;
  if (isV2Api(exchange)) return splitBucket(params.get('bucket') ?? '');
  return { database: bytesOf(params.get('db') ?? ''), policy: bytesOf(params.get('rp') ?? '') };
};

const bodyBytesMax = (server: Server, encoding: string, contentLength: number | undefined): number => {
  if (server.maxBodyBytes === 0) return 0;
  const isUnlimited = encoding === 'gzip' && (contentLength ?? 0) <= server.maxBodyBytes;
  return isUnlimited ? 0 : server.maxBodyBytes + 1;
};

const write = async (server: Server, exchange: Exchange): Promise<Reply> => {
  const { request, params } = exchange;
  const { headers } = request;
  const encoding = headers['content-encoding'] ?? '';
  const contentLength = headers['content-length'] === undefined ? undefined : Number(headers['content-length']);
  const body = await readBody(request, bodyBytesMax(server, encoding, contentLength));
  const denied = server.authenticate(request, params);
  if (denied !== undefined) return errorReply(401, denied);
  const target = targetOf(exchange);
  if ('error' in target) return errorReply(404, target.error);
  if (server.writeCostMs > 0) await sleep(server.writeCostMs, undefined, { ref: false });
  const precision = params.get('precision') ?? '';
  const accepted = { ...target, precision, encoding, contentLength, body };
  const { reply, stored } =
    server.journal === undefined
      ? handleWrite(server, accepted)
      : handleRecordedWrite(server, accepted, server.journal);
  server.counts.linesStored += stored;
  return reply;
};

/** Writes when the throttle allows it. The throttle does not apply to the v2 API. */
const writeThrottled = async (server: Server, exchange: Exchange): Promise<Reply> => {
  if (isV2Api(exchange)) return write(server, exchange);
  const entry = await server.throttle.enter();
  if ('refusal' in entry) {
    await readBody(exchange.request, 1); // The client must have sent its body before it reads the reply.
    return entry.refusal;
  }
  try {
    return await write(server, exchange);
  } finally {
    entry.leave();
  }
};

/** Handles one request to a write path, with the faults that are set. */
export const exchangeWrite = async (server: Server, exchange: Exchange): Promise<void> => {
  const { request, response } = exchange;
  server.counts.writesReceived++;
  const faults = server.faults.take();
  const has = (name: FaultName): boolean => faults.some((fault) => fault.name === name);
  const latency = faults.find((fault) => fault.name === 'latency');
  if (latency !== undefined) await sleep(latency.ms ?? LATENCY_MS, undefined, { ref: false });
  if (has('hang')) return;
  if (has('reset')) {
    request.socket.resetAndDestroy();
    return;
  }
  const faulty = faults.map(faultReply).find((reply) => reply !== undefined);
  if (faulty !== undefined) await readBody(request, 1);
  const reply = faulty ?? (await writeThrottled(server, exchange));
  if (has('dropped-reply')) {
    request.socket.destroy();
    return;
  }
  const { writesByStatus } = server.counts;
  writesByStatus[reply.status] = (writesByStatus[reply.status] ?? 0) + 1;
  send(request, response, reply);
};
