/** The metrics that a sink writes about itself into a real openGemini, and the queries of the dashboard for Grafana. */

import { afterAll, expect, test } from 'vitest';
import { openGeminiDashboard } from '../../docs/grafana.ts';
import { LOCAL_DEFAULTS } from '../../local/local-defaults.ts';
import { dropDatabase, type ServerAccess } from '../../local/opengemini-client.ts';
import { startLocalSystem } from '../../local/system.ts';
import { send } from '../local/stored-points.ts';

const { OPENGEMINI_USERNAME: username, OPENGEMINI_PASSWORD: password, OPENGEMINI_URL: url = '' } = process.env;
const server: ServerAccess = { url, credentials: username && password ? { username, password } : undefined };
const database = `sink_live_dashboard_${Date.now()}`;
afterAll(() => dropDatabase(server, database));

interface Result {
  readonly error?: string;
  readonly series?: readonly { readonly values: readonly (readonly unknown[])[] }[];
}

/** Runs a query of the dashboard as Grafana sends it, with its variables. */
const run = async (query: string): Promise<Result> => {
  const text = query
    .replace('$timeFilter', 'time >= now() - 1h')
    .replace('$__interval', '1m')
    .replace(/\$\{sink\}/, 'live-sink');
  const headers: Record<string, string> =
    server.credentials === undefined
      ? {}
      : { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` };
  const parameters = new URLSearchParams({ db: database, q: text, epoch: 'ms' });
  const response = await fetch(`${server.url}/query?${parameters}`, { headers });
  const { results = [], error } = (await response.json()) as { results?: Result[]; error?: string };
  return { ...results[0], ...(error === undefined ? {} : { error }) };
};

/** Metrics that only an event source with a moved limit has. */
const ABSENT = ['maximumConcurrency'];

test('a real server answers every query of the dashboard from the metrics that the sink writes', async () => {
  const system = await startLocalSystem({
    ...LOCAL_DEFAULTS,
    windowMs: 500,
    visibilitySeconds: 361,
    flushEveryMs: 1_000,
    variables: { ...process.env, OPENGEMINI_DATABASE: database, SINK_NAME: 'live-sink', SINK_SELF_METRICS: 'true' },
    onLogLine: () => undefined,
  });
  try {
    await send(system, ['{"measurement":"m","fields":{"v":1}}']);
    const { panels = [] } = openGeminiDashboard();
    const queries = panels.flatMap((panel) =>
      'targets' in panel ? (panel.targets ?? []).map((target) => (target as unknown as { query: string }).query) : [],
    );
    expect(queries.length).toBeGreaterThan(15);
    const expected = queries.filter((query) => !ABSENT.some((name) => query.includes(`"${name}"`)));
    await expect
      .poll(
        async () => {
          const results = await Promise.all(expected.map(run));
          return expected.flatMap((query, index) => {
            const { error, series } = results[index] as Result;
            const hasValue = series?.some(({ values }) => values.some((row) => row[1] !== null)) === true;
            return error === undefined && hasValue ? [] : [`${query}: ${error ?? 'no value'}`];
          });
        },
        { timeout: 60_000, interval: 1_000 },
      )
      .toEqual([]);
  } finally {
    await system.close();
  }
});
