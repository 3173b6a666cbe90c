/** Loads segments from the table. An unreadable segment is set aside, and is never deleted without a report. */

import { targetKey } from '../../sink/ports.ts';
import { DamagedSegment, readSegment, type StoredSegment } from '../format/stored-segment.ts';
import type { IndexEntry } from '../segment-store.ts';
import type { DrainContext } from './drain-context.ts';
import type { LoadedSegment } from './segment-group.ts';

/** Returns the readable segments of these entries. Sets damaged segments aside and reports them. */
export const loadSegments = async (
  entries: readonly IndexEntry[],
  context: DrainContext,
): Promise<readonly LoadedSegment[]> => {
  const { store } = context.ports;
  const ids = entries.map(({ id }) => id);
  const payloads = await context.attempt('Failed to read segments.', { segments: ids.length }, () =>
    store.readPayloads(ids, context.deadlines.settle),
  );
  if (payloads === undefined) return [];
  const loaded: LoadedSegment[] = [];
  for (const entry of entries) {
    const stored = payloads.get(entry.id);
    const one = await context.attempt('Failed to read a segment.', { segment: entry.id }, () =>
      stored === undefined ? removeEntry(entry, context) : open(entry, stored, context),
    );
    if (one !== undefined) loaded.push(one);
  }
  return loaded;
};

/**
 * Deletes an entry without a payload. Either another drainer has just settled the segment, and deletes the entry first,
 * or the payload is lost. A loss is reported as damage.
 */
const removeEntry = async (entry: IndexEntry, context: DrainContext): Promise<undefined> => {
  const { store } = context.ports;
  const { settle } = context.deadlines;
  if (!(await store.hasEntry(entry.shard, entry.id, settle))) return;
  await store.deleteEntries([entry], settle);
  reportDamage(entry, 'its payload is gone', context);
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
    reportDamage(entry, `${error.message}; it was set aside`, context);
    return undefined;
  }
};

const reportDamage = ({ id, lines, target }: IndexEntry, damage: string, context: DrainContext): void => {
  context.tally.damaged += 1;
  context.options.onDamage({ segment: id, target: targetKey(target), lines, damage });
};
