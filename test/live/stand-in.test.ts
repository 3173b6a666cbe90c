/** The stand-in and a real openGemini respond to the same requests in the same way. */

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type StandIn, startStandIn } from '../../local/opengemini/server.ts';
import { type CorpusRow, readCorpus, replay } from '../local/opengemini/corpus.ts';
import { DASHBOARD_LINES, DASHBOARD_QUERIES } from '../local/opengemini/dashboard-queries.ts';
import { bodies } from '../local/opengemini/odd-lines.ts';
import { query, type RawReply, send } from '../local/opengemini/raw-client.ts';
import { TEST_SEED } from '../seed.ts';

const REAL = process.env.OPENGEMINI_URL ?? '';
const RUNS = Number(process.env.STAND_IN_RUNS ?? 2_000);
const DATABASE = `standin_${process.pid}_${Date.now()}`;

/** Time in which new series appear in queries. It usually takes 1 to 2 s. */
const VISIBLE_MS = 10_000;

let standIn: StandIn;
const both = (): string[] => [REAL, standIn.url];

const createDatabase = async (database: string): Promise<void> => {
  for (const url of both()) await query(url, '', `CREATE DATABASE "${database}"`);
  await vi.waitFor(async () => expect((await send(`${REAL}/write?db=${database}`)).status).toBe(204), {
    timeout: 5_000,
  });
};

interface Series {
  readonly tags?: Record<string, string>;
  readonly columns: string[];
  readonly values: unknown[][];
}

/** Keeps times as text. Times from the server's clock differ slightly and are made equal. */
const readable = (body: string): string =>
  body.replace(/(?<=\[\[|\],\[)\d{1,19}(?=,)/g, (digits) =>
    Math.abs(Number(BigInt(digits) / 1_000_000n) - Date.now()) < 3_600_000 ? '"now"' : `"${digits}"`,
  );

const byText = (a: unknown, b: unknown): number => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);

/**
 * Returns the content of a response without the order, which is partly random on a real server. It is random for series
 * with odd bytes in their tags. It is also random for rows that differ only in a tag that a field of the same name
 * hides, and even for parts of one series.
 */
const contentOf = (body: string): unknown => {
  const { results, error } = JSON.parse(readable(body)) as { results?: Array<{ series?: Series[] }>; error?: string };
  const series = results?.flatMap((result) => result.series ?? []) ?? [];
  const byTags = Map.groupBy(series, ({ tags, columns }) => JSON.stringify([tags, columns]));
  const parts = [...byTags].sort(([a], [b]) => byText(a, b));
  return { error, series: parts.map(([tags, same]) => [tags, same.flatMap(({ values }) => values).sort(byText)]) };
};

const measurementsOf = async (url: string, database: string): Promise<string[]> => {
  const { body } = await query(url, database, 'SHOW MEASUREMENTS');
  const result = JSON.parse(body) as { results: Array<{ series?: Array<{ values: string[][] }> }> };
  return result.results[0]?.series?.[0]?.values.map(([name = '']) => name) ?? [];
};

const quoted = (name: string): string => `"${name.replace(/["\\]/g, '\\$&')}"`;

const expectSameContent = async (database: string): Promise<void> => {
  expect(await measurementsOf(standIn.url, database)).toEqual(await measurementsOf(REAL, database));
  for (const name of await measurementsOf(REAL, database)) {
    const read = async (url: string): Promise<unknown> =>
      contentOf((await query(url, database, `SELECT * FROM ${quoted(name)} GROUP BY *`)).body);
    const wanted = await read(standIn.url);
    await vi.waitFor(async () => expect(await read(REAL), name).toEqual(wanted), {
      timeout: VISIBLE_MS,
      interval: 250,
    });
  }
};

/**
 * Sends a body again if the real server is not ready. The first write to a new shard group may fail, and the server
 * then expects a second attempt.
 */
const sendUntilReady = async (url: string, body: Buffer): Promise<RawReply> => {
  const reply = await send(url, { body });
  return reply.error?.startsWith('shard group not found') ? sendUntilReady(url, body) : reply;
};

const shown = ({ status, error }: RawReply): unknown => ({ status, error });

/** Rows that need no switches and no users of the server. A poisoned series would fill its log. */
const isHarmless = ({ request, name }: CorpusRow): boolean =>
  request.requires === undefined && !request.setup?.some(([kind]) => kind === 'post') && !/poison|too-large/.test(name);

describe('stand-in and real server', () => {
  beforeAll(async () => {
    standIn = await startStandIn();
    await createDatabase(DATABASE);
  }, 60_000);

  afterAll(async () => {
    await query(REAL, '', `DROP DATABASE "${DATABASE}"`);
    await standIn.close();
  });

  test.each(readCorpus().filter(isHarmless))(
    'the stand-in and a real server return the same response to the corpus row "$name"',
    async (row) => {
      const [real, played] = [await replay(REAL, row, DATABASE), await replay(standIn.url, row, DATABASE)];
      expect(shown(played)).toEqual(shown(real));
    },
  );

  test(
    'the stand-in and a real server store the same points of the corpus',
    () => expectSameContent(DATABASE),
    120_000,
  );

  test('the stand-in and a real server return the same results to queries of dashboards', {
    timeout: 120_000,
  }, async () => {
    const database = `${DATABASE}_dashboard`;
    await createDatabase(database);
    const params = new URLSearchParams({ db: database, precision: 's' });
    for (const url of both()) await sendUntilReady(`${url}/write?${params}`, Buffer.from(DASHBOARD_LINES));
    await expectSameContent(database);
    for (const [statement] of DASHBOARD_QUERIES) {
      // A real server returns names and tag values in no certain order.
      const sorts = statement.startsWith('SHOW');
      const read = async (url: string): Promise<unknown> =>
        JSON.parse((await query(url, database, statement)).body, (key, value) =>
          sorts && key === 'values' ? value.toSorted() : value,
        );
      expect(await read(REAL), statement).toEqual(await read(standIn.url));
    }
    await query(REAL, '', `DROP DATABASE "${database}"`);
  });

  test(`the stand-in and a real server treat random good and broken lines alike (seed ${TEST_SEED})`, {
    timeout: 600_000,
  }, async () => {
    const database = `${DATABASE}_random`;
    await createDatabase(database);
    for (const { body, precision } of fc.sample(bodies, { numRuns: RUNS, seed: TEST_SEED })) {
      const answers: unknown[] = [];
      for (const url of both()) {
        const target = `${url}/write?${new URLSearchParams({ db: database, precision })}`;
        answers.push(shown(await sendUntilReady(target, body)));
      }
      expect(answers[1], JSON.stringify(body.toString('latin1'))).toEqual(answers[0]);
    }
    await expectSameContent(database);
    await query(REAL, '', `DROP DATABASE "${database}"`);
  });
});
