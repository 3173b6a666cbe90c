import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Credentials, createAuthenticate } from './auth.ts';
import { textOf } from './byte-text.ts';
import { createFaults, type Faults } from './faults.ts';
import { listPoints, type StoredPoint } from './points.ts';
import { send, textReply } from './reply.ts';
import { route } from './router.ts';
import { createThrottle } from './throttle.ts';
import type { Counts, Exchange, Server } from './write-exchange.ts';

export interface StandInOptions {
  /** 0, the default, takes any free port. */
  readonly port?: number;
  /** Turns authentication on, with this one user. */
  readonly credentials?: Credentials;
  readonly maxBodyBytes?: number;
  /** Writes worked on at once; 0, the default, sets no limit. */
  readonly concurrentWritesMax?: number;
  readonly enqueuedWritesMax?: number;
  readonly enqueuedWriteTimeoutMs?: number;
  /** The server's clock, in nanoseconds since 1970: for points without a time, expiry, and the lock of a user. */
  readonly clock?: () => bigint;
  /** How long each write keeps its place among the concurrent ones. */
  readonly writeCostMs?: number;
}

export interface StandIn {
  readonly url: string;
  readonly port: number;
  readonly faults: Faults;
  /** Counted since the start; the object stays the same, so read it again. */
  readonly counts: Readonly<Counts>;
  databases(): string[];
  points(database: string, retentionPolicy?: string): StoredPoint[];
  /** Ends all connections at once, also those that wait for an answer. */
  close(): Promise<void>;
}

/** The wall clock, with the nanoseconds that `Date` lacks taken from the monotonic one. */
const systemClock = (): (() => bigint) => {
  const offset = BigInt(Date.now()) * 1_000_000n - process.hrtime.bigint();
  return () => offset + process.hrtime.bigint();
};

const createState = (options: StandInOptions): Server => {
  const nowNs = options.clock ?? systemClock();
  return {
    databases: new Map(),
    switches: { disableWrite: false, readonly: false },
    maxBodyBytes: options.maxBodyBytes ?? 25_000_000,
    nowNs,
    authenticate: createAuthenticate(options.credentials, nowNs),
    throttle: createThrottle({
      concurrentWritesMax: options.concurrentWritesMax ?? 0,
      enqueuedWritesMax: options.enqueuedWritesMax ?? 0,
      enqueuedWriteTimeoutMs: options.enqueuedWriteTimeoutMs ?? 30_000,
    }),
    faults: createFaults(),
    counts: { writesReceived: 0, writesByStatus: {}, linesStored: 0 },
    writeCostMs: options.writeCostMs ?? 0,
  };
};

const answer = async (server: Server, exchange: Exchange): Promise<void> => {
  const { request, response } = exchange;
  try {
    await route(server, exchange);
  } catch (cause) {
    if (request.destroyed && !request.complete) return; // The client went away in the middle of its body.
    process.emitWarning(cause instanceof Error ? cause : String(cause));
    send(request, response, textReply(500, 'Internal Server Error'));
  }
};

/** Starts a server on this machine that behaves like openGemini's write path, as far as a client can tell. */
export const startStandIn = async (options: StandInOptions = {}): Promise<StandIn> => {
  const state = createState(options);
  const http = createServer(
    { keepAliveTimeout: 0, requestTimeout: 0, maxHeaderSize: 1_048_576 },
    (request, response) => {
      const [path = '', ...search] = (request.url ?? '').split('?');
      void answer(state, { request, response, path, params: new URLSearchParams(search.join('?')) });
    },
  );
  await new Promise<void>((resolve, reject) => {
    http.once('error', reject);
    http.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const { port } = http.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    faults: state.faults,
    counts: state.counts,
    databases: () => [...state.databases.keys()].map(textOf).sort(),
    points: (database, retentionPolicy) => listPoints(state.databases, database, retentionPolicy),
    close: () =>
      new Promise((resolve) => {
        http.close(() => resolve());
        http.closeAllConnections();
      }),
  };
};
