/** Compares the stand-in with the recorded responses of a real server, `test/fixture/write-corpus.jsonl`. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { StoredPoint } from '../../../local/opengemini/points.ts';
import { type StandIn, startStandIn } from '../../../local/opengemini/server.ts';
import { type CorpusRow, readCorpus, replay, type Stored } from './corpus.ts';
import { query } from './raw-client.ts';

const DATABASE = 'conf';
const NOW_NS = 1_795_000_000_123_456_789n;

let open: StandIn;
let guarded: StandIn;

beforeAll(async () => {
  open = await startStandIn({ clock: () => NOW_NS });
  guarded = await startStandIn({ clock: () => NOW_NS, credentials: { username: 'admin', password: 'right' } });
});

afterAll(async () => {
  await Promise.all([open.close(), guarded.close()]);
});

/** The recording replaces long paths and bytes by "…" and omits the end of such a text. */
const expectError = (error: string | null, recorded: string | null): void => {
  const [start = '', ...others] = recorded?.split('…') ?? [];
  if (others.length === 0) expect(error).toBe(recorded);
  else expect([error?.startsWith(start), others.every((part) => error?.includes(part))]).toEqual([true, true]);
};

/** The recording contains only JSON numbers, so an integer beyond 2^53 is rounded in it. */
const asRecorded = ({ measurement, tags, fields, timeNs }: StoredPoint): Stored => ({
  measurement,
  tags,
  fields: Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [key, typeof value === 'bigint' ? Number(value) : value]),
  ),
  time: timeNs === NOW_NS ? 'server-now' : String(timeNs),
});

const sorted = (stored: readonly Stored[]): Stored[] =>
  stored.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));

const ordered = (stored: Stored): Stored => ({
  ...stored,
  tags: Object.fromEntries(Object.entries(stored.tags).sort()),
  fields: Object.fromEntries(Object.entries(stored.fields).sort()),
});

const expectReply = async (row: CorpusRow): Promise<StoredPoint[]> => {
  const server = row.request.requires === 'auth' ? guarded : open;
  await query(open.url, '', `DROP DATABASE ${DATABASE}; CREATE DATABASE ${DATABASE}`);
  const reply = await replay(server.url, row, DATABASE);
  expect(reply.status).toBe(row.answer.status);
  expectError(reply.error, row.answer.error);
  return open.points(DATABASE);
};

describe('the corpus', () => {
  test.each(readCorpus())('the stand-in responds and stores like the real server: $name', async (row) => {
    const points = await expectReply(row);
    if (row.storedCount === undefined) {
      expect(sorted(points.map(asRecorded).map(ordered))).toEqual(sorted(row.stored.map(ordered)));
    } else {
      expect(points).toHaveLength(row.storedCount);
    }
  });
});
