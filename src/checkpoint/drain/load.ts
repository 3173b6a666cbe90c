/** Segments out of the table, as far as they can be read. What cannot be read is put aside, and never deleted unseen. */

import { targetKey } from '../../sink/ports.ts';
import { DamagedSegment, readSegment, type StoredSegment } from '../format/stored-segment.ts';
import type { IndexEntry } from '../segment-store.ts';
import type { DrainContext } from './drain-context.ts';
import type { LoadedSegment } from './segment-group.ts';

export const loadSegments = async (
  entries: readonly IndexEntry[],
  context: DrainContext,
): Promise<readonly LoadedSegment[]> => {
  const { store } = context.ports;
  const ids = entries.map(({ id }) => id);
  const payloads = await context.attempt('Segments could not be read', { segments: ids.length }, () =>
    store.readPayloads(ids, context.deadlines.settle),
  );
  if (payloads === undefined) return [];
  const loaded: LoadedSegment[] = [];
  for (const entry of entries) {
    const stored = payloads.get(entry.id);
    const one = await context.attempt('A segment could not be read', { segment: entry.id }, () =>
      stored === undefined ? lose(entry, context) : open(entry, stored, context),
    );
    if (one !== undefined) loaded.push(one);
  }
  return loaded;
};

/** An entry without payload: another drainer has just written it, and deletes the entry first, or something is broken. */
const lose = async (entry: IndexEntry, context: DrainContext): Promise<undefined> => {
  const { store } = context.ports;
  const { settle } = context.deadlines;
  if (!(await store.hasEntry(entry.shard, entry.id, settle))) return;
  await store.deleteEntries([entry], settle);
  tellDamage(entry, 'its payload is gone', context);
};

const open = async (
  entry: IndexEntry,
  stored: StoredSegment,
  context: DrainContext,
): Promise<LoadedSegment | undefined> => {
  try {
    return { entry, segment: readSegment(stored) };
  } catch (error) {
    if (!(error instanceof DamagedSegment)) throw error;
    const { store } = context.ports;
    const { settle } = context.deadlines;
    await store.setAside(entry.id, stored, error.message, settle);
    await store.deleteEntries([entry], settle);
    await store.deletePayloads([entry.id], settle);
    tellDamage(entry, `${error.message}; it was put aside`, context);
    return undefined;
  }
};

const tellDamage = ({ id, lines, target }: IndexEntry, damage: string, context: DrainContext): void => {
  context.tally.damaged += 1;
  context.options.onDamage({ segment: id, target: targetKey(target), lines, damage });
};
