/**
 * Marks of unfinished messages: `suspect#<sink>#<message id>` (docs/decisions/0017). They contain no data, so they are,
 * with the reports of the controller, the only items that expire.
 */

import type { UnfinishedMarks } from '../../ingest/poison-watch.ts';
import { expiresIn, number, readCount, readText } from './attributes.ts';
import { type Key, keyItem, type TableAccess } from './table-access.ts';
import { EXPIRES_AT, PARTITION_KEY } from './table-schema.ts';

/** Lifetime of a mark: 15 days, because SQS keeps a message for at most 14 days. */
const EXPIRES_SECONDS = 15 * 24 * 3_600;

/** Returns the port of the marks of one sink. */
export const unfinishedMarks = (table: TableAccess, sink: string, nowMs: () => number): UnfinishedMarks => {
  const prefix = `suspect#${sink}#`;
  const keyOf = (id: string): Key => ({ pk: `${prefix}${id}`, sk: 'started' });
  return {
    async read(ids, { signal }) {
      const items = await table.getAll(ids.map(keyOf), signal);
      return new Map(
        items.map((item) => [readText(item, PARTITION_KEY).slice(prefix.length), readCount(item, 'starts')]),
      );
    },
    async mark(starts, { signal }) {
      const expiry = { [EXPIRES_AT]: expiresIn(EXPIRES_SECONDS, nowMs()) };
      const items = [...starts].map(([id, count]) => ({ ...keyItem(keyOf(id)), starts: number(count), ...expiry }));
      await table.putAll(items, signal);
    },
    unmark: (ids, { signal }) => table.deleteAll(ids.map(keyOf), signal),
  };
};
