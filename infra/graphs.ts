/** The graphs of all dashboards: those of CloudWatch, and those of Grafana (`docs/grafana.ts`). */

import type { NamingParameters } from './deployment.ts';
import {
  deadLetterQueueMetric,
  eventQueueMetric,
  functionMetric,
  type Metric,
  sinkMetric,
  tableMetric,
} from './metrics.ts';
import { FUNCTIONS } from './names.ts';

/** A curve of a graph, with the statistic and the label that it shows. */
export type Curve = readonly [metric: Metric, stat: string, label: string];

/** A graph. The title names the unit. */
export interface Graph {
  readonly title: string;
  readonly curves: readonly Curve[];
  readonly stacked?: true;
}

/** Graphs that stand side by side. */
export type Row = readonly Graph[];

/** Returns the graphs of a sink, the most important first. */
export const graphRows = (parameters: NamingParameters): readonly Row[] => [
  eventRow(parameters),
  writeRow(parameters),
  queueRow(parameters),
  checkpointRow(parameters),
  functionRow(parameters),
];

const sinkCurve =
  (parameters: NamingParameters) =>
  (name: string, stat: string, label: string): Curve => [sinkMetric(parameters, name), stat, label];

const eventRow = (parameters: NamingParameters): Row => {
  const sink = sinkCurve(parameters);
  return [
    {
      title: 'Events per minute, by where they went',
      stacked: true,
      curves: [
        sink('eventsWritten', 'Sum', 'written'),
        sink('eventsCheckpointed', 'Sum', 'checkpointed'),
        sink('eventsQuarantined', 'Sum', 'quarantined'),
        sink('eventsDropped', 'Sum', 'dropped'),
        sink('eventsReturned', 'Sum', 'returned'),
      ],
    },
    { title: 'Throughput of an invocation', curves: [sink('pointsPerSecond', 'Average', 'points per second')] },
    {
      title: 'Ledger imbalance, must be 0',
      curves: [sink('ledgerImbalance', 'Maximum', 'difference')],
    },
  ];
};

const writeRow = (parameters: NamingParameters): Row => {
  const sink = sinkCurve(parameters);
  return [
    {
      title: 'Latency of a write, ms',
      curves: ['p50', 'p90', 'p99', 'Maximum'].map((stat) => sink('writeLatency', stat, stat)),
    },
    {
      title: 'Batch size, lines',
      curves: [sink('dynamicBatchSize', 'Average', 'decided'), sink('currentBatchSize', 'Maximum', 'largest')],
    },
    {
      title: 'Requests in flight per invocation',
      curves: [sink('requestShare', 'Average', 'share')],
    },
    {
      title: 'Failed writes and open breakers',
      curves: [
        sink('writeErrors', 'Sum', 'errors'),
        sink('breakerOpen', 'Maximum', 'open breakers'),
        sink('onHold', 'Maximum', 'on hold'),
        sink('unhealthyNodes', 'Maximum', 'unhealthy nodes'),
      ],
    },
  ];
};

const queueRow = (parameters: NamingParameters): Row => {
  const sink = sinkCurve(parameters);
  const queue = (name: string, stat: string, label: string): Curve => [eventQueueMetric(parameters, name), stat, label];
  return [
    {
      title: 'Queue, messages',
      curves: [
        queue('ApproximateNumberOfMessagesVisible', 'Maximum', 'visible'),
        queue('ApproximateNumberOfMessagesNotVisible', 'Maximum', 'in flight'),
        [deadLetterQueueMetric(parameters, 'ApproximateNumberOfMessagesVisible'), 'Maximum', 'dead letters'],
      ],
    },
    {
      title: 'Age of the oldest message, s',
      curves: [queue('ApproximateAgeOfOldestMessage', 'Maximum', 'in the queue')],
    },
    {
      title: 'Event lag, ms',
      curves: ['p50', 'p99', 'Maximum'].map((stat) => sink('eventLag', stat, stat)),
    },
  ];
};

const checkpointRow = (parameters: NamingParameters): Row => {
  const sink = sinkCurve(parameters);
  const table = (name: string, stat: string, label: string): Curve => [tableMetric(parameters, name), stat, label];
  return [
    {
      title: 'Backlog, bytes',
      curves: [sink('checkpointBytes', 'Maximum', 'bytes')],
    },
    {
      title: 'Age of the oldest segment, ms, and drained events',
      curves: [sink('checkpointAge', 'Maximum', 'age'), sink('eventsDrained', 'Sum', 'drained')],
    },
    {
      title: 'State table, units per minute',
      curves: [
        table('ConsumedWriteCapacityUnits', 'Sum', 'write units'),
        table('ConsumedReadCapacityUnits', 'Sum', 'read units'),
        table('WriteThrottleEvents', 'Sum', 'writes throttled'),
      ],
    },
  ];
};

const functionRow = (parameters: NamingParameters): Row => {
  const sink = sinkCurve(parameters);
  return [
    {
      title: 'Concurrent invocations',
      curves: [
        ...FUNCTIONS.map((name): Curve => [functionMetric(parameters, name, 'ConcurrentExecutions'), 'Maximum', name]),
        // Published only if the flush function may move the limit.
        ...(parameters.moveMaximumConcurrency ? [sink('maximumConcurrency', 'Maximum', 'limit of ingest')] : []),
      ],
    },
    {
      title: 'Duration of an invocation, ms',
      curves: FUNCTIONS.flatMap((name) =>
        ['p50', 'p99'].map((stat): Curve => [functionMetric(parameters, name, 'Duration'), stat, `${name} ${stat}`]),
      ),
    },
    {
      title: 'Errors and throttles of the functions',
      curves: FUNCTIONS.flatMap((name): Curve[] => [
        [functionMetric(parameters, name, 'Errors'), 'Sum', `${name} errors`],
        [functionMetric(parameters, name, 'Throttles'), 'Sum', `${name} throttles`],
      ]),
    },
  ];
};
