/**
 * openGemini behind the faulty connection of an instance: the core of the stand-in, with every fault that can occur in
 * the server, a proxy, or the network.
 */

import { bytesOf } from '../../local/opengemini/byte-text.ts';
import { createDatabase, type Databases } from '../../local/opengemini/storage.ts';
import { handleWrite } from '../../local/opengemini/write-endpoint.ts';
import { outcomeOfError, outcomeOfReply } from '../../src/adapters/opengemini-reply.ts';
import type { Outcome } from '../../src/sink/outcome.ts';
import type { Batch } from '../../src/sink/ports.ts';
import { abortable } from '../../src/sink/time-limit.ts';
import { type ServerNode, type SeveralNodes, severalNodes } from '../../src/writer/several-nodes.ts';
import { BEGINNING_MS, CallFailed, type Instance, type Surroundings } from './instance.ts';
import type { NodeFault, SimNodes } from './sim-nodes.ts';

/** Receives the writes that the oracle checks. */
export interface ServerWatcher {
  /** A client sends a body. */
  sending(instance: Instance, batch: Batch): void;
  /** A body has reached the store; `status` is the server's response. */
  arrived(batch: Batch, status: number): void;
  /** The outcome that the client received. */
  answered(instance: Instance, batch: Batch, outcome: Outcome): void;
  poisonMet(): void;
}

/** Default of `OPENGEMINI_TIMEOUT_MS`. */
export const CLIENT_TIMEOUT_MS = 15_000;
const SLOW_MS = 20_000;
const SLOW_NODE_MS = 3_000;
const LOCK_MS = 30_000;
const LOCKED_AFTER = 5;

/** Text of a line that makes the server fail. */
export const POISON = 'fails-the-server';

interface Reply {
  readonly status: number;
  readonly body: string;
}

const errorOf = (text: string): string => JSON.stringify({ error: text });

/** The server of a simulation. */
export class SimServer {
  readonly databases: Databases = new Map();
  /** Number of times that wrong passwords locked the user. */
  locks = 0;
  readonly #world: Surroundings;
  readonly #watcher: ServerWatcher;
  readonly #nodes: SimNodes;
  readonly #missing: string;
  #wrong = 0;
  #wrongAtMs = Number.NEGATIVE_INFINITY;

  /** `missing` names the database that may be missing. */
  constructor(
    world: Surroundings,
    watcher: ServerWatcher,
    nodes: SimNodes,
    databases: readonly string[],
    missing: string,
  ) {
    this.#world = world;
    this.#nodes = nodes;
    this.#watcher = watcher;
    this.#missing = missing;
    for (const name of databases) this.databases.set(bytesOf(name), createDatabase());
  }

  /** Stores a batch without any fault. */
  store(batch: Batch): Reply {
    const { reply } = handleWrite(
      {
        databases: this.databases,
        switches: { disableWrite: false, readonly: false },
        maxBodyBytes: 25_000_000,
        nowNs: () => BigInt(Math.floor(BEGINNING_MS + this.#world.kernel.now)) * 1_000_000n,
      },
      {
        database: bytesOf(batch.target.database),
        policy: bytesOf(batch.target.retentionPolicy ?? ''),
        precision: 'ns',
        encoding: '',
        contentLength: batch.body.length,
        body: Buffer.from(batch.body),
      },
    );
    this.#watcher.arrived(batch, reply.status);
    return { status: reply.status, body: reply.body ?? '' };
  }

  /** Returns the server as an instance sees it, with the nodes that it is configured with. */
  accessFor(
    instance: Instance,
  ): Pick<SeveralNodes, 'write' | 'createDatabase'> & Partial<Pick<SeveralNodes, 'probes'>> {
    const nodes = Array.from({ length: this.#nodes.drawCount() }, (_, node) => this.#node(instance, node));
    const several = nodes.length > 1 ? severalNodes(nodes, instance.clock, undefined) : undefined;
    const { write, createDatabase } = several ?? (nodes[0] as ServerNode);
    return {
      write: async (batch, deadline) => {
        const outcome = await write(batch, deadline);
        this.#world.trace(
          `${instance.name} writes ${batch.lines} lines to ${batch.target.database}: ${outcome.kind}${'text' in outcome ? ` (${outcome.text.slice(0, 80)})` : ''}`,
        );
        this.#watcher.answered(instance, batch, outcome);
        return outcome;
      },
      createDatabase,
      ...(several && { probes: several.probes }),
    };
  }

  #node(instance: Instance, node: number): ServerNode {
    return {
      name: `node ${node}`,
      write: (batch, deadline) => {
        this.#watcher.sending(instance, batch);
        return this.#request(instance, batch, node, deadline.remainingMs(), deadline.signal);
      },
      createDatabase: async () => false,
    };
  }

  async #request(
    instance: Instance,
    batch: Batch,
    node: number,
    remainingMs: number,
    signal: AbortSignal,
  ): Promise<Outcome> {
    const { faults } = this.#world;
    if (remainingMs <= 0) return { kind: 'unavailable', unexplained: false, text: 'no time was left' };
    const slow = faults.take('write-slow-and-stored')
      ? 'stored'
      : faults.take('write-slow-and-lost')
        ? 'lost'
        : undefined;
    const limit = instance.clock.deadlineIn(Math.min(CLIENT_TIMEOUT_MS, remainingMs));
    const both = abortable(limit);
    if (signal.aborted) both.abort();
    signal.addEventListener('abort', both.abort);
    let reply: Reply | CallFailed = new CallFailed('ECONNRESET', 'other side closed');
    try {
      reply = await instance.call({
        what: `write to ${batch.target.database}`,
        latencyMs: slow === 'lost' ? SLOW_MS * 10 : this.#latencyMs(batch, node),
        signal: both.signal,
        effect: async () => {
          const said = this.#answerOf(node, batch);
          // The server stores the lines, but the client times out before the response.
          if (slow === 'stored') await this.#world.kernel.sleep(SLOW_MS * 10);
          return said;
        },
      });
    } catch (error) {
      reply = error as CallFailed;
    } finally {
      signal.removeEventListener('abort', both.abort);
      both.release();
      limit.release();
    }
    return reply instanceof Error ? outcomeOfError(reply, false) : outcomeOfReply(reply.status, reply.body);
  }

  #latencyMs({ lines }: Batch, node: number): number {
    const latencyMs = 3 + this.#world.random.next() ** 3 * 120 + lines * 0.05;
    const fault = this.#nodes.faultOf(node);
    if (fault === 'node-hangs') return SLOW_MS * 10;
    return fault === 'node-slow' ? SLOW_NODE_MS + latencyMs : latencyMs;
  }

  #answerOf(node: number, batch: Batch): Reply | CallFailed {
    const fault: NodeFault | undefined = this.#nodes.faultOf(node);
    if (fault === 'node-away') return failed('ECONNREFUSED', 'connect ECONNREFUSED');
    if (fault === 'node-fails') return reply(500, 'runtime error: invalid memory address');
    const said = this.#answer(batch);
    return fault === 'node-drops' ? failed('ECONNRESET', 'socket hang up') : said;
  }

  #answer(batch: Batch): Reply | CallFailed {
    const { faults, random } = this.#world;
    if (faults.isOn('server-away')) return failed('ECONNREFUSED', 'connect ECONNREFUSED');
    if (faults.isOn('server-restarting'))
      return random.next() < 0.5 ? reply(400, 'server is closing') : failed('ECONNREFUSED', 'connect ECONNREFUSED');
    if (faults.isOn('proxy-in-between'))
      return random.pick([
        { status: 502, body: '<html>Bad Gateway</html>' },
        { status: 504, body: 'upstream request timeout' },
        { status: 200, body: '<html>Please log in</html>' },
        { status: 429, body: 'slow down' },
      ]);
    if (faults.take('write-reset')) return failed('ECONNRESET', 'read ECONNRESET');
    if (faults.isOn('server-overloaded') && random.next() < 0.8)
      return { status: 503, body: 'request throttled, enqueue timeout' };
    const denied = this.#authenticate();
    if (denied !== undefined) return reply(401, denied);
    if (faults.isOn('server-read-only') && batch.lines > 0)
      return reply(400, 'readonly now and writing is not allowed');
    if (batch.target.database === this.#missing && faults.isOn('database-missing'))
      return reply(404, `database not found: "${batch.target.database}"`);
    const text = Buffer.from(batch.body).toString('latin1');
    if (text.includes('host\\ ') && faults.isOn('series-limit'))
      return reply(400, 'partial write: too many series dropped=1');
    if (text.includes(POISON)) {
      this.#watcher.poisonMet();
      return reply(500, 'runtime error: index out of range');
    }
    const said = this.store(batch);
    return faults.take('write-reply-lost') ? failed('ECONNRESET', 'socket hang up') : said;
  }

  /** Adds up wrong passwords within 30 s of each other; five lock the user. */
  #authenticate(): string | undefined {
    const { kernel, faults } = this.#world;
    const locked = this.#wrong >= LOCKED_AFTER && kernel.now - this.#wrongAtMs < LOCK_MS;
    if (!faults.isOn('wrong-password')) {
      if (locked) return 'user is locked';
      this.#wrong = 0;
      return undefined;
    }
    if (locked) return 'user is locked';
    if (kernel.now - this.#wrongAtMs > LOCK_MS) this.#wrong = 0;
    this.#wrong += 1;
    this.#wrongAtMs = kernel.now;
    if (this.#wrong === LOCKED_AFTER) this.locks += 1;
    return 'authorization failed';
  }
}

const reply = (status: number, text: string): Reply => ({ status, body: errorOf(text) });

/** Returns an error with the code that Node sets. */
const failed = (code: string, message: string): CallFailed => Object.assign(new CallFailed('Error', message), { code });
