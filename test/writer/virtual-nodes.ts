/** Nodes and a clock in simulated time. What a test awaits decides how far the time advances. */

import { randomFrom } from '../../local/workload/random.ts';
import type { Outcome } from '../../src/sink/outcome.ts';
import type { Batch, Deadline, Writer } from '../../src/sink/ports.ts';
import { type NodesClock, type ServerNode, severalNodes } from '../../src/writer/several-nodes.ts';
import { Kernel } from '../simulation/kernel.ts';

/** How a node answers: an outcome after a time; `hangs` if it never does. */
export type Answer = { readonly afterMs: number; readonly outcome: Outcome } | 'hangs';

/** A node whose answers a test defines. */
export interface VirtualNode {
  readonly name: string;
  /** Change it at any time. */
  answer: (batch: Batch) => Answer;
  /** Times of the writes with lines. */
  readonly writes: number[];
  /** Times of the empty writes. */
  readonly probes: number[];
  /** Requests in flight. */
  inFlight: number;
  /** Largest number of requests that were in flight at once. */
  inFlightMax: number;
}

/** Outcome of a request that was aborted, as the adapter reports it. */
const ABORTED: Outcome = { kind: 'throttled', unexplained: true, text: 'AbortError: aborted' };

/** Answers after this time that everything is written. */
export const writes =
  (afterMs: number): VirtualNode['answer'] =>
  () => ({ afterMs, outcome: { kind: 'written' } });

/** Answers at once with this outcome. */
export const says =
  (outcome: Outcome): VirtualNode['answer'] =>
  () => ({ afterMs: 1, outcome });

/** Never answers. */
export const hangs: VirtualNode['answer'] = () => 'hangs';

/** A batch with the given content. An empty one has no lines, as a probe. */
export const batch = (text = 'm v=1 1\n'): Batch => ({
  target: { database: 'db', retentionPolicy: undefined },
  body: Buffer.from(text),
  lines: text === '' ? 0 : 1,
});

/** A server of virtual nodes. */
export class VirtualServer {
  readonly kernel = new Kernel();
  readonly nodes: readonly VirtualNode[];
  /** Changes of health, as they are reported. */
  readonly events: string[] = [];
  readonly #random = randomFrom(1);
  readonly writer: ReturnType<typeof severalNodes>;

  constructor(...answers: readonly VirtualNode['answer'][]) {
    this.nodes = answers.map((answer, index) => ({
      name: 'abcdef'[index] as string,
      answer,
      writes: [],
      probes: [],
      inFlight: 0,
      inFlightMax: 0,
    }));
    this.writer = severalNodes(this.serverNodes(), this.clock, {
      nodeFailed: (node, reason) => this.events.push(`${node} failed: ${reason}`),
      nodeRecovered: (node) => this.events.push(`${node} recovered`),
    });
  }

  /** Returns the nodes as a writer receives them. */
  serverNodes(): readonly ServerNode[] {
    return this.nodes.map((node) => this.#serverNode(node));
  }

  readonly clock: NodesClock = {
    monotonicMs: () => this.kernel.now,
    random: () => this.#random.next(),
    deadlineIn: (ms) => this.deadlineIn(ms),
  };

  deadlineIn(ms: number): Deadline & { release(): void } {
    const controller = new AbortController();
    const at = this.kernel.now + ms;
    const release = this.kernel.schedule(ms, () => controller.abort());
    return { remainingMs: () => Math.max(0, at - this.kernel.now), signal: controller.signal, release };
  }

  /** Advances the time until the promise settles, and returns its value. */
  async until<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false;
    const watched = promise.finally(() => {
      isSettled = true;
    });
    await this.kernel.run(() => isSettled, Number.POSITIVE_INFINITY);
    if (!isSettled) throw new Error('The promise does not settle.');
    return watched;
  }

  async pass(ms: number): Promise<void> {
    await this.until(this.kernel.sleep(ms));
  }

  /** Writes one batch, as an invocation does: it begins with probes and ends with them. */
  async write(one: Batch = batch(), deadlineMs = 60_000): Promise<Outcome> {
    this.writer.probes.startDue(one.target);
    const deadline = this.deadlineIn(deadlineMs);
    const outcome = await this.until(this.writer.write(one, deadline));
    deadline.release();
    await this.until(this.writer.probes.finish());
    return outcome;
  }

  /** Adds a node that the server does not know, for tests of a single writer. */
  addNode(name: string, answer: VirtualNode['answer']): VirtualNode & { readonly writer: Writer } {
    const node: VirtualNode = { name, answer, writes: [], probes: [], inFlight: 0, inFlightMax: 0 };
    return Object.assign(node, { writer: this.#serverNode(node) });
  }

  #serverNode(node: VirtualNode): ServerNode {
    return {
      name: node.name,
      createDatabase: async (name) => (node.answer(batch(name)) as { outcome: Outcome }).outcome.kind === 'written',
      write: async (one, { signal }) => {
        if (one.lines === 0) node.probes.push(this.kernel.now);
        else node.writes.push(this.kernel.now);
        node.inFlight += 1;
        node.inFlightMax = Math.max(node.inFlightMax, node.inFlight);
        const answer = node.answer(one);
        const outcome = await new Promise<Outcome>((resolve) => {
          const abort = (): void => resolve(ABORTED);
          if (signal.aborted) abort();
          signal.addEventListener('abort', abort);
          if (answer !== 'hangs') this.kernel.schedule(answer.afterMs, () => resolve(answer.outcome));
        });
        node.inFlight -= 1;
        return outcome;
      },
    };
  }
}
