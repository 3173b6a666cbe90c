/** Tests of `docs/grafana.ts`: the dashboards in `docs/grafana`. */

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { cloudWatchDashboard, GRAFANA_FOLDER, grafanaFiles, openGeminiDashboard } from '../../docs/grafana.ts';

test.each(Object.entries(grafanaFiles()))(
  'docs/grafana/%s is up to date (otherwise run: npx node docs/grafana.ts)',
  (name, text) => {
    expect(readFileSync(new URL(name, GRAFANA_FOLDER), 'utf8')).toBe(text);
  },
);

interface Panel {
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets: readonly { readonly query?: string; readonly metricName?: string }[];
}

const panelsOf = (dashboard: object): readonly Panel[] => JSON.parse(JSON.stringify(dashboard)).panels;

test('both dashboards show the metrics of the sink in the same panels', () => {
  const own = panelsOf(openGeminiDashboard());
  const titles = panelsOf(cloudWatchDashboard()).map(({ title }) => title);
  expect(own.length).toBeGreaterThan(8);
  expect(own.map(({ title }) => title).filter((title) => !titles.includes(title))).toEqual([]);
});

test.each([
  ['CloudWatch', cloudWatchDashboard()],
  ['openGemini', openGeminiDashboard()],
])('no panels of the dashboard for %s overlap, and every row is full', (_, dashboard) => {
  const panels = panelsOf(dashboard);
  const cells = panels.flatMap(({ gridPos: { x, y, w } }) =>
    Array.from({ length: w }, (_cell, at) => `${y} ${x + at}`),
  );
  expect(new Set(cells).size).toBe(cells.length);
  for (const y of new Set(panels.map(({ gridPos }) => gridPos.y)))
    expect(panels.filter(({ gridPos }) => gridPos.y === y).reduce((sum, { gridPos }) => sum + gridPos.w, 0)).toBe(24);
});
