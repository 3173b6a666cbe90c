/** The whole local system in front of a server that is another process, with a steady stream of events. */

import { type FaultyProxy, startFaultyProxy } from '../../local/faulty-proxy.ts';
import { LOCAL_DEFAULTS } from '../../local/local-defaults.ts';
import { createDatabase, query } from '../../local/opengemini-client.ts';
import { openQueues, type QueueAccess } from '../../local/queue/queue-access.ts';
import { type LocalSystem, startLocalSystem } from '../../local/system.ts';
import { addToLedger, emptyLedger, isBalanced } from '../../local/workload/ledger-totals.ts';
import { sendSteadily, TrackedEvents } from '../../local/workload/tracked-events.ts';
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
  readonly events: TrackedEvents;
  readonly #queues: QueueAccess;
  readonly #ledger: ReturnType<typeof emptyLedger>;
  #endStream = async (): Promise<void> => undefined;

  private constructor(
    server: ServerProcess,
    nodes: readonly FaultyProxy[],
    system: LocalSystem,
    ledger: ReturnType<typeof emptyLedger>,
    events: TrackedEvents,
  ) {
    this.server = server;
    this.nodes = nodes;
    this.system = system;
    this.#queues = openQueues(system.addresses.sqsEndpoint);
    this.#ledger = ledger;
    this.events = events;
  }

  /** Starts server, proxies, and local system. */
  static async open(binary: string | undefined, settings: ServerSettings = {}): Promise<EnduranceWorld> {
    const server = await serverProcess(binary, settings);
    await server.start();
    await createDatabase(server.access, DATABASE, undefined);
    const events = new TrackedEvents();
    const confirm = (lines: string): void => events.confirm(lines);
    const nodes = await Promise.all(Array.from({ length: NODES }, () => startFaultyProxy(server.access.url, confirm)));
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
    return new EnduranceWorld(server, nodes, system, ledger, events);
  }

  /** Starts the stream. */
  begin(): void {
    this.#endStream = sendSteadily(MESSAGES_PER_SECOND, (messages) =>
      this.#queues.send(
        this.system.addresses.queueUrl,
        Array.from({ length: messages }, () => ({ body: this.#body() })),
      ),
    );
  }

  #body(): string {
    const sent = Date.now();
    const events = Array.from({ length: EVENTS_PER_MESSAGE }, () => {
      const id = this.events.next();
      // Unique within a series, so that no point replaces another one.
      const at = (BigInt(sent) * 1_000_000n + BigInt(id % 1_000_000)).toString();
      return { id, sent, at, source: `s${id % SERIES}` };
    });
    return JSON.stringify({ events });
  }

  /** Ends the stream, and waits until all events are stored or the time has passed. */
  async settle(limitMs: number): Promise<void> {
    await this.#endStream();
    await this.events.allStored(limitMs);
  }

  /** Reads all events back from the server. */
  async outcome(): Promise<Outcome> {
    const ids = new Set<number>();
    for (let series = 0; series < SERIES; series++) {
      const found = await query(this.server.access, `SELECT id FROM m WHERE source = 's${series}'`, DATABASE);
      for (const { values } of found) for (const [, id] of values) ids.add(Number(id));
    }
    const { sent } = this.events;
    const missing = Array.from({ length: sent }, (_, id) => id).filter((id) => !ids.has(id));
    const letters = await this.#queues.receiveAll(this.system.addresses.deadLetterQueueUrl);
    return {
      sent,
      stored: ids.size,
      missing,
      deadLetters: letters.length,
      // The ledgers of functions that were killed are missing on both sides.
      isBalanced: isBalanced(this.#ledger),
    };
  }

  async close(): Promise<void> {
    await this.#endStream().catch(() => undefined);
    this.#queues.close();
    await this.system.close();
    await Promise.all(this.nodes.map((node) => node.close()));
    await this.server.close();
  }
}
