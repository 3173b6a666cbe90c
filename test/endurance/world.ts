/** The whole local system in front of a server that is another process, with a steady stream of events. */

import { type FaultyProxy, startFaultyProxy } from '../../local/faulty-proxy.ts';
import { LOCAL_DEFAULTS } from '../../local/local-defaults.ts';
import { createDatabase, query } from '../../local/opengemini-client.ts';
import { openQueues, type QueueAccess } from '../../local/queue/queue-access.ts';
import { type LocalSystem, startLocalSystem } from '../../local/system.ts';
import { addToLedger, emptyLedger, isBalanced } from '../../local/workload/ledger-totals.ts';
import { type ServerProcess, type ServerSettings, serverProcess } from './server.ts';

/** Messages per second, and events in each. 30 minutes are 216,000 events. */
const MESSAGES_PER_SECOND = 12;
const EVENTS_PER_MESSAGE = 10;
/** Series of the events. A query reads one of them. */
const SERIES = 16;
const DATABASE = 'endurance';
const NODES = 2;

const MAPPING = {
  version: 1,
  measurement: 'm',
  events: 'events',
  timestamp: { path: 'at', precision: 'ns' },
  tags: { source: 'source' },
  fields: { id: { path: 'id', type: 'integer' }, sent: { path: 'sent', type: 'integer' } },
};

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** What the events became. */
export interface Outcome {
  readonly sent: number;
  /** Events that the server returns to a query. */
  readonly stored: number;
  readonly missing: readonly number[];
  readonly deadLetters: number;
  readonly isBalanced: boolean;
}

/** A running system. */
export class EnduranceWorld {
  readonly server: ServerProcess;
  readonly nodes: readonly FaultyProxy[];
  readonly system: LocalSystem;
  readonly #queues: QueueAccess;
  readonly #ledger: ReturnType<typeof emptyLedger>;
  readonly #sentAt: number[] = [];
  readonly #storedAt: Map<number, number>;
  #isSending = true;
  #sending: Promise<void> = Promise.resolve();

  private constructor(
    server: ServerProcess,
    nodes: readonly FaultyProxy[],
    system: LocalSystem,
    ledger: ReturnType<typeof emptyLedger>,
    storedAt: Map<number, number>,
  ) {
    this.server = server;
    this.nodes = nodes;
    this.system = system;
    this.#queues = openQueues(system.addresses.sqsEndpoint);
    this.#ledger = ledger;
    this.#storedAt = storedAt;
  }

  /** Starts server, proxies, and local system. */
  static async open(binary: string | undefined, settings: ServerSettings = {}): Promise<EnduranceWorld> {
    const server = await serverProcess(binary, settings);
    await server.start();
    await createDatabase(server.access, DATABASE, undefined);
    const storedAt = new Map<number, number>();
    const onStored = (lines: string): void => {
      const now = performance.now();
      for (const [, id] of lines.matchAll(/\bid=(\d+)i/g)) if (!storedAt.has(Number(id))) storedAt.set(Number(id), now);
    };
    const nodes = await Promise.all(Array.from({ length: NODES }, () => startFaultyProxy(server.access.url, onStored)));
    const ledger = emptyLedger();
    const system = await startLocalSystem({
      ...LOCAL_DEFAULTS,
      batchSize: 100,
      windowMs: 200,
      concurrency: 3,
      timeoutMs: 30_000,
      visibilitySeconds: 30,
      variables: {
        OPENGEMINI_URL: nodes.map(({ url }) => url).join(','),
        OPENGEMINI_DATABASE: DATABASE,
        OPENGEMINI_TIMEOUT_MS: '5000',
        SINK_MAPPING: JSON.stringify(MAPPING),
      },
      onLogLine(line) {
        addToLedger(ledger, line);
        if (process.env.ENDURANCE_LOG) process.stderr.write(`${line}\n`);
      },
    });
    return new EnduranceWorld(server, nodes, system, ledger, storedAt);
  }

  /** Events that were sent, and those among them that the server has confirmed. */
  get counts(): { readonly sent: number; readonly stored: number } {
    return { sent: this.#sentAt.length, stored: this.#storedAt.size };
  }

  /** Starts the stream. */
  begin(): void {
    this.#sending = this.#send();
  }

  async #send(): Promise<void> {
    const startMs = performance.now();
    let messages = 0;
    while (this.#isSending) {
      const due = Math.floor(((performance.now() - startMs) / 1_000) * MESSAGES_PER_SECOND) - messages;
      if (due > 0)
        await this.#queues.send(
          this.system.addresses.queueUrl,
          Array.from({ length: due }, () => ({ body: this.#body() })),
        );
      messages += Math.max(0, due);
      await pause(50);
    }
  }

  #body(): string {
    const sent = Date.now();
    const events = Array.from({ length: EVENTS_PER_MESSAGE }, () => {
      const id = this.#sentAt.push(performance.now()) - 1;
      // Unique within a series, so that no point replaces another one.
      const at = (BigInt(sent) * 1_000_000n + BigInt(id % 1_000_000)).toString();
      return { id, sent, at, source: `s${id % SERIES}` };
    });
    return JSON.stringify({ events });
  }

  /** Returns the times from queue to server, in ms, of events that were stored after `sinceMs`, sorted. */
  latenciesSince(sinceMs: number): readonly number[] {
    return [...this.#storedAt]
      .filter(([, storedMs]) => storedMs >= sinceMs)
      .map(([id, storedMs]) => storedMs - (this.#sentAt[id] as number))
      .sort((a, b) => a - b);
  }

  /** Ends the stream, and waits until all events are stored or the time has passed. */
  async settle(limitMs: number): Promise<void> {
    this.#isSending = false;
    await this.#sending;
    const endMs = performance.now() + limitMs;
    while (this.#storedAt.size < this.#sentAt.length && performance.now() < endMs) await pause(200);
  }

  /** Reads all events back from the server. */
  async outcome(): Promise<Outcome> {
    const ids = new Set<number>();
    for (let series = 0; series < SERIES; series++) {
      const found = await query(this.server.access, `SELECT id FROM m WHERE source = 's${series}'`, DATABASE);
      for (const { values } of found) for (const [, id] of values) ids.add(Number(id));
    }
    const missing = this.#sentAt.flatMap((_, id) => (ids.has(id) ? [] : [id]));
    const letters = await this.#queues.receiveAll(this.system.addresses.deadLetterQueueUrl);
    return {
      sent: this.#sentAt.length,
      stored: ids.size,
      missing,
      deadLetters: letters.length,
      // The ledgers of functions that were killed are missing on both sides.
      isBalanced: isBalanced(this.#ledger),
    };
  }

  async close(): Promise<void> {
    this.#isSending = false;
    await this.#sending.catch(() => undefined);
    this.#queues.close();
    await this.system.close();
    await Promise.all(this.nodes.map((node) => node.close()));
    await this.server.close();
  }
}
