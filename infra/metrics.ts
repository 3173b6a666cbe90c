/** The metrics that alarms and dashboard look at: namespace, name, and whose they are. */

import { deadLetterQueueName, eventQueueName, type FunctionName, named, tableNameIn } from './names.ts';
import type { Parameters } from './parameters.ts';

export interface Metric {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

/** One of the sink's own, as `src/adapters/telemetry.ts` names them. */
export const sinkMetric = ({ sinkName }: Parameters, name: string): Metric => ({
  namespace: 'opengemini',
  name,
  dimensions: { sink: sinkName },
});

export const queueMetric = (queueName: string, name: string): Metric => ({
  namespace: 'AWS/SQS',
  name,
  dimensions: { QueueName: queueName },
});

export const eventQueueMetric = (parameters: Parameters, name: string): Metric =>
  queueMetric(eventQueueName(parameters), name);

export const deadLetterQueueMetric = (parameters: Parameters, name: string): Metric =>
  queueMetric(deadLetterQueueName(parameters), name);

export const functionMetric = (parameters: Parameters, functionName: FunctionName, name: string): Metric => ({
  namespace: 'AWS/Lambda',
  name,
  dimensions: { FunctionName: named(parameters, functionName) },
});

/** Its dimension holds a reference, so it may stand in a text that is substituted only. */
export const tableMetric = (parameters: Parameters, name: string): Metric => ({
  namespace: 'AWS/DynamoDB',
  name,
  dimensions: { TableName: tableNameIn(parameters) },
});
