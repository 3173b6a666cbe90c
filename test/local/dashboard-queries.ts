/** Runs a sink that writes its own metrics, and the queries of the dashboard for Grafana on its server. */

import { expect } from 'vitest';
import { openGeminiDashboard } from '../../docs/grafana.ts';
import { LOCAL_DEFAULTS } from '../../local/local-defaults.ts';
import { startLocalSystem } from '../../local/system.ts';
import { send } from './stored-points.ts';

interface Result {
  readonly error?: string;
  readonly series?: readonly { readonly values: readonly (readonly unknown[])[] }[];
}

const SINK = 'dashboard-sink';

/** Sends a query as Grafana does, with the values of its variables. */
const run = async (query: string, url: string, database: string, headers: Record<string, string>): Promise<Result> => {
  const text = query
    .replace('$timeFilter', 'time >= now() - 1h')
    .replace('$__interval', '1m')
    .replace(/\$\{sink\}/, SINK);
  const parameters = new URLSearchParams({ db: database, q: text, epoch: 'ms' });
  const response = await fetch(`${url}/query?${parameters}`, { headers });
  const { results = [], error } = (await response.json()) as { results?: Result[]; error?: string };
  return { ...results[0], ...(error === undefined ? {} : { error }) };
};

/** Metrics that only a sink with a moved limit has, or with several nodes. */
const ABSENT = ['maximumConcurrency', 'unhealthyNodes'];

/**
 * Sends an event, and waits until every query of the dashboard has a value.
 *
 * @param variables - Variables of the sink, which may name a server.
 */
export const expectDashboardToShowValues = async (
  variables: Readonly<Record<string, string | undefined>>,
): Promise<void> => {
  const system = await startLocalSystem({
    ...LOCAL_DEFAULTS,
    windowMs: 500,
    visibilitySeconds: 361,
    flushEveryMs: 1_000,
    variables: { ...variables, SINK_NAME: SINK, SINK_SELF_METRICS: 'true' },
    onLogLine: () => undefined,
  });
  const { opengeminiUrl, database } = system.addresses;
  const { username, password } = system.server.credentials ?? {};
  const headers: Record<string, string> =
    username === undefined
      ? {}
      : { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` };
  try {
    await send(system, ['{"measurement":"m","fields":{"v":1}}']);
    const { panels = [] } = openGeminiDashboard();
    const queries = panels.flatMap((panel) =>
      'targets' in panel ? (panel.targets ?? []).map((target) => (target as unknown as { query: string }).query) : [],
    );
    expect(queries.length).toBeGreaterThan(15);
    const expected = queries.filter((query) => !ABSENT.some((name) => query.includes(`"${name}"`)));
    const missing = async (): Promise<string[]> => {
      const results = await Promise.all(expected.map((query) => run(query, opengeminiUrl, database, headers)));
      return expected.flatMap((query, index) => {
        const { error, series } = results[index] as Result;
        const hasValue = series?.some(({ values }) => values.some((row) => row[1] !== null)) === true;
        return error === undefined && hasValue ? [] : [`${query}: ${error ?? 'no value'}`];
      });
    };
    await expect.poll(missing, { timeout: 60_000, interval: 500 }).toEqual([]);
  } finally {
    await system.close();
  }
};
