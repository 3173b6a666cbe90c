/** Tests of the queries that dashboards send: `local/opengemini/query-*.ts`, `select.ts`, `aggregate.ts`, and `show.ts`. */

import { expect, test } from 'vitest';
import { DASHBOARD_LINES, DASHBOARD_QUERIES } from './dashboard-queries.ts';
import { query, send } from './raw-client.ts';
import { DATABASE, type Played, withStandIn } from './stand-in-fixture.ts';

const NOW_S = 400n;

const withPoints = (play: (played: Played) => Promise<void>): (() => Promise<void>) =>
  withStandIn({ clock: () => NOW_S * 1_000_000_000n }, async (played) => {
    expect((await played.write(DASHBOARD_LINES, { params: { precision: 's' } })).status).toBe(204);
    await play(played);
  });

const run = async ({ standIn }: Played, statement: string): Promise<{ series?: unknown; error?: string }[]> => {
  const params = new URLSearchParams({ db: DATABASE, epoch: 's', q: statement });
  return JSON.parse((await send(`${standIn.url}/query?${params}`)).body).results;
};

test.each(DASHBOARD_QUERIES)(
  'the stand-in returns the series of the dashboard query: %s',
  async (statement, series) => {
    await withPoints(async (played) => {
      expect(await run(played, statement)).toEqual([{ statement_id: 0, ...(series.length > 0 ? { series } : {}) }]);
    })();
  },
);

test(
  'now() is the time of the server, and intervals without an end of the range end there',
  withPoints(async (played) => {
    const [recent, counted] = await run(
      played,
      'SELECT used FROM cpu WHERE time >= now() - 90s; SELECT count(used) FROM cpu WHERE time >= 5m GROUP BY time(50s)',
    );
    expect(recent?.series).toMatchObject([{ values: [[310, 4]] }]);
    expect(counted?.series).toMatchObject([
      {
        values: [
          [300, 1],
          [350, 0],
          [400, 0],
        ],
      },
    ]);
  }),
);

test(
  'retention policies are listed with their durations',
  withPoints(async (played) => {
    await played.query('CREATE RETENTION POLICY "day" ON "db" DURATION 1d12h REPLICATION 1 SHARD DURATION 90m');
    const columns = 'name,duration,shardGroupDuration,hot duration,warm duration,index duration,replicaN,default';
    expect(await run(played, 'SHOW RETENTION POLICIES ON "db"')).toEqual([
      {
        statement_id: 0,
        series: [
          {
            columns: columns.split(','),
            values: [
              ['autogen', '0s', '168h0m0s', '0s', '0s', '168h0m0s', 1, true],
              ['day', '36h0m0s', '1h30m0s', '0s', '0s', '1h30m0s', 1, false],
            ],
          },
        ],
      },
    ]);
    expect(await run(played, 'SHOW RETENTION POLICIES ON nope; SHOW TAG KEYS ON nope')).toEqual([
      { statement_id: 0, error: 'database not found: nope' },
      { statement_id: 1, error: 'database not found: nope' },
    ]);
  }),
);

test.each([
  ['SELECT mean(s) FROM cpu', 'mean() needs a number, and the field "s" is of type string'],
  ['SELECT used FROM cpu GROUP BY time(1m)', 'GROUP BY requires at least one aggregate function'],
  [
    'SELECT mean(used) FROM cpu WHERE time >= 0 AND time < 100001s GROUP BY time(1s)',
    'GROUP BY time() gives more than 100000 intervals. Use a shorter range of the time, or fill(none)',
  ],
])('a query that cannot run has an error instead of a result: %s', async (statement, error) => {
  await withPoints(async (played) => {
    expect(await run(played, statement)).toEqual([{ statement_id: 0, error }]);
  })();
});

test(
  '100,000 intervals are possible',
  withPoints(async (played) => {
    const [{ series } = {}] = await run(
      played,
      'SELECT mean(used) FROM cpu WHERE time >= 0 AND time < 100000s GROUP BY time(1s)',
    );
    expect(series).toMatchObject([{ values: { length: 100_000 } }]);
  }),
);

test.each([
  ['SELECT derivative(mean(used)) FROM cpu', 'the function derivative()'],
  ["SELECT used FROM cpu WHERE time > 1s tz('UTC')", 'unexpected tz'],
  ['SELECT used FROM cpu WHERE time != 5s', 'unexpected !='],
  ["SELECT used FROM cpu WHERE host = 'a' OR time > 5s", 'a condition on the time beside OR'],
  ["SELECT used FROM cpu WHERE time > 5s OR host = 'a'", 'a condition on the time beside OR'],
  ["SELECT used FROM cpu WHERE (host = 'a' AND (time > 5s)) OR host = 'b'", 'a condition on the time beside OR'],
  ['SELECT used FROM cpu WHERE host =~ /(/', 'the pattern /(/'],
  ['SELECT used FROM /^cpu$/', 'unexpected /^cpu$/'],
  ['SELECT mean(used), host FROM cpu', 'functions and columns in one selection'],
  ['SELECT mean(used) FROM cpu GROUP BY time(1m) fill(linear)', 'unexpected linear'],
  ['SELECT used FROM cpu ORDER BY used', 'unexpected used'],
  ['SELECT used FROM cpu SLIMIT 1', 'unexpected SLIMIT'],
  ["SELECT used FROM cpu WHERE time > 'yesterday'", 'unexpected the end of the query'],
  ['SHOW SERIES', 'unexpected SERIES'],
  ['SHOW TAG VALUES FROM cpu', 'unexpected the end of the query'],
])('a query that the stand-in does not support is refused with the word: %s', async (statement, what) => {
  await withPoints(async ({ standIn }) => {
    const reply = await query(standIn.url, DATABASE, statement);
    expect([reply.status, reply.error]).toEqual([
      400,
      expect.stringContaining(`does not support this query (${what}); it supports`),
    ]);
  })();
});
