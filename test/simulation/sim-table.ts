/**
 * DynamoDB behind the faulty connection of an instance: the fake that fulfills the contract, with every fault that can
 * occur.
 */

import type { SegmentStore } from '../../src/checkpoint/segment-store.ts';
import type { Deadline } from '../../src/sink/ports.ts';
import { inFormat1 } from '../checkpoint/format/format-1-writer.ts';
import { copyTable, emptyTable, memoryStateTable, type TableItems } from '../contract/memory-state-table.ts';
import type { TableView } from '../contract/table-view.ts';
import type { CallFault, Instance, Surroundings } from './instance.ts';
import type { Release } from './sim-function.ts';

/** Receives the changes that the oracle checks. */
export interface TableWatcher {
  entriesDeleted(sink: string, ids: readonly string[]): void;
  /** The entry of a segment is stored, so that the segment can be found. */
  entryPut(sink: string, id: string): void;
}

const CONTROL_MS = 1_000;

/** Format of a future release, which the current code cannot read. */
export const COMING_FORMAT = 3;

/** The table of a simulation. */
export class SimTable {
  readonly items: TableItems = emptyTable();
  readonly #world: Surroundings;
  readonly #watcher: TableWatcher;
  #kept: TableItems;

  constructor(world: Surroundings, watcher: TableWatcher) {
    this.#world = world;
    this.#watcher = watcher;
    this.#kept = copyTable(this.items);
  }

  /** Takes a backup for a later restore. */
  keep(): void {
    this.#kept = copyTable(this.items);
  }

  /** Restores everything that was deleted or changed since the backup. Newer items stay. */
  restore(): void {
    for (const [name, kept] of Object.entries(this.#kept) as [keyof TableItems, Map<string, never>][])
      for (const [key, value] of kept) this.items[name].set(key, value);
  }

  viewFor(instance: Instance, sink: string, release: Release): TableView {
    const table = memoryStateTable(this.items, sink);
    const wire = new Wire(this.#world, instance);
    const segments = wire.segments(
      table.segments,
      (id) => this.#watcher.entryPut(sink, id),
      (ids) => this.#watcher.entriesDeleted(sink, ids),
    );
    return {
      segments: asReleased(segments, release),
      breakers: {
        open: (breaker) => wire.conditional('open breaker', undefined, () => table.breakers.open(breaker)),
        lease: (...args) => wire.conditional('lease probe', undefined, () => table.breakers.lease(...args)),
        reopen: (...args) => wire.conditional('reopen breaker', undefined, () => table.breakers.reopen(...args)),
        close: (...args) => wire.conditional('close breaker', undefined, () => table.breakers.close(...args)),
      },
      holds: table.holds,
      unfinishedMarks: {
        read: (ids, deadline) => wire.call('read marks', deadline, () => table.unfinishedMarks.read(ids, deadline)),
        mark: (starts, deadline) => wire.call('mark', deadline, () => table.unfinishedMarks.mark(starts, deadline)),
        unmark: (ids, deadline) => wire.call('unmark', deadline, () => table.unfinishedMarks.unmark(ids, deadline)),
      },
      referenceLines: {
        read: (target, deadline) =>
          wire.call('read reference line', deadline, () => table.referenceLines.read(target, deadline)),
        keep: (target, line, deadline) =>
          wire.call('keep reference line', deadline, () => table.referenceLines.keep(target, line, deadline)),
      },
      decisions: {
        report: (...args) => wire.call('report', undefined, () => table.decisions.report(...args)),
        reportsOf: (epoch) => wire.call('read reports', undefined, () => table.decisions.reportsOf(epoch)),
        step: async (...args) => {
          const effect = async (): Promise<boolean> => (await table.decisions.step(...args)) === 'stepped';
          return (await wire.conditional('step', undefined, effect)) ? 'stepped' : 'conflict';
        },
      },
      listPayloads: (after, deadline) =>
        wire.call('list payloads', deadline, () => table.listPayloads(after, deadline)),
      readShared: () => wire.call('read control', undefined, () => table.readShared()),
      writeBacklog: (waiting, deadline) =>
        wire.call('write backlog', deadline, () => table.writeBacklog(waiting, deadline)),
      writeLimit: (limit, deadline) => wire.call('write limit', deadline, () => table.writeLimit(limit, deadline)),
      registerSink: (nowMs, deadline) => wire.call('register', deadline, () => table.registerSink(nowMs, deadline)),
      claimFlush: (claim, nowMs, deadline) =>
        wire.conditional('claim flush', deadline, () => table.claimFlush(claim, nowMs, deadline)),
      registerFlush: (nowMs, deadline) => wire.call('register', deadline, () => table.registerFlush(nowMs, deadline)),
      listSinks: (deadline) => wire.call('list sinks', deadline, () => table.listSinks(deadline)),
      hasBacklog: (other, deadline) => wire.call('has backlog', deadline, () => table.hasBacklog(other, deadline)),
    };
  }
}

class Wire {
  readonly #world: Surroundings;
  readonly #instance: Instance;

  constructor(world: Surroundings, instance: Instance) {
    this.#world = world;
    this.#instance = instance;
  }

  async call<T>(what: string, deadline: Deadline | undefined, effect: () => Promise<T>): Promise<T> {
    const { random } = this.#world;
    // A call of the control plane has a separate time limit.
    const limit = deadline ?? this.#instance.clock.deadlineIn(CONTROL_MS);
    try {
      return await this.#instance.call({
        what,
        latencyMs: 1 + random.next() ** 4 * 60,
        signal: limit.signal,
        fault: this.#fault(),
        effect,
      });
    } catch (error) {
      this.#world.trace(`${this.#instance.name} table: ${(error as Error).message}`);
      throw error;
    } finally {
      if (deadline === undefined) (limit as ReturnType<Instance['clock']['deadlineIn']>).release();
    }
  }

  /** Makes a condition fail at random, as if another writer had changed the item. */
  conditional(what: string, deadline: Deadline | undefined, effect: () => Promise<boolean>): Promise<boolean> {
    const isRare = what === 'reschedule';
    if ((isRare || this.#world.random.next() < 0.3) && this.#world.faults.take('table-condition-failed'))
      return this.call(what, deadline, async () => false);
    return this.call(what, deadline, effect);
  }

  #fault(): CallFault {
    const { faults } = this.#world;
    if (faults.isOn('table-throttled')) return 'refused';
    if (faults.take('table-reply-lost')) return 'lost-reply';
    return faults.take('table-hangs') ? 'hangs' : undefined;
  }

  segments(
    store: SegmentStore,
    onPut: (id: string) => void,
    onDeleted: (ids: readonly string[]) => void,
  ): SegmentStore {
    return {
      putPayload: (entry, segment, deadline) =>
        this.call('put payload', deadline, () => store.putPayload(entry, segment, deadline)),
      putEntry: (entry, deadline) =>
        this.call('put entry', deadline, async () => {
          await store.putEntry(entry, deadline);
          onPut(entry.id);
        }),
      listEntries: (shard, deadline) => this.call('list', deadline, () => store.listEntries(shard, deadline)),
      readPayloads: (ids, deadline) => this.call('read payloads', deadline, () => store.readPayloads(ids, deadline)),
      hasEntry: (shard, id, deadline) => this.call('has entry', deadline, () => store.hasEntry(shard, id, deadline)),
      reschedule: (entry, retry, deadline) =>
        this.conditional('reschedule', deadline, () => store.reschedule(entry, retry, deadline)),
      deleteEntries: (entries, deadline) =>
        this.call('delete entries', deadline, async () => {
          await store.deleteEntries(entries, deadline);
          onDeleted(entries.map(({ id }) => id));
        }),
      deletePayloads: (ids, deadline) =>
        this.call('delete payloads', deadline, () => store.deletePayloads(ids, deadline)),
      setAside: (id, segment, reason, deadline) =>
        this.call('set aside', deadline, () => store.setAside(id, segment, reason, deadline)),
      lease: (shard, owner, untilMs, nowMs, deadline) =>
        this.conditional('lease shard', deadline, () => store.lease(shard, owner, untilMs, nowMs, deadline)),
      release: (shard, owner, deadline) => this.call('release', deadline, () => store.release(shard, owner, deadline)),
    };
  }
}

/** Returns the store as a release uses it. Each release writes the newest format that it supports. */
const asReleased = (store: SegmentStore, release: Release): SegmentStore => {
  if (release === 'format-1') return inFormat1(store);
  return release === 'coming' ? inComingFormat(store) : store;
};

/** Stores the current format under the number of a future format, which only a future release can read. */
const inComingFormat = (store: SegmentStore): SegmentStore => ({
  ...store,
  putPayload: (entry, segment, deadline) =>
    store.putPayload({ ...entry, format: COMING_FORMAT }, { ...segment, format: COMING_FORMAT }, deadline),
  putEntry: (entry, deadline) => store.putEntry({ ...entry, format: COMING_FORMAT }, deadline),
  listEntries: async (shard, deadline) => (await store.listEntries(shard, deadline)).map(readable),
  readPayloads: async (ids, deadline) =>
    new Map([...(await store.readPayloads(ids, deadline))].map(([id, segment]) => [id, readable(segment)])),
});

/** Returns a segment or entry with the number of its actual format. */
export const readable = <T extends { readonly format: number }>(kept: T): T =>
  kept.format === COMING_FORMAT ? { ...kept, format: 2 } : kept;
