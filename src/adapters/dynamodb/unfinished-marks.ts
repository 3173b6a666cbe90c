/** Marks of messages that were begun: `suspect#<sink>#<message id>`. They say nothing of data, and expire. */

import type { UnfinishedMarks } from '../../ingest/poison-watch.ts';
import { number, readCount, readText } from './attributes.ts';
import { type Key, keyItem, type TableAccess } from './table-access.ts';

/** Longer than a message can live. */
const EXPIRES_SECONDS = 15 * 24 * 3_600;

export const unfinishedMarks = (table: TableAccess, sink: string, nowMs: () => number): UnfinishedMarks => {
  const prefix = `suspect#${sink}#`;
  const keyOf = (id: string): Key => ({ pk: `${prefix}${id}`, sk: 'started' });
  return {
    async read(ids, { signal }) {
      const items = await table.getAll(ids.map(keyOf), signal);
      return new Map(items.map((item) => [readText(item, 'pk').slice(prefix.length), readCount(item, 'starts')]));
    },
    async mark(starts, { signal }) {
      const expiresAt = number(Math.floor(nowMs() / 1_000) + EXPIRES_SECONDS);
      const items = [...starts].map(([id, count]) => ({ ...keyItem(keyOf(id)), starts: number(count), expiresAt }));
      await table.putAll(items, signal);
    },
    unmark: (ids, { signal }) => table.deleteAll(ids.map(keyOf), signal),
  };
};
