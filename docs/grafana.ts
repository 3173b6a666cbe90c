/**
 * Writes the dashboards for Grafana, from the graphs of the CloudWatch dashboard: `npx node docs/grafana.ts`. One reads
 * CloudWatch. The other reads openGemini itself, where `SINK_SELF_METRICS` stores the metrics of the sink.
 */

import { writeFileSync } from 'node:fs';
import { MetricsQueryBuilder } from '@grafana/grafana-foundation-sdk/cloudwatch';
import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog';
import {
  LegendDisplayMode,
  LegendPlacement,
  StackingConfigBuilder,
  StackingMode,
  VizLegendOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import {
  type Dashboard,
  DashboardBuilder,
  DatasourceVariableBuilder,
  TextBoxVariableBuilder,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { PanelBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import type { NamingParameters } from '../infra/deployment.ts';
import { type Curve, type Graph, graphRows } from '../infra/graphs.ts';
import { SELF_MEASUREMENT, statisticField } from '../src/lambda/self-metrics.ts';

/** A variable of a dashboard, with the value that it has at first. */
const VARIABLES = {
  sink: ['Name of the sink', 'opengemini-sink-prod'],
  service: ['Name of the service', 'opengemini-sink'],
  stage: ['Stage', 'prod'],
  queue: ['Event queue', 'opengemini-sink-prod-events'],
  letters: ['Dead-letter queue', 'opengemini-sink-prod-dead-letters'],
  table: ['State table', 'opengemini-sink-prod-state'],
  region: ['Region', 'default'],
} as const;
type VariableName = keyof typeof VARIABLES;

const inGrafana = (name: VariableName): string => `\${${name}}`;

/** Names that are variables of Grafana. Queues and table are named by ARNs, of which the last part counts. */
const NAMES: NamingParameters = {
  service: inGrafana('service'),
  stage: inGrafana('stage'),
  sinkName: inGrafana('sink'),
  fifo: false,
  queueArn: `arn:${inGrafana('queue')}`,
  deadLetterQueueArn: `arn:${inGrafana('letters')}`,
  tableArn: `arn/${inGrafana('table')}`,
  moveMaximumConcurrency: true,
};

const COLUMNS = 24;
const PANEL_HEIGHT = 8;

/** Returns the dashboard for CloudWatch. */
export const cloudWatchDashboard = (): Dashboard =>
  dashboardOf({
    title: 'openGemini sink (CloudWatch)',
    source: 'cloudwatch',
    variables: ['sink', 'service', 'stage', 'queue', 'letters', 'table', 'region'],
    query: cloudWatchQuery,
    has: () => true,
  });

/** Returns the dashboard for openGemini. It has only the metrics of the sink, not those of AWS. */
export const openGeminiDashboard = (): Dashboard =>
  dashboardOf({
    title: 'openGemini sink (openGemini)',
    source: 'influxdb',
    variables: ['sink'],
    query: influxQuery,
    has: isOfSink,
  });

interface Kind {
  readonly title: string;
  /** Type of the data source. */
  readonly source: string;
  readonly variables: readonly VariableName[];
  query(curve: Curve, refId: string): Builder<Dataquery>;
  /** Whether the data source has the metric of a curve. */
  has(curve: Curve): boolean;
}

const isOfSink = ([{ namespace }]: Curve): boolean => namespace === 'opengemini';

const dashboardOf = ({ title, source, variables, query, has }: Kind): Dashboard => {
  const builder = new DashboardBuilder(title)
    .uid(
      title
        .toLowerCase()
        .replaceAll(/[^a-z]+/g, '-')
        .replace(/-$/, ''),
    )
    .tags(['opengemini'])
    .refresh('1m')
    .time({ from: 'now-6h', to: 'now' })
    .editable()
    .withVariable(new DatasourceVariableBuilder('source').label('Data source').type(source));
  for (const name of variables) {
    const [label, value] = VARIABLES[name];
    builder.withVariable(new TextBoxVariableBuilder(name).label(label).defaultValue(value));
  }
  for (const row of graphRows(NAMES)) {
    const graphs = row
      .map((graph) => ({ ...graph, curves: graph.curves.filter(has) }))
      .filter(({ curves }) => curves.length > 0);
    for (const graph of graphs) builder.withPanel(panelOf(graph, source, COLUMNS / graphs.length, query));
  }
  return builder.build();
};

const panelOf = (
  { title, curves, stacked }: Graph,
  source: string,
  span: number,
  query: Kind['query'],
): PanelBuilder => {
  const panel = new PanelBuilder()
    .title(title)
    .datasource({ type: source, uid: inSource })
    .legend(
      new VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom)
        .calcs([]),
    )
    .span(span)
    .height(PANEL_HEIGHT)
    .min(0);
  if (stacked === true)
    panel.stacking(new StackingConfigBuilder().mode(StackingMode.Normal)).fillOpacity(STACKED_OPACITY);
  for (const [index, curve] of curves.entries()) panel.withTarget(query(curve, refIdOf(index)));
  return panel;
};

const inSource = '$' + '{source}';
const STACKED_OPACITY = 60;

/** Grafana names the queries of a panel A, B, C, and so on. */
const refIdOf = (index: number): string => String.fromCharCode('A'.charCodeAt(0) + index);

const cloudWatchQuery = ([{ namespace, name, dimensions }, stat, label]: Curve, refId: string): Builder<Dataquery> =>
  new MetricsQueryBuilder()
    .refId(refId)
    .region(inGrafana('region'))
    .namespace(namespace)
    .metricName(name)
    .dimensions(Object.fromEntries(Object.entries(dimensions).map(([dimension, value]) => [dimension, [value]])))
    .statistic(stat)
    .label(label)
    .matchExact(true);

/** Functions of InfluxQL by the statistics of CloudWatch. */
const AGGREGATES: Readonly<Record<string, string>> = { Sum: 'sum', Average: 'mean', Maximum: 'max' };

/**
 * Returns the query of a curve in InfluxQL. A percentile of a latency was computed for each invocation, and the highest
 * of them is shown.
 */
export const influxQl = ([{ name }, stat, label]: Curve): string => {
  const value = selected(name, stat);
  // The titles say per minute where events are added up.
  const interval = stat === 'Sum' ? '1m' : '$__interval';
  return `SELECT ${value} AS "${label}" FROM "${SELF_MEASUREMENT}" WHERE $timeFilter AND "sink" = '${inGrafana('sink')}' GROUP BY time(${interval}) fill(null)`;
};

/** The points of latency hold statistics of their own. Those of other metrics are aggregated by the server. */
const selected = (name: Curve[0]['name'], stat: Curve[1]): string => {
  const [, percentile] = /^p(\d+)$/.exec(stat) ?? [];
  if (name === 'writeLatency' && percentile !== undefined)
    return `max("${statisticField(name, Number(percentile) as 50)}")`;
  if (name === 'writeLatency' && stat === 'Maximum') return `max("${statisticField(name, 'max')}")`;
  if (percentile !== undefined) return `percentile("${name}", ${percentile})`;
  return `${AGGREGATES[stat]}("${name}")`;
};

/** The library has no builder for InfluxQL. */
const influxQuery = (curve: Curve, refId: string): Builder<Dataquery> => ({
  build: () => {
    const query = { refId, query: influxQl(curve), rawQuery: true, resultFormat: 'time_series', alias: '$col' };
    return { ...query, _implementsDataqueryVariant: () => undefined };
  },
});

/** The files that this program writes, with their contents. */
export const grafanaFiles = (): Readonly<Record<string, string>> => ({
  'cloudwatch.json': `${JSON.stringify(cloudWatchDashboard(), undefined, 2)}\n`,
  'opengemini.json': `${JSON.stringify(openGeminiDashboard(), undefined, 2)}\n`,
});

/** Folder of the files. */
export const GRAFANA_FOLDER = new URL('./grafana/', import.meta.url);

if (import.meta.main)
  for (const [name, text] of Object.entries(grafanaFiles())) writeFileSync(new URL(name, GRAFANA_FOLDER), text);
