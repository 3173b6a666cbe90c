/**
 * The stand-in: openGemini's write path and a part of its queries in TypeScript, for tests and `dev`. It writes as the
 * real server does in `test/fixture/write-corpus.jsonl`.
 */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Credentials, createAuthenticate } from './auth.ts';
import { textOf } from './byte-text.ts';
import { createFaults, type Faults } from './faults.ts';
import { type JournalEntry, openJournal } from './journal.ts';
import { listPoints, type StoredPoint } from './points.ts';
import { handleQuery } from './query-endpoint.ts';
import { send, textReply } from './reply.ts';
import { route } from './router.ts';
import type { Databases } from './storage.ts';
import { createThrottle } from './throttle.ts';
import { repeatWrite } from './write-endpoint.ts';
import type { Counts, Exchange, Server } from './write-exchange.ts';

/** Settings of a stand-in. */
export interface StandInOptions {
  /** 0 means any free port (default 0). */
  readonly port?: number;
  /** The only user. Undefined turns authentication off. */
  readonly credentials?: Credentials;
  /** Limit for bodies (default 25,000,000; 0 means no limit). */
  readonly maxBodyBytes?: number;
  /** Concurrent writes, at most (default 0, which means no limit). */
  readonly concurrentWritesMax?: number;
  /** Writes that may wait for the concurrent ones (default 0, which means no limit). */
  readonly enqueuedWritesMax?: number;
  /** Time that a write may wait (default 30,000). */
  readonly enqueuedWriteTimeoutMs?: number;
  /** The server's clock in nanoseconds since 1970, for points without a time, expiry, and the lock of a user. */
  readonly clock?: () => bigint;
  /** Time that each write takes (default 0). */
  readonly writeCostMs?: number;
  /** File that keeps the databases and points (default none: they are in memory). */
  readonly file?: string | undefined;
}

/** A running stand-in. */
export interface StandIn {
  readonly url: string;
  readonly port: number;
  readonly faults: Faults;
  /** Counts since the start. The object is updated in place. */
  readonly counts: Readonly<Counts>;
  /** Returns the names of all databases. */
  databases(): string[];
  /** Returns the points of a retention policy, by default of the default policy. */
  points(database: string, retentionPolicy?: string): StoredPoint[];
  /** Closes all connections immediately, including those that wait for a response. */
  close(): Promise<void>;
}

/** Returns the wall clock in nanoseconds. The digits that `Date` lacks come from the monotonic clock. */
const systemClock = (): (() => bigint) => {
  const offset = BigInt(Date.now()) * 1_000_000n - process.hrtime.bigint();
  return () => offset + process.hrtime.bigint();
};

const repeat = (databases: Databases, entry: JournalEntry): void => {
  if (entry.kind === 'write') repeatWrite(databases, entry);
  else handleQuery(databases, new URLSearchParams({ q: entry.query, db: entry.database }), 0n);
};

const createState = (options: StandInOptions): Server => {
  const nowNs = options.clock ?? systemClock();
  const databases: Databases = new Map();
  return {
    databases,
    journal: options.file === undefined ? undefined : openJournal(options.file, (entry) => repeat(databases, entry)),
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

const handle = async (server: Server, exchange: Exchange): Promise<void> => {
  const { request, response } = exchange;
  try {
    await route(server, exchange);
  } catch (cause) {
    if (request.destroyed && !request.complete) return; // The client closed the connection before the end of its body.
    process.emitWarning(cause instanceof Error ? cause : String(cause));
    send(request, response, textReply(500, 'Internal Server Error'));
  }
};

/** Starts a server on this machine that a client cannot distinguish from openGemini's write path. */
export const startStandIn = async (options: StandInOptions = {}): Promise<StandIn> => {
  const state = createState(options);
  const http = createServer(
    { keepAliveTimeout: 0, requestTimeout: 0, maxHeaderSize: 1_048_576 },
    (request, response) => {
      const [path = '', ...search] = (request.url ?? '').split('?');
      void handle(state, { request, response, path, params: new URLSearchParams(search.join('?')) });
    },
  );
  await new Promise<void>((resolve, reject) => {
    http.once('error', (error) => {
      state.journal?.close();
      reject(error);
    });
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
        http.close(() => {
          state.journal?.close();
          resolve();
        });
        http.closeAllConnections();
      }),
  };
};
