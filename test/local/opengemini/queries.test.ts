/** Tests of `local/opengemini/query-endpoint.ts`, `query-language.ts`, and `select.ts`. */

import { describe, expect, test } from 'vitest';
import { hasDatabase } from '../../../local/opengemini-client.ts';
import { query, send } from './raw-client.ts';
import { DATABASE, type Played, withStandIn } from './stand-in-fixture.ts';

const BODY = `m f=1e21,g=-0,i=9223372036854775807i 1755216000000000000
m,x=1 b=t,s="<a>&\u2028" 1755216000000000001
m,x=2,y=3 f=1e-7 1755216000000000002
m,y=3 f=2 1755216000000000002`;

const raw = async ({ standIn }: Played, statement: string, epoch = 'ns'): Promise<string> =>
  (await send(`${standIn.url}/query?${new URLSearchParams({ db: DATABASE, q: statement, epoch })}`)).body;

const results = (...parts: string[]): string => `{"results":[${parts.join(',')}]}\n`;

const failing = (error: string, id = 0): string => `{"statement_id":${id},"error":${JSON.stringify(error)}}`;

describe('selections', () => {
  test(
    'a selection prints series in the order of their tag values, with all digits of a time, like the real server',
    withStandIn({}, async (played) => {
      await played.write(BODY);
      const columns = '"columns":["time","b","f","g","i","s"]';
      expect(await raw(played, 'SELECT * FROM "m" GROUP BY *')).toBe(
        results(
          `{"statement_id":0,"series":[{"name":"m",${columns},"values":[[1755216000000000000,null,1e+21,-0,-9223372036854775808,null]]},` +
            `{"name":"m","tags":{"y":"3"},${columns},"values":[[1755216000000000002,null,2,null,null,null]]},` +
            `{"name":"m","tags":{"x":"1"},${columns},"values":[[1755216000000000001,true,null,null,null,"\\u003ca\\u003e\\u0026\\u2028"]]},` +
            `{"name":"m","tags":{"x":"2","y":"3"},${columns},"values":[[1755216000000000002,null,1e-7,null,null,null]]}]}`,
        ),
      );
    }),
  );

  test.each([
    [
      'SELECT f FROM m',
      '["time","f"]',
      '[1755216000000000000,1e+21],[1755216000000000002,1e-7],[1755216000000000002,2]',
    ],
    ['select "g", "x", "nope" from m', '["time","g","x","nope"]', '[1755216000000000000,-0,null,null]'],
    ['SELECT count("f") FROM "m"', '["time","count"]', '[0,3]'],
    ['SELECT COUNT(*) FROM m', '["time","count_b","count_f","count_g","count_i","count_s"]', '[0,1,3,1,1,1]'],
    ['SELECT count(f) FROM db.autogen.m', '["time","count"]', '[0,3]'],
    ['SELECT count(f) FROM db..m', '["time","count"]', '[0,3]'],
  ])('the selection prints its columns and values like the real server: %s', async (statement, columns, values) => {
    const play = withStandIn({}, async (played) => {
      await played.write(BODY);
      const series = `{"name":"m","columns":${columns},"values":[${values}]}`;
      expect(await raw(played, statement)).toBe(results(`{"statement_id":0,"series":[${series}]}`));
    });
    await play();
  });

  test.each(['SELECT count(nope) FROM m', 'SELECT x FROM m', 'SELECT nope FROM m GROUP BY *'])(
    'the selection returns no series: %s',
    async (statement) => {
      const play = withStandIn({}, async (played) => {
        await played.write(BODY);
        expect(await raw(played, statement)).toBe(results('{"statement_id":0}'));
      });
      await play();
    },
  );

  test(
    'a selection prints times in the requested unit',
    withStandIn({}, async (played) => {
      await played.write('m v=1 1755216000123456789');
      expect(await raw(played, 'SELECT v FROM m', 'ms')).toContain('[1755216000123,1]');
      expect(await raw(played, 'SELECT v FROM m', '')).toContain('["2025-08-15T00:00:00.123456789Z",1]');
      expect(await raw(played, 'SELECT count(v) FROM m', '')).toContain('["1970-01-01T00:00:00Z",1]');
    }),
  );

  test(
    'a selection returns only an error if one of its values is NaN',
    withStandIn({}, async (played) => {
      await played.write('m v=nanf,w=1 5');
      expect(await raw(played, 'SELECT * FROM m')).toMatch(/^\{"error":".*unsupported value: NaN or ±Infinite"\}\n$/);
      expect(await raw(played, 'SELECT w FROM m')).toContain('[5,1]');
    }),
  );
});

describe('databases and policies', () => {
  test(
    'databases and measurements are created, listed, and dropped',
    withStandIn({}, async ({ standIn, write, query: run }) => {
      await run('CREATE DATABASE "kill"; create database db; CREATE DATABASE other');
      expect(standIn.databases()).toEqual(['db', 'kill', 'other']);
      await write('b v=1 5\na v=1 5');
      await write('c v=1 5', { params: { db: 'other' } });
      expect(
        await run(
          'SHOW MEASUREMENTS; DROP MEASUREMENT a; SHOW MEASUREMENTS ON "other"; DROP DATABASE "kill"; SHOW DATABASES',
        ),
      ).toEqual({
        results: [
          { statement_id: 0, series: [{ name: 'measurements', columns: ['name'], values: [['a'], ['b']] }] },
          { statement_id: 1 },
          { statement_id: 2, series: [{ name: 'measurements', columns: ['name'], values: [['c']] }] },
          { statement_id: 3 },
          { statement_id: 4, series: [{ name: 'databases', columns: ['name'], values: [['db'], ['other']] }] },
        ],
      });
      expect((await write('m v=1 5', { params: { db: 'kill' } })).status).toBe(404);
    }),
  );

  test(
    'a server without databases lists them as a series without values',
    withStandIn({}, async ({ standIn, query: run }) => {
      for (const database of standIn.databases()) await run(`DROP DATABASE "${database}"`);
      expect(await run('SHOW DATABASES')).toEqual({
        results: [{ statement_id: 0, series: [{ name: 'databases', columns: ['name'] }] }],
      });
      expect(await hasDatabase({ url: standIn.url, credentials: undefined }, 'db')).toBe(false);
    }),
  );

  test(
    'a default retention policy receives the writes that name no policy',
    withStandIn({ clock: () => 90_000_000_000_000n }, async ({ standIn, write, query: run }) => {
      await run('CREATE RETENTION POLICY "day" ON "db" DURATION 1d REPLICATION 1 SHARD DURATION 2h DEFAULT');
      await write('m v=1 5000000000000');
      expect(standIn.points(DATABASE, 'day')).toHaveLength(1);
      expect(standIn.points(DATABASE)).toHaveLength(1);
      expect(await run('SELECT count(v) FROM "day"."m"')).toMatchObject({
        results: [{ series: [{ values: [[0, 1]] }] }],
      });
    }),
  );

  const [create, rest] = ['CREATE RETENTION POLICY', 'REPLICATION 1'];
  test.each([
    ['SELECT * FROM nope; SHOW MEASUREMENTS', `${failing('measurement not found')},{"statement_id":1}`],
    ['SELECT * FROM "rp"."m"', failing('retention policy not found: rp')],
    ['SELECT * FROM nope.autogen.m', failing('database not found: nope')],
    ['SHOW MEASUREMENTS ON nope', failing('database not found: nope')],
    ['SHOW RETENTION POLICIES ON nope', failing('database not found: nope')],
    ['CREATE DATABASE "a/b"', failing('invalid name')],
    [`${create} r ON nope DURATION 1h ${rest}`, failing('database not found: nope')],
    [`${create} r ON db DURATION 30m ${rest}`, failing('retention policy duration must be at least 1h0m0s')],
    [
      `${create} r ON db DURATION 1h REPLICATION 2`,
      failing('retention policy replicaN conflicts with database replicaN'),
    ],
    [
      `${create} r ON db DURATION 1h ${rest}; ${create} r ON db DURATION 60m ${rest}`,
      '{"statement_id":0},{"statement_id":1}',
    ],
    [
      `${create} r ON db DURATION 1h ${rest}; ${create} r ON db DURATION 2h ${rest}`,
      `{"statement_id":0},${failing('retention policy conflicts with an existing policy', 1)}`,
    ],
  ])('the statement gives the same result or error as on the real server: %s', async (statement, expected) => {
    const play = withStandIn({}, async (played) => {
      expect(await raw(played, statement)).toBe(results(expected));
    });
    await play();
  });

  test.each([
    'CREATE DATABASE kill',
    'HELLO',
    'SELECT * FROM',
    'SELECT FROM m',
    'SHOW DATABASES x',
    ';',
    'SELECT v FROM m -- x',
  ])(
    'the stand-in reports that it does not support this query, which may be valid on the real server: %s',
    async (statement) => {
      const play = withStandIn({}, async ({ standIn }) => {
        const reply = await query(standIn.url, DATABASE, statement);
        expect(reply).toMatchObject({
          status: 400,
          error: expect.stringMatching(
            /^the stand-in for openGemini does not support this query \(unexpected .*\); it supports/,
          ),
        });
      });
      await play();
    },
  );
});

test(
  'retention policies are listed with the columns of the real server, and without hot and warm durations',
  withStandIn({}, async (played) => {
    await raw(played, 'CREATE RETENTION POLICY r ON db DURATION 90m REPLICATION 1');
    const columns =
      '"columns":["name","duration","shardGroupDuration","hot duration","warm duration","index duration","replicaN","default"]';
    const rows =
      '["autogen","0s","168h0m0s","0s","0s","168h0m0s",1,true],["r","1h30m0s","1h0m0s","0s","0s","1h0m0s",1,false]';
    expect(await raw(played, 'SHOW RETENTION POLICIES ON db')).toBe(
      results(`{"statement_id":0,"series":[{${columns},"values":[${rows}]}]}`),
    );
  }),
);

test(
  'a query is accepted by GET, by POST, and as a form, whose parameters have priority',
  withStandIn({}, async (played) => {
    const { url } = played.standIn;
    const form = { headers: { 'Content-Type': 'application/x-www-form-urlencoded' }, body: 'q=SHOW+DATABASES' };
    const expected = results('{"statement_id":0,"series":[{"name":"databases","columns":["name"],"values":[["db"]]}]}');
    expect((await send(`${url}/query?q=SHOW%20DATABASES`, { method: 'GET' })).body).toBe(expected);
    expect((await send(`${url}/query?q=SHOW%20MEASUREMENTS`, form)).body).toBe(expected);
    expect((await send(`${url}/query`, { ...form, headers: {} })).error).toBe('missing required parameter "q"');
  }),
);
