/**
 * Several instances with shared breakers in front of one server. A test controls the time, the table and the responses.
 */

import type { OpenBreaker } from '../../src/breaker/breaker.ts';
import type { BreakerStore } from '../../src/breaker/breaker-store.ts';
import { guarded, guardState } from '../../src/breaker/guarded.ts';
import type { Hold } from '../../src/breaker/hold.ts';
import { SharedBreakers } from '../../src/breaker/shared-breakers.ts';
import type { Outcome } from '../../src/sink/outcome.ts';
import type { Batch, Deadline, Target, Writer } from '../../src/sink/ports.ts';
import { FOREVER, NOW_MS } from '../checkpoint/make.ts';
import { type WatchedPort, watchedPort } from '../checkpoint/watched-port.ts';
import { emptyTable, memoryStateTable, type TableItems } from '../contract/memory-state-table.ts';
import { TARGET } from '../sink/make.ts';

/** Outcome of a successful write. */
export const WRITTEN: Outcome = { kind: 'written' };
/** Outcome of an unavailable server, which no line can cause. */
export const AWAY: Outcome = { kind: 'unavailable', unexplained: false, text: 'server is closing' };
/** Unexplained failure, which a line may cause. */
export const FAILED: Outcome = { kind: 'unavailable', unexplained: true, text: 'HTTP 500: runtime error' };
/** Outcome of an overloaded server. */
export const BUSY: Outcome = { kind: 'throttled', unexplained: false, text: 'request throttled' };
/** Outcome of a 401 response. */
export const WRONG_PASSWORD: Outcome = { kind: 'denied', scope: 'server', text: '401' };
/** Outcome of a 403 response. */
export const NOT_AUTHORIZED: Outcome = { kind: 'denied', scope: 'target', text: '403' };
/** Outcome of a missing database. */
export const NO_DATABASE: Outcome = { kind: 'misconfigured', databaseMissing: true, text: 'database not found' };
/** Outcome of a refused line, which shows a working server. */
export const REFUSED: Outcome = { kind: 'refused', code: 'type-conflict', text: 'field type conflict' };

/** Returns a batch of one line. */
export const batch = (line: string, target: Target = TARGET): Batch => ({
  target,
  body: Buffer.from(`${line}\n`),
  lines: 1,
});

/** A request that the server received. */
export interface Request {
  readonly by: string;
  readonly database: string;
  readonly text: string;
}

/** One instance with its breakers and its guarded writer. */
export interface TestInstance {
  readonly breakers: SharedBreakers;
  /** Its breaker events, in order. */
  readonly reported: string[];
  /** The guarded writer, which reads the store before each batch. */
  readonly writer: Writer;
  /** Reads the store if it is available, and probes, as at the start of an invocation. */
  begin(deadline?: Deadline): Promise<void>;
  refresh(): Promise<void>;
  /** Writes through the guard, one batch after the other. */
  write(...lines: readonly string[]): Promise<Outcome[]>;
  writeTo(target: Target, line: string): Promise<Outcome>;
}

/** The server, the table, and the time of a test. */
export class BreakerWorld {
  now = NOW_MS;
  /** The random number that the jitter uses. */
  random = 0;
  /** The mark of the credentials. A promise: they are being fetched. */
  credentials: string | Promise<string> = 'old';
  /** Number of times that an instance fetched the credentials. */
  fetched = 0;
  requestMs = 15_000;
  /** The limit of every wait. `repeated-probe.test.ts` has a clock of its own. */
  limit: Deadline = FOREVER;
  readonly items: TableItems = emptyTable();
  readonly store: WatchedPort<BreakerStore> = watchedPort(memoryStateTable(this.items, 'sink').breakers);
  readonly requests: Request[] = [];
  /** Number of requests in flight, and its maximum. */
  inFlight = 0;
  inFlightMax = 0;
  answer: (batch: Batch, line: string) => Outcome | Promise<Outcome> = () => WRITTEN;
  /** The hold in the table. */
  hold: Hold | undefined;

  /** Makes the table unavailable or available. */
  set storeIsAway(away: boolean) {
    this.store.fault = () => (away ? 'refused' : undefined);
    this.#away = away;
  }
  #away = false;

  async server(by: string, asked: Batch): Promise<Outcome> {
    const text = Buffer.from(asked.body).toString('utf8').trimEnd();
    this.requests.push({ by, database: asked.target.database, text });
    this.inFlight += 1;
    this.inFlightMax = Math.max(this.inFlightMax, this.inFlight);
    const outcome = await this.answer(asked, text);
    this.inFlight -= 1;
    return outcome;
  }

  /** Creates an instance. `shares`: whether it has a store. */
  instance(name: string, shares = true): TestInstance {
    const reported: string[] = [];
    const deadlineIn = () => ({ ...this.limit, release: () => undefined });
    const clock = { nowMs: () => this.now, random: () => this.random, deadlineIn };
    const breakers = new SharedBreakers({
      store: shares ? this.store.port : undefined,
      owner: name,
      requestMs: this.requestMs,
      clock,
      credentialsMark: async () => {
        this.fetched += 1;
        return this.credentials;
      },
      events: {
        opened: ({ key, kind }) => reported.push(`opened ${key}: ${kind}`),
        closed: ({ key }) => reported.push(`closed ${key}`),
        storeFailed: () => reported.push('the store is unavailable'),
      },
    });
    const server: Writer = { write: (asked) => this.server(name, asked) };
    const refresh = async (): Promise<void> => {
      if (this.#away || !shares) return;
      breakers.beginRead()(this.open());
      breakers.applyHold(this.hold);
    };
    const guard = guarded(breakers, guardState())(server);
    // Control I/O happens before each batch, as in the sink.
    const writer: Writer = {
      async write(batch, deadline) {
        await refresh();
        return guard.write(batch, deadline);
      },
    };
    return {
      breakers,
      reported,
      writer,
      refresh,
      async begin(deadline = FOREVER) {
        await refresh();
        await breakers.probeDue(server, deadline);
      },
      async write(...lines) {
        const outcomes: Outcome[] = [];
        for (const line of lines) outcomes.push(await writer.write(batch(line), FOREVER));
        return outcomes;
      },
      writeTo: (target, line) => writer.write(batch(line, target), FOREVER),
    };
  }

  /** Open breakers in the table, which apply to all instances. */
  open(): readonly OpenBreaker[] {
    return [...this.items.breakers.values()].map(({ breaker }) => breaker);
  }

  keys(): string[] {
    return this.open().map(({ key }) => key);
  }

  /** Time until an instance may probe, from the table. */
  pauseMs(): number {
    return (this.open()[0]?.probeAtMs ?? Number.NaN) - this.now;
  }

  /** Returns the requests since the last call. */
  takeRequests(): Request[] {
    return this.requests.splice(0);
  }
}

/** Returns the kinds of outcomes. */
export const kinds = (outcomes: readonly Outcome[]): string[] => outcomes.map(({ kind }) => kind);

/** One instance has met an outage and opened the server's breaker for all instances. */
export const outage = async (answer: Outcome = AWAY): Promise<{ world: BreakerWorld; first: TestInstance }> => {
  const world = new BreakerWorld();
  const first = world.instance('first');
  world.answer = () => answer;
  await first.write('a', 'b', 'c', 'd', 'e');
  world.takeRequests();
  return { world, first };
};
