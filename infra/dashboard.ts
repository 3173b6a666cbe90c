/** CloudWatch dashboard of a sink. It shows the events and their ledger first, then queues, backlog and functions. */

import { type Part, sub } from './cloudformation.ts';
import type { Parameters } from './deployment.ts';
import { type Curve, graphRows, type Row } from './graphs.ts';

/** CloudWatch's grid has 24 columns. */
const COLUMNS = 24;
const HEIGHT = 6;

const PERIOD_SECONDS = 60;

/** The region, which CloudFormation substitutes. */
const REGION = `\${AWS::Region}`;

/** Returns the dashboard, and the output with its address. */
export const dashboard = (parameters: Parameters): Part => ({
  Resources: {
    Dashboard: {
      Type: 'AWS::CloudWatch::Dashboard',
      Properties: {
        DashboardName: `${parameters.service}-${parameters.stage}`,
        DashboardBody: sub(JSON.stringify({ widgets: widgets(graphRows(parameters)) })),
      },
    },
  },
  Outputs: {
    DashboardAddress: {
      Description: 'Throughput, latency, ledger, queue and checkpoint.',
      Value: sub(
        `https://${REGION}.console.aws.amazon.com/cloudwatch/home?region=${REGION}#dashboards:name=${parameters.service}-${parameters.stage}`,
      ),
    },
  },
});

const widgets = (all: readonly Row[]): readonly unknown[] =>
  all.flatMap((row, y) => {
    const width = COLUMNS / row.length;
    return row.map((graph, x) => ({
      type: 'metric',
      x: x * width,
      y: y * HEIGHT,
      width,
      height: HEIGHT,
      properties: {
        title: graph.title,
        view: 'timeSeries',
        stacked: graph.stacked === true,
        region: REGION,
        period: PERIOD_SECONDS,
        yAxis: { left: { min: 0 } },
        metrics: graph.curves.map(curve),
      },
    }));
  });

const curve = ([{ namespace, name, dimensions }, stat, label]: Curve): readonly unknown[] => [
  namespace,
  name,
  ...Object.entries(dimensions).flat(),
  { stat, label },
];
