/** Lists the points of the stand-in, for tests. */

import { bytesOf, textOf } from './byte-text.ts';
import type { FieldValue } from './row.ts';
import { rowsOf } from './select.ts';
import type { Databases } from './storage.ts';

/** A stored point as returned by `SELECT * ... GROUP BY *`. Integers are bigint, floats are number. */
export interface StoredPoint {
  readonly measurement: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly fields: Readonly<Record<string, FieldValue>>;
  readonly timeNs: bigint;
}

const readable = (value: FieldValue): FieldValue => (typeof value === 'string' ? textOf(value) : value);

/**
 * Returns all points of a retention policy (by default the default policy), ordered by measurement and then by time.
 * Throws if the database or the policy does not exist.
 */
export const listPoints = (databases: Databases, databaseName: string, policyName?: string): StoredPoint[] => {
  const database = databases.get(bytesOf(databaseName));
  if (database === undefined) throw new Error(`The stand-in has no database "${databaseName}".`);
  const policy = database.policies.get(policyName === undefined ? database.defaultPolicy : bytesOf(policyName));
  if (policy === undefined) throw new Error(`Database "${databaseName}" has no retention policy "${policyName}".`);
  return [...policy.measurements]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, measurement]) =>
      rowsOf(measurement).map((row) => ({
        measurement: textOf(name),
        tags: Object.fromEntries(row.tags.map(([key, value]) => [textOf(key), textOf(value)])),
        fields: Object.fromEntries([...row.fields].map(([key, value]) => [textOf(key), readable(value)])),
        timeNs: row.timeNs,
      })),
    );
};
