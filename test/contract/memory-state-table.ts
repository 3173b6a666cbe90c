/**
 * The state table in memory: a fake that fulfills the same contract as the real table. Items are immutable values, so
 * the state of the table can be copied and restored.
 */

import type { OpenBreaker } from '../../src/breaker/breaker.ts';
import type { Hold } from '../../src/breaker/hold.ts';
import type { Backlog } from '../../src/checkpoint/capacity.ts';
import type { StoredSegment } from '../../src/checkpoint/format/stored-segment.ts';
import type { IndexEntry, RetryPlan } from '../../src/checkpoint/segment-store.ts';
import type { Decision } from '../../src/controller/decision.ts';
import type { EventSourceLimit } from '../../src/controller/decision-store.ts';
import { addReports, type ControlReport } from '../../src/controller/report.ts';
import type { RegisteredSink } from '../../src/flush/flush-table.ts';
import type { FlushClaim } from '../../src/runtime/state-table.ts';
import { targetKey } from '../../src/sink/ports.ts';
import type { TableView } from './table-view.ts';

interface Payload {
  readonly entry: IndexEntry;
  readonly segment: StoredSegment;
}

interface Lease {
  readonly owner: string;
  readonly untilMs: number;
}

interface KeptBreaker {
  readonly breaker: OpenBreaker;
  readonly lease: Lease | undefined;
}

/** All items of all sinks. `itemKey` returns the keys, except those of `sinks`, which are the names of the sinks. */
export interface TableItems {
  readonly payloads: Map<string, Payload>;
  readonly entries: Map<string, IndexEntry>;
  readonly aside: Map<string, { readonly segment: StoredSegment; readonly reason: string }>;
  readonly leases: Map<string, Lease>;
  readonly breakers: Map<string, KeptBreaker>;
  readonly waiting: Map<string, Backlog>;
  readonly reports: Map<string, ControlReport>;
  readonly decisions: Map<string, Decision>;
  readonly limits: Map<string, EventSourceLimit>;
  readonly holds: Map<string, Hold>;
  readonly marks: Map<string, number>;
  readonly referenceLines: Map<string, Uint8Array>;
  readonly sinks: Map<string, RegisteredSink>;
  readonly flushClaims: Map<string, FlushClaim>;
}

/** Returns a table without items. */
export const emptyTable = (): TableItems => ({
  payloads: new Map(),
  entries: new Map(),
  aside: new Map(),
  leases: new Map(),
  breakers: new Map(),
  waiting: new Map(),
  reports: new Map(),
  decisions: new Map(),
  limits: new Map(),
  holds: new Map(),
  marks: new Map(),
  referenceLines: new Map(),
  sinks: new Map(),
  flushClaims: new Map(),
});

/** Returns a copy that does not change with the table. */
export const copyTable = (items: TableItems): TableItems =>
  Object.fromEntries(Object.entries(items).map(([name, kept]) => [name, new Map(kept)])) as unknown as TableItems;

/** Payloads of a page. The number is small, so that callers must read several pages. */
const PAGE_PAYLOADS = 2;

/**
 * Returns the beginning of the keys of a sink. Two sinks never share a key, regardless of the characters in their
 * names.
 */
const sinkPrefix = (sink: string): string => `${sink.length} ${sink} `;
/** Returns the key of an item of a sink. `id` is the id, the shard, or another value that identifies the item. */
export const itemKey = (sink: string, id: string | number): string => `${sinkPrefix(sink)}${id}`;

const isSame = (a: RetryPlan, b: RetryPlan): boolean => a.dueMs === b.dueMs && a.failures === b.failures;

const isSameOpening = (a: OpenBreaker, b: OpenBreaker): boolean =>
  a.openedBy === b.openedBy && a.openedAtMs === b.openedAtMs;
const isSameBreaker = (a: OpenBreaker, b: OpenBreaker): boolean =>
  isSameOpening(a, b) && a.probes === b.probes && a.probeAtMs === b.probeAtMs;

/** Access to the items of one sink. */
interface Scope {
  readonly items: TableItems;
  /** Returns the key of an item. */
  of(id: string | number): string;
  /** Returns the values of a map that belong to the sink. */
  own<T>(map: ReadonlyMap<string, T>): T[];
}

/** Returns the view of one sink. */
export const memoryStateTable = (items: TableItems, sink: string): TableView => {
  const scope: Scope = {
    items,
    of: (id) => itemKey(sink, id),
    own: (map) => [...map].filter(([key]) => key.startsWith(sinkPrefix(sink))).map(([, value]) => value),
  };
  const { of, own } = scope;
  return {
    segments: segments(scope),
    breakers: breakers(scope),
    holds: holds(scope),
    unfinishedMarks: unfinishedMarks(scope),
    referenceLines: referenceLines(scope),
    decisions: decisions(scope),
    async listPayloads(after) {
      const remaining = own(items.payloads)
        .map(({ entry }) => entry)
        .filter(({ id }) => after === undefined || id > after)
        .sort((a, b) => (a.id < b.id ? -1 : 1));
      const payloads = remaining.slice(0, PAGE_PAYLOADS);
      return { payloads, next: remaining.length > PAGE_PAYLOADS ? payloads.at(-1)?.id : undefined };
    },
    async readShared() {
      return {
        breakers: own(items.breakers).map(({ breaker }) => breaker),
        backlog: items.waiting.get(of('')),
        decision: items.decisions.get(of('')),
        limit: items.limits.get(of('')),
        hold: items.holds.get(of('')),
      };
    },
    async writeLimit(limit) {
      items.limits.set(of(''), limit);
    },
    async writeBacklog(backlog) {
      items.waiting.set(of(''), backlog);
    },
    async registerSink(nowMs) {
      items.sinks.set(sink, { flushedAtMs: undefined, ...items.sinks.get(sink), name: sink, registeredAtMs: nowMs });
    },
    async claimFlush(claim, nowMs) {
      const known = items.flushClaims.get(of(''));
      if (known !== undefined && known.untilMs > nowMs && known.owner !== claim.owner) return false;
      items.flushClaims.set(of(''), claim);
      return true;
    },
    async registerFlush(nowMs) {
      items.sinks.set(sink, { registeredAtMs: 0, ...items.sinks.get(sink), name: sink, flushedAtMs: nowMs });
    },
    async listSinks() {
      return [...items.sinks.values()];
    },
    async hasBacklog(other) {
      return [...items.entries.keys()].some((key) => key.startsWith(sinkPrefix(other)));
    },
  };
};

const segments = ({ items, of, own }: Scope): TableView['segments'] => {
  /** An id belongs to one shard only. With another shard it is not found. */
  const entryIn = (shard: number, id: string): IndexEntry | undefined => {
    const entry = items.entries.get(of(id));
    return entry?.shard === shard ? entry : undefined;
  };
  return {
    async putPayload(entry, segment) {
      items.payloads.set(of(entry.id), { entry, segment });
    },
    async putEntry(entry) {
      items.entries.set(of(entry.id), entry);
    },
    async listEntries(shard) {
      return own(items.entries)
        .filter((entry) => entry.shard === shard)
        .sort((a, b) => (a.id < b.id ? -1 : 1));
    },
    async readPayloads(ids) {
      return new Map(
        ids.flatMap((id) => {
          const payload = items.payloads.get(of(id));
          return payload === undefined ? [] : [[id, payload.segment] as const];
        }),
      );
    },
    async hasEntry(shard, id) {
      return entryIn(shard, id) !== undefined;
    },
    async reschedule(entry, retry) {
      const known = entryIn(entry.shard, entry.id);
      if (known === undefined || !isSame(known, entry)) return false;
      items.entries.set(of(entry.id), { ...known, ...retry });
      return true;
    },
    async deleteEntries(entries) {
      for (const { shard, id } of entries) if (entryIn(shard, id) !== undefined) items.entries.delete(of(id));
    },
    async deletePayloads(ids) {
      for (const id of ids) items.payloads.delete(of(id));
    },
    async setAside(id, segment, reason) {
      items.aside.set(of(id), { segment, reason });
    },
    async lease(shard, owner, untilMs, nowMs) {
      const lease = items.leases.get(of(shard));
      if (lease !== undefined && lease.untilMs > nowMs && lease.owner !== owner) return false;
      items.leases.set(of(shard), { owner, untilMs });
      return true;
    },
    async release(shard, owner) {
      if (items.leases.get(of(shard))?.owner === owner) items.leases.delete(of(shard));
    },
  };
};

const breakers = ({ items, of }: Scope): TableView['breakers'] => {
  const owned = (key: string, owner: string): KeptBreaker | undefined => {
    const kept = items.breakers.get(of(key));
    return kept?.lease?.owner === owner ? kept : undefined;
  };
  return {
    async open(breaker) {
      const known = items.breakers.get(of(breaker.key))?.breaker;
      if (known !== undefined) return isSameOpening(known, breaker);
      items.breakers.set(of(breaker.key), { breaker, lease: undefined });
      return true;
    },
    async lease(seen, owner, untilMs, nowMs) {
      const kept = items.breakers.get(of(seen.key));
      if (kept === undefined || kept.breaker.probeAtMs !== seen.probeAtMs) return false;
      if (kept.lease !== undefined && kept.lease.untilMs > nowMs && kept.lease.owner !== owner) return false;
      items.breakers.set(of(seen.key), { ...kept, lease: { owner, untilMs } });
      return true;
    },
    async reopen(breaker, owner) {
      const kept = items.breakers.get(of(breaker.key));
      const isUnleased = kept !== undefined && kept.lease === undefined && isSameBreaker(kept.breaker, breaker);
      if (owned(breaker.key, owner) === undefined && !isUnleased) return false;
      items.breakers.set(of(breaker.key), { breaker, lease: undefined });
      return true;
    },
    async close(key, owner) {
      if (!items.breakers.has(of(key))) return true;
      return owned(key, owner) !== undefined && items.breakers.delete(of(key));
    },
  };
};

const holds = ({ items, of }: Scope): TableView['holds'] => ({
  async hold(hold) {
    items.holds.set(of(''), hold);
  },
  async resume() {
    items.holds.delete(of(''));
  },
});

const unfinishedMarks = ({ items, of }: Scope): TableView['unfinishedMarks'] => ({
  async read(ids) {
    return new Map(
      ids.flatMap((id) => {
        const starts = items.marks.get(of(id));
        return starts === undefined ? [] : [[id, starts] as const];
      }),
    );
  },
  async mark(starts) {
    for (const [id, count] of starts) items.marks.set(of(id), count);
  },
  async unmark(ids) {
    for (const id of ids) items.marks.delete(of(id));
  },
});

const referenceLines = ({ items, of }: Scope): TableView['referenceLines'] => ({
  async read(target) {
    return items.referenceLines.get(of(targetKey(target)));
  },
  async keep(target, line) {
    items.referenceLines.set(of(targetKey(target)), line);
  },
});

const decisions = ({ items, of }: Scope): TableView['decisions'] => ({
  async report(epoch, report) {
    const before = items.reports.get(of(epoch));
    items.reports.set(of(epoch), before === undefined ? report : addReports(before, report));
  },
  async reportsOf(epoch) {
    return items.reports.get(of(epoch));
  },
  async step(expectedEpoch, next) {
    const known = items.decisions.get(of(''));
    const isExpected =
      expectedEpoch < 0 ? known === undefined : known?.epoch === expectedEpoch && known.format === next.format;
    if (!isExpected) return 'conflict';
    items.decisions.set(of(''), next);
    return 'stepped';
  },
});
