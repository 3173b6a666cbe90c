/** One seed: a world, every fault in it, and the violations at its end. */

import { FIXED_POINT } from '../../local/workload/faults.ts';
import { type Random, randomFrom } from '../../local/workload/random.ts';
import type { OpenBreaker } from '../../src/breaker/breaker.ts';
import type { OrphanSearch } from '../../src/flush/flush.ts';
import { flushAndStay } from '../../src/flush/recovery.ts';
import type { Delivery, SourceQueue } from '../../src/ingest/delivery.ts';
import { type IngestResult, ingest } from '../../src/ingest/ingest.ts';
import { notifyingRefused } from '../../src/lambda/notify-refused.ts';
import { Runtime, type RuntimeSettings } from '../../src/runtime/runtime.ts';
import { extendRules } from '../../src/sink/convert/extensions.ts';
import { createKnownColumns } from '../../src/sink/convert/known-columns.ts';
import type { Message } from '../../src/sink/message.ts';
import { consequenceOf, type Outcome } from '../../src/sink/outcome.ts';
import type { Batch, DeadLetter, DeadLetters } from '../../src/sink/ports.ts';
import { restoreOrigin } from '../../src/sink/settle/letter-origin.ts';
import type { TableView } from '../contract/table-view.ts';
import { FAULT_KINDS, type FaultKind, Faults } from './faults.ts';
import { BEGINNING_MS, type Instance, type Surroundings } from './instance.ts';
import { Kernel } from './kernel.ts';
import { Oracle } from './oracle.ts';
import { drawScenario, type Scenario, type SinkScenario, withConflicts, withLanguage, withPreset } from './scenario.ts';
import { CODE, type CodeEvent, converterOf, decodeJson } from './sim-code.ts';
import { type FirstPoint, firstPointsOf } from './sim-conflicts.ts';
import { SimEventSource } from './sim-event-source.ts';
import { type Release, SimFunction } from './sim-function.ts';
import { lettersFor } from './sim-letters.ts';
import { SimNodes } from './sim-nodes.ts';
import { SimOperator } from './sim-operator.ts';
import type { SimPreset } from './sim-presets.ts';
import { type Received, type SimMessage, SimQueue } from './sim-queue.ts';
import { SimServer } from './sim-server.ts';
import { SimTable } from './sim-table.ts';
import { type SimBody, simWorkload } from './sim-workload.ts';
import type { TemplateFigures } from './template-figures.ts';

/** Results of a seed. */
export interface SeedReport {
  readonly seed: number;
  readonly events: number;
  readonly invocations: number;
  readonly faults: Readonly<Record<FaultKind, number>>;
  readonly violations: readonly string[];
  readonly trace: readonly string[];
}

/** Time after the last fault in which all work must complete. */
const REST_MS = 12 * 3_600_000;
/** Interval at which messages are sent during this time, as long as a backlog exists. */
const TRICKLE_MS = 600_000;
/** Time after the last fault at which dead letters are sent back. */
const SENT_BACK_AFTER_MS = 60_000;
/** Bytes of an unpacked message, at most. */
const MESSAGE_BYTES_MAX = 16_777_216;
/** Lines from which the flush rule of the user hands over a batch. */
const OWN_BATCH_LINES = 7;
const RELEASES: readonly Release[] = ['format-1', 'current', 'coming'];

interface SinkState {
  readonly runtime: Runtime;
  readonly state: TableView | undefined;
  readonly orphans: OrphanSearch;
  /** End of every invocation of a bad release, which completes no message; undefined for a healthy release. */
  readonly fault: 'error' | 'crash' | 'hang' | undefined;
}

class BadRelease extends Error {
  override readonly name = 'BadRelease';
}

/** Runs one seed. */
export const runSeed = async (seed: number, figures: TemplateFigures, traced: boolean): Promise<SeedReport> =>
  new SeedRun(seed, figures, traced).run();

/**
 * Whether the mappings have rules for all policies of type conflicts. One seed in four has them, and none of them has
 * code or the additions of the mapping language.
 */
const hasConflicts = (seed: number): boolean => seed % 4 === 1;

/** Returns the preset of the mappings. One seed in eight has one. */
const presetOf = (seed: number): SimPreset | undefined => {
  if (seed % 16 !== 7 && seed % 16 !== 15) return undefined;
  return seed % 16 === 15 ? 'telegraf' : 'senml';
};

class SeedRun {
  readonly #seed: number;
  readonly #figures: TemplateFigures;
  readonly #random: Random;
  readonly #scenario: Scenario;
  readonly #kernel = new Kernel();
  readonly #faults: Faults;
  readonly #counts = Object.fromEntries(FAULT_KINDS.map((kind) => [kind, 0])) as Record<FaultKind, number>;
  readonly #trace: string[] = [];
  readonly #world: Surroundings;
  readonly #table: SimTable;
  readonly #server: SimServer;
  readonly #oracle: Oracle;
  readonly #operator: SimOperator;
  readonly #sinks: SinkRun[];
  /** Bodies that failed in an instance since its last success. */
  readonly #failing = new WeakMap<Instance, Set<string>>();

  constructor(seed: number, figures: TemplateFigures, traced: boolean) {
    this.#seed = seed;
    this.#figures = figures;
    this.#random = randomFrom(seed);
    this.#scenario = drawScenario(this.#random);
    this.#faults = new Faults(this.#kernel, this.#random, this.#scenario.plan, (kind) => this.#happened(kind));
    this.#world = {
      kernel: this.#kernel,
      random: this.#random,
      codeRandom: randomFrom(seed + 0x5eed),
      faults: this.#faults,
      trace: traced
        ? (line) => this.#trace.push(`${(this.#kernel.now / 1_000).toFixed(3).padStart(10)} ${line}`)
        : () => {},
    };
    this.#table = new SimTable(this.#world, {
      entryPut: (sink, id) => this.#oracle.entryPut(sink, id),
      entriesDeleted: (sink, ids) => this.#oracle.segmentsDeleted(sink, ids),
    });
    const names = this.#scenario.sinks.map(({ name }) => name);
    this.#server = new SimServer(
      this.#world,
      {
        sending: (instance, batch) => this.#operator.sending(sinkOf(batch), instance, batch),
        arrived: (batch) => this.#oracle.arrived(batch),
        answered: (instance, batch, outcome) => this.#answered(instance, batch, outcome),
        poisonMet: () => this.#happened('line-fails'),
      },
      new SimNodes(seed, this.#kernel, this.#scenario.plan.activeMs, (fault) => this.#happened(fault)),
      names.flatMap((name) => [`telemetry_${name}`, `hosts_${name}`]),
      'hosts_a',
    );
    this.#oracle = new Oracle(this.#server.databases, () => this.#table);
    this.#operator = new SimOperator({
      seed,
      kernel: this.#kernel,
      items: () => this.#table.items,
      violation: (text) => this.#oracle.violation(text),
      trace: (line) => this.#world.trace(line),
    });
    for (const { database, line } of this.#firstPoints()) this.#store(database, line);
    this.#sinks = this.#scenario.sinks.map((sink) => this.#openSink(sink));
  }

  #happened(kind: FaultKind): void {
    this.#counts[kind] += 1;
    this.#world.trace(`--- ${kind}`);
  }

  /** Returns the points that are stored before the workload. */
  #firstPoints(): readonly FirstPoint[] {
    return this.#scenario.sinks.flatMap(({ name }) => [
      { database: `hosts_${name}`, ...FIXED_POINT },
      ...(hasConflicts(this.#seed) ? firstPointsOf(name) : []),
    ]);
  }

  #store(database: string, line: string): void {
    const body = Buffer.from(`${line}\n`);
    this.#server.store({ target: { database, retentionPolicy: undefined }, body, lines: 1 });
  }

  #openSink(sink: SinkScenario): SinkRun {
    return new SinkRun({
      sink,
      hasTable: this.#scenario.hasTable,
      seed: this.#seed,
      figures: this.#figures,
      world: this.#world,
      server: this.#server,
      table: this.#table,
      oracle: this.#oracle,
      operator: this.#operator,
      watcher: {
        happened: (kind) => this.#happened(kind),
        failingBodies: (instance) => this.#failing.get(instance)?.size ?? 0,
        isRestored: () => this.#counts['table-restored'] > 0,
      },
    });
  }

  #answered(instance: Instance, { target, body, lines }: Batch, outcome: Outcome): void {
    this.#operator.answered(instance);
    const failing = this.#failing.get(instance) ?? new Set<string>();
    this.#failing.set(instance, failing);
    if (consequenceOf(outcome).breaker === 'server')
      failing.add(`${target.database} ${Buffer.from(body).toString('latin1')}`);
    // A probe has an empty body. Its success does not clear the failed bodies.
    else if (lines > 0) failing.clear();
  }

  async run(): Promise<SeedReport> {
    this.#scheduleTableRestores();
    this.#scheduleReleases();
    const { activeMs } = this.#scenario.plan;
    for (const sink of this.#sinks) {
      sink.begin(activeMs, this.#faults.calmMs);
      if (this.#scenario.hasTable) this.#operator.begin(sink.name, activeMs, this.#faults.calmMs);
    }
    const limitMs = this.#faults.calmMs + REST_MS;
    await this.#kernel.run(() => this.#oracle.violations.length > 0 || this.#isAtRest(), limitMs);
    if (this.#oracle.violations.length === 0) this.#checkEnd();
    return {
      seed: this.#seed,
      events: this.#oracle.events,
      invocations: this.#sinks.reduce((sum, sink) => sum + sink.invocations, 0),
      faults: this.#counts,
      violations: this.#oracle.violations,
      trace: this.#trace,
    };
  }

  #isAtRest(): boolean {
    const { entries, payloads, breakers } = this.#table.items;
    return (
      this.#kernel.now > this.#faults.calmMs + 1 &&
      entries.size === 0 &&
      payloads.size === 0 &&
      breakers.size === 0 &&
      this.#sinks.every((sink) => sink.isAtRest)
    );
  }

  #checkEnd(): void {
    const { entries, payloads, breakers } = this.#table.items;
    if (!this.#isAtRest()) {
      const waiting = this.#sinks.reduce((sum, sink) => sum + sink.waiting, 0);
      this.#oracle.violation(
        `after ${REST_MS / 3_600_000} hours without faults, ${waiting} messages and ${entries.size} segments (${payloads.size} payloads) remain, and ${breakers.size} breakers are open (${[...breakers.values()].map(({ breaker }) => `${breaker.key}: ${breaker.text}`)})`,
      );
      return;
    }
    this.#oracle.finish(
      this.#sinks.map(({ name }) => name),
      this.#firstPoints().map(({ point }) => point),
    );
    // While the table is unavailable, no instance can read the attempts of other instances. Without a table five of them
    // may meet by chance, though seldom.
    const changes = this.#counts['wrong-password'];
    const locksMax = changes + this.#counts['table-throttled'] + (this.#scenario.hasTable || changes === 0 ? 0 : 1);
    if (this.#server.locks > locksMax)
      this.#oracle.violation(
        `wrong passwords have locked the user ${this.#server.locks} times, at most ${locksMax} are expected`,
      );
  }

  #scheduleTableRestores(): void {
    for (const at of this.#faults.moments('table-restored')) {
      this.#kernel.schedule(at * this.#random.next(), () => this.#table.keep());
      this.#kernel.schedule(at, () => {
        if (this.#faults.take('table-restored')) this.#table.restore();
      });
    }
  }

  #scheduleReleases(): void {
    let release = 0;
    const to = (next: number): void => {
      release = Math.max(0, Math.min(RELEASES.length - 1, next));
      for (const sink of this.#sinks) sink.deploy(RELEASES[release] as Release);
    };
    to(this.#random.below(2));
    for (const [kind, step] of [
      ['deploy', 1],
      ['rollback', -1],
    ] as const)
      for (const at of this.#faults.moments(kind))
        this.#kernel.schedule(at, () => {
          if (this.#faults.take(kind)) to(release + step);
        });
    for (const at of this.#faults.bounds('bad-deploy')) this.#kernel.schedule(at, () => to(release));
    this.#kernel.schedule(this.#faults.calmMs + 1, () => to(RELEASES.length - 1));
  }
}

/** Returns the name of the sink that writes to the target. */
const sinkOf = ({ target }: Batch): string => target.database.split('_')[1] ?? '';

interface RunWatcher {
  happened(kind: FaultKind): void;
  failingBodies(instance: Instance): number;
  isRestored(): boolean;
}

/** Confirmed writes and dead letters of an instance in its current invocation. */
interface Confirmed {
  letters: number;
}

interface SinkRunParts {
  readonly sink: SinkScenario;
  readonly hasTable: boolean;
  readonly seed: number;
  readonly figures: TemplateFigures;
  readonly world: Surroundings;
  readonly server: SimServer;
  readonly table: SimTable;
  readonly oracle: Oracle;
  readonly operator: SimOperator;
  readonly watcher: RunWatcher;
}

/** Returns the view of the table, which reports a breaker before it is stored. */
const withOpening = (view: TableView, opening: (breaker: OpenBreaker) => void): TableView => ({
  ...view,
  breakers: {
    ...view.breakers,
    open: (breaker) => {
      opening(breaker);
      return view.breakers.open(breaker);
    },
  },
});

/** One deployed sink: its queue, its event source, and its two functions. */
class SinkRun {
  readonly name: string;
  readonly #sink: SinkScenario;
  readonly #hasTable: boolean;
  readonly #seed: number;
  readonly #figures: TemplateFigures;
  readonly #world: Surroundings;
  readonly #server: SimServer;
  readonly #table: SimTable;
  readonly #oracle: Oracle;
  readonly #operator: SimOperator;
  readonly #watcher: RunWatcher;
  readonly #queue: SimQueue;
  readonly #source: SimEventSource;
  readonly #ingest: SimFunction<SinkState>;
  readonly #flush: SimFunction<SinkState>;
  readonly #confirmed = new WeakMap<Instance, Confirmed>();
  #unsent = 0;
  #sentBack = 0;
  #faultsEndMs = 0;

  constructor({ sink, hasTable, seed, figures, world, server, table, oracle, operator, watcher }: SinkRunParts) {
    this.name = sink.name;
    this.#sink = sink;
    this.#hasTable = hasTable;
    this.#seed = seed;
    this.#figures = figures;
    this.#world = world;
    this.#server = server;
    this.#table = table;
    this.#oracle = oracle;
    this.#operator = operator;
    this.#watcher = watcher;
    const { visibilityMs, maxReceiveCount, retentionMs, timeoutMs, flushTimeoutMs, windowMs, concurrency } = figures;
    this.#queue = new SimQueue(
      { fifo: sink.fifo, visibilityMs, maxReceiveCount, retentionMs },
      world.kernel,
      world.random,
      {
        deleted: (message) => oracle.messageDeleted(message),
        dropped: (message, why) => oracle.messageDropped(message, why),
      },
    );
    const left = {
      leftUnderWay: (instance: Instance, count: number) =>
        oracle.violation(`${instance.name} has responded, but ${count} calls or timers are still in flight`),
    };
    const build = (instance: Instance, release: Release): SinkState => this.#build(instance, release);
    this.#ingest = new SimFunction(`ingest-${sink.name}`, timeoutMs, world, left, build);
    this.#flush = new SimFunction(`flush-${sink.name}`, flushTimeoutMs, world, left, build);
    this.#source = new SimEventSource(
      this.#queue,
      { batchSize: sink.batchSize, windowMs, concurrency },
      world,
      (batch) => this.#invoke(batch),
    );
  }

  get invocations(): number {
    return this.#ingest.invocations + this.#flush.invocations;
  }

  get waiting(): number {
    return this.#queue.messages.size;
  }

  get isAtRest(): boolean {
    return (
      this.#unsent === 0 &&
      this.waiting === 0 &&
      this.#source.isQuiet &&
      this.#ingest.running === 0 &&
      this.#flush.running === 0
    );
  }

  deploy(release: Release): void {
    this.#ingest.deploy(release);
    this.#flush.deploy(release);
    this.#world.trace(`${this.name} is deployed as ${release}`);
  }

  /** Sends the messages in the given time, and starts the schedule of the flush function. */
  begin(activeMs: number, calmMs: number): void {
    this.#faultsEndMs = calmMs;
    const { kernel, random } = this.#world;
    const { bodies, more, destinies } = simWorkload(
      {
        seed: this.#seed,
        firstNumber: this.name === 'a' ? 1 : 1_000_001,
        messages: this.#sink.messages,
        eventsPerMessage: this.#sink.eventsPerMessage,
        killing: this.#hasTable ? random.below(2) : 0,
        hanging: this.#hasTable ? random.below(2) : 0,
        failing: random.below(2),
        more: Math.floor(REST_MS / TRICKLE_MS),
        onlyJson: this.#hasConverter,
        language: this.#hasLanguage,
        conflicts: hasConflicts(this.#seed),
        preset: presetOf(this.#seed),
        code: this.#hasCode ? { throwing: 2, blocking: this.#hasTable ? 1 : 0 } : { throwing: 0, blocking: 0 },
      },
      random,
    );
    this.#unsent = bodies.length;
    const send = ({ body, region, poison, marks }: SimBody, place: number): void => {
      const groupId = this.#sink.fifo ? `group-${random.below(4)}` : undefined;
      const id = `${this.name}-${String(place).padStart(4, '0')}`;
      this.#oracle.sent(this.name, id, marks, destinies, groupId);
      this.#queue.send({ id, body, groupId, attributes: region === undefined ? {} : { region }, poison });
    };
    let at = 0;
    bodies.forEach((body, place) => {
      // Messages arrive in bursts, so that batches have all sizes.
      if (random.next() < 0.3) at += (random.next() * 2 * activeMs) / (0.3 * bodies.length);
      kernel.schedule(at, () => {
        this.#unsent -= 1;
        send(body, place);
      });
    });
    // Messages that complete distinguish a message that ends the function from a bad release.
    more.forEach((body, place) => {
      kernel.schedule(calmMs + place * TRICKLE_MS, () => {
        if (!this.isAtRest) send(body, bodies.length + place);
      });
    });
    if (!this.#hasTable) return;
    const tick = (): void => {
      kernel.schedule(this.#figures.flushEveryMs, tick);
      void this.#runFlush();
    };
    kernel.schedule(random.next() * this.#figures.flushEveryMs, tick);
  }

  /** Whether the sink runs with a function of the user. One seed in four has it. */
  get #hasCode(): boolean {
    return this.#seed % 4 === 0;
  }

  /** Whether code of the user decodes and converts all events, instead of transforming them. One seed in eight has it. */
  get #hasConverter(): boolean {
    return this.#seed % 8 === 0;
  }

  /** Whether the mapping uses all additions of the mapping language. One seed in four has it, and none of them has code. */
  get #hasLanguage(): boolean {
    return this.#seed % 4 === 2;
  }

  #settingsFor(instance: Instance): RuntimeSettings {
    if (hasConflicts(this.#seed)) {
      const settings = withConflicts(this.#sink);
      const { converter } = settings;
      // Each instance learns the columns of its own.
      return { ...settings, converter: { ...converter, columns: createKnownColumns(converter.mapping) } };
    }
    const preset = presetOf(this.#seed);
    if (preset !== undefined) return withPreset(this.#sink, preset);
    const settings = this.#hasLanguage ? withLanguage(this.#sink) : this.#sink.settings;
    if (!this.#hasCode) return settings;
    const before = (event: Pick<CodeEvent, 'values'>): void => {
      if (event.values?.note === CODE.throwing) {
        this.#watcher.happened('code-throws');
        throw new Error('a bug in the code of the user');
      }
      if (event.values?.note === CODE.blocking) {
        this.#watcher.happened('code-blocks');
        instance.die('hangs');
      }
    };
    const transform = (event: CodeEvent): CodeEvent => {
      before(event);
      return event;
    };
    const code = this.#hasConverter ? { decode: decodeJson, converter: converterOf(before) } : { transform };
    return {
      ...settings,
      converter: { ...settings.converter, ...extendRules(settings.converter, code) },
      shouldFlush: ({ lines }, defaultRule) => lines >= OWN_BATCH_LINES || defaultRule(),
    };
  }

  /** Adds a function of the user that fails for every second event, and must change nothing. */
  #withCode(letters: DeadLetters): DeadLetters {
    if (!this.#hasCode) return letters;
    let calls = 0;
    const onRefused = async (): Promise<void> => {
      calls += 1;
      if (calls % 2 === 0) throw new Error('a bug in the code of the user');
    };
    return notifyingRefused(letters, onRefused, () => this.#world.trace('a function of the user failed'));
  }

  #build(instance: Instance, release: Release): SinkState {
    const view = this.#hasTable ? this.#table.viewFor(instance, this.name, release) : undefined;
    /** Bodies whose writes had failed when the instance opened the breaker. Storing it takes time, and others may succeed. */
    const failedBefore = new WeakMap<OpenBreaker, number>();
    const opening = (breaker: OpenBreaker): void => {
      failedBefore.set(breaker, this.#watcher.failingBodies(instance));
    };
    const state = view && withOpening(this.#operator.watched(view, instance), opening);
    const server = this.#server.accessFor(instance);
    const runtime = new Runtime(this.#settingsFor(instance), {
      clock: instance.clock,
      server,
      nodes: server.probes,
      credentialsMark: async () => '',
      deadLetters: this.#withCode(
        lettersFor(instance, this.#world, {
          arrived: (letter) => {
            this.#oracle.letterArrived(letter);
            this.#sendBack(letter);
          },
          confirmed: (_, count) => {
            const confirmed = this.#confirmed.get(instance);
            if (confirmed !== undefined) confirmed.letters += count;
          },
        }),
      ),
      state,
      owner: instance.name,
      flushFunction: {
        invoke: async ({ signal }) => {
          const latencyMs = 3 + this.#world.random.next() * 20;
          await instance.call({ what: 'invoke flush', latencyMs, signal, effect: () => void this.#runFlush() });
        },
      },
      events: {
        breakerOpened: (breaker) => {
          const { key, kind, text } = breaker;
          this.#world.trace(`${instance.name} opens breaker ${key}: ${kind} ${text}`);
          const bodies = failedBefore.get(breaker) ?? this.#watcher.failingBodies(instance);
          if (key === 'server' && kind !== 'denied' && bodies < 2)
            this.#oracle.violation(`the server breaker was opened after failures of ${bodies} body: ${kind} ${text}`);
        },
        stepped: ({ reasons }) => this.#world.trace(`${instance.name} steps: ${reasons.join('; ')}`),
        breakerClosed: ({ key }) => this.#world.trace(`${instance.name} closes breaker ${key}`),
        warning: (what, facts) => {
          this.#world.trace(`${instance.name} warning: ${what} ${JSON.stringify(facts)}`);
        },
        segmentDamaged: (damage) => {
          this.#world.trace(`${instance.name} damage: ${JSON.stringify(damage)}`);
          // A restore during deletions restores only some of the deleted items.
          if (!this.#watcher.isRestored())
            this.#oracle.violation(`a segment was reported as damaged: ${JSON.stringify(damage)}`);
        },
      },
    });
    const { faults, random } = this.#world;
    const fault = faults.isOn('bad-deploy') ? random.pick(['error', 'crash', 'hang'] as const) : undefined;
    return { runtime, state, orphans: { from: undefined }, fault };
  }

  /** Sends a dead letter back to the queue after the last fault, if it is the first one of its event. */
  #sendBack({ body, attributes, groupId }: DeadLetter): void {
    const { kernel } = this.#world;
    const id = `${this.name}-back-${String(this.#sentBack).padStart(4, '0')}`;
    const calmMs = this.#faultsEndMs + SENT_BACK_AFTER_MS;
    if (kernel.now >= calmMs || !this.#oracle.isToSendBack(body, attributes.origin ?? '')) return;
    this.#sentBack += 1;
    this.#unsent += 1;
    kernel.schedule(calmMs, () => {
      this.#unsent -= 1;
      this.#oracle.sentBack(id, body, attributes.origin ?? '');
      this.#queue.send({ id, body, groupId, attributes, poison: undefined });
    });
  }

  async #invoke(received: readonly Received[]): Promise<{ readonly response: unknown } | undefined> {
    this.#world.trace(
      `${this.name} batch ${received.map(({ message }) => `${message.id}(${message.receives})`).join(' ')}`,
    );
    const ended = await this.#ingest.invoke(async ({ instance, state: { runtime, state, fault } }, remainingMs) => {
      const confirmed = { letters: 0 };
      this.#confirmed.set(instance, confirmed);
      const deliveries = received.map((one) => this.#deliveryOf(one, instance, fault));
      const ports = { queue: this.#queueFor(instance), marks: state?.unfinishedMarks };
      const result = await ingest(runtime, deliveries, ports, remainingMs);
      return { result, confirmed, instance };
    });
    if (ended.kind === 'failed' && !(ended.error instanceof BadRelease))
      this.#oracle.violation(`an invocation failed: ${ended.error.stack}`);
    if (ended.kind !== 'answered') return undefined;
    const { result, confirmed, instance } = ended.value;
    this.#checkLedger(result, confirmed, instance);
    // A dead letter contains one event, even if its body contains others.
    if (received.every(({ message }) => message.id.startsWith(`${this.name}-back-`)))
      if (result.report.eventsReceived > received.length)
        this.#oracle.violation(
          `${received.length} dead letters were sent back, and are ${result.report.eventsReceived} events`,
        );
    const returned = result.returned.map(({ id }) => id);
    this.#world.trace(
      `${instance.name} returns ${returned.length} of ${received.length} messages: ${JSON.stringify({ ...result.report, refusals: undefined })}`,
    );
    return { response: { batchItemFailures: [...new Set(returned)].map((itemIdentifier) => ({ itemIdentifier })) } };
  }

  #checkLedger({ report, drained }: IngestResult, confirmed: Confirmed, instance: Instance): void {
    if (report.ledgerImbalance !== 0)
      this.#oracle.violation(`the ledger of ${instance.name} does not balance: ${JSON.stringify(report)}`);
    if (drained === undefined && report.eventsQuarantined !== confirmed.letters)
      this.#oracle.violation(
        `${instance.name} counts ${report.eventsQuarantined} dead letters, but ${confirmed.letters} were confirmed`,
      );
  }

  async #runFlush(): Promise<void> {
    const ended = await this.#flush.invoke(async ({ instance, state: { runtime, state, orphans } }, remainingMs) => {
      if (state === undefined) return;
      try {
        const ports = { segments: state.segments, table: state, orphans };
        await flushAndStay(runtime, ports, remainingMs, (result) =>
          this.#world.trace(
            `${instance.name} flushed: ${JSON.stringify({ ...result, attempts: result.attempts.length })}`,
          ),
        );
      } catch (error) {
        // The table is unavailable. The function fails with an error.
        this.#world.trace(`${instance.name} fails: ${(error as Error).message}`);
      }
    });
    if (ended.kind === 'failed') this.#oracle.violation(`a flush failed: ${ended.error.stack}`);
  }

  #queueFor(instance: Instance): SourceQueue {
    const { faults, random } = this.#world;
    const quietly = async (what: string, signal: AbortSignal, effect: () => void): Promise<void> => {
      await instance.call({ what, latencyMs: 3 + random.next() * 20, signal, effect }).catch(() => undefined);
    };
    return {
      fifo: this.#sink.fifo,
      setVisibility: async (changes, { signal }) => {
        if (changes.length === 0) return;
        await quietly(`change ${changes.length} visibilities`, signal, () => {
          for (const { receiptHandle, seconds } of changes)
            if (!faults.take('visibility-change-lost')) this.#queue.changeVisibility(receiptHandle, seconds);
        });
      },
      delete: async (handles, { signal }) => {
        if (handles.length === 0) return;
        await quietly(`delete ${handles.length} messages`, signal, () => {
          for (const handle of handles) this.#source.end(handle);
        });
      },
    };
  }

  #deliveryOf({ message, receiptHandle }: Received, instance: Instance, fault: SinkState['fault']): Delivery {
    const opened = this.#messageOf(message);
    const { poison } = message;
    const receiveCount = message.receives;
    return {
      id: message.id,
      receiptHandle,
      receiveCount,
      groupId: message.groupId,
      sentAtMs: opened.sentAtMs,
      unopened: () => ({ ...opened, receiveCount }),
      open: () => {
        if (fault === 'crash' || fault === 'hang') instance.die(fault === 'crash' ? 'a bad release' : 'hangs');
        if (fault !== undefined) throw new BadRelease('a bug in this release');
        return poison === undefined
          ? { ...opened, receiveCount }
          : poisoned({ ...opened, receiveCount }, () => {
              this.#watcher.happened(poison === 'kills' ? 'message-kills' : 'message-hangs');
              instance.die(poison === 'kills' ? 'killed by a message' : 'hangs');
            });
      },
    };
  }

  #messageOf({ id, body, groupId, attributes, sentAt, firstReceivedAt }: SimMessage): Omit<Message, 'receiveCount'> {
    const message: Message = {
      receiveCount: 0,
      id,
      body,
      sentAtMs: Math.floor(BEGINNING_MS + sentAt),
      firstReceivedAtMs: Math.floor(BEGINNING_MS + (firstReceivedAt ?? sentAt)),
      groupId,
      attributes: Object.fromEntries(
        Object.entries(attributes).map(([name, value]) => [name, { type: 'String', value }]),
      ),
      origin: undefined,
    };
    return restoreOrigin(message, MESSAGE_BYTES_MAX);
  }
}

/** Returns a message that ends the process when its body is read. */
const poisoned = (message: Message, end: () => void): Message =>
  Object.defineProperty({ ...message }, 'body', {
    get: (): string => {
      end();
      throw new Error('the process has ended');
    },
  });
