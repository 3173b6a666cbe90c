/**
 * Several sinks in one table, with names that could be confused: no sink reads, changes or deletes the items of
 * another.
 */

import { expect, test } from 'vitest';
import { SHARDS } from '../../../src/checkpoint/segment-store.ts';
import type { TableView } from '../table-view.ts';
import { decisionOf, reportOf } from './decisions.ts';
import { breakerOf, entryOf, type FreshTable, idOf, NOW_MS, PLAIN, soonEnough, store } from './made-up.ts';

type View = TableView;

const ENTRY = entryOf(1, { shard: 1 });
const BACKLOG = { atMs: NOW_MS, bytes: 1, lines: 1, segments: 1, oldestMs: NOW_MS, shards: [1] };
const LIMIT = { maximumConcurrency: 20, atMs: NOW_MS };
const HOLD = { reason: 'an upgrade', sinceMs: NOW_MS, untilMs: NOW_MS + 1 };
const LINE = Buffer.from('m v=1 1\n');

const fill = async (view: View): Promise<void> => {
  await store(view, ENTRY);
  await view.segments.lease(1, 'one', NOW_MS + 10_000, NOW_MS, soonEnough());
  await view.breakers.open(breakerOf());
  await view.breakers.lease(breakerOf(), 'one', NOW_MS + 10_000, NOW_MS);
  await view.unfinishedMarks.mark(new Map([['message', 2]]), soonEnough());
  await view.referenceLines.keep(PLAIN, LINE, soonEnough());
  await view.writeBacklog(BACKLOG, soonEnough());
  await view.decisions.report(1, reportOf(1));
  await view.decisions.step(-1, decisionOf(1));
  await view.writeLimit(LIMIT, soonEnough());
  await view.holds.hold(HOLD, soonEnough());
  await view.claimFlush({ owner: 'one', untilMs: NOW_MS + 10_000 }, NOW_MS, soonEnough());
};

/** Reads everything that a sink can read. */
const look = async (view: View) => {
  const { breakers, backlog, decision, limit, hold } = await view.readShared();
  const shards = Array.from({ length: SHARDS }, (_, shard) => view.segments.listEntries(shard, soonEnough()));
  return {
    entries: (await Promise.all(shards)).flat(),
    payloads: [...(await view.segments.readPayloads([idOf(1)], soonEnough())).keys()],
    found: (await view.listPayloads(undefined, soonEnough())).payloads,
    has: await view.segments.hasEntry(1, idOf(1), soonEnough()),
    breakers,
    backlog,
    decision,
    limit,
    hold,
    reports: (await view.decisions.reportsOf(1))?.attempts,
    marks: await view.unfinishedMarks.read(['message'], soonEnough()),
    referenceLine: (await view.referenceLines.read(PLAIN, soonEnough()))?.length,
  };
};

const NOTHING = {
  entries: [],
  payloads: [],
  found: [],
  has: false,
  breakers: [],
  backlog: undefined,
  decision: undefined,
  limit: undefined,
  hold: undefined,
  reports: undefined,
  marks: new Map(),
  referenceLine: undefined,
};
const EVERYTHING = {
  entries: [ENTRY],
  payloads: [idOf(1)],
  found: [ENTRY],
  has: true,
  breakers: [breakerOf()],
  backlog: BACKLOG,
  decision: decisionOf(1),
  limit: LIMIT,
  hold: HOLD,
  reports: reportOf(1).attempts,
  marks: new Map([['message', 2]]),
  referenceLine: LINE.length,
};

/** Makes all calls that could damage the items of another sink, as if this sink owned them. */
const interfere = async (view: View): Promise<void> => {
  await view.segments.reschedule(ENTRY, { wait: 'held', failures: 9, dueMs: 9 }, soonEnough());
  await view.segments.deleteEntries([ENTRY], soonEnough());
  await view.segments.deletePayloads([idOf(1)], soonEnough());
  await view.segments.release(1, 'one', soonEnough());
  await view.breakers.reopen(breakerOf({ text: 'changed' }), 'one');
  await view.breakers.close('server', 'one');
  await view.holds.resume(soonEnough());
  await view.unfinishedMarks.unmark(['message'], soonEnough());
  await view.decisions.step(1, decisionOf(2));
};

/** Names with common prefixes, and with the characters that separate the parts of keys. */
const NAMES = ['a', 'a#b', 'a#1', 'a b', 'a ', 'a#', '1 a', 'A'];

/** Declares the tests of sinks that share a table. */
export const sharingContract = (fresh: FreshTable): void => {
  test.each(NAMES)('other sinks neither read nor change the items of the sink "%s"', async (name) => {
    const views = await fresh();
    const others = NAMES.filter((other) => other !== name).map(views);
    await fill(views(name));
    for (const other of others) expect(await look(other)).toEqual(NOTHING);
    for (const other of NAMES) expect(await views('a').hasBacklog(other, soonEnough())).toBe(other === name);
    for (const other of others) await interfere(other);
    expect(await look(views(name))).toEqual(EVERYTHING);
    // Its lease is still held, and the other sinks have separate leases.
    const lease = (view: View) => view.segments.lease(1, 'two', NOW_MS + 2, NOW_MS + 1, soonEnough());
    expect(await lease(views(name))).toBe(false);
    for (const other of others) expect(await lease(other)).toBe(true);
  });
};
