/** Metrics that alarms and dashboard use. */

import type { NamingParameters } from './deployment.ts';
import { deadLetterQueueName, eventQueueName, type FunctionName, named, tableNameIn } from './names.ts';

/** Identifies one metric in CloudWatch. */
export interface Metric {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

/** Returns a metric that the sink publishes, by its name in `src/adapters/telemetry.ts`. */
export const sinkMetric = ({ sinkName }: NamingParameters, name: string): Metric => ({
  namespace: 'opengemini',
  name,
  dimensions: { sink: sinkName },
});

/** Returns a metric of a queue. */
export const queueMetric = (queueName: string, name: string): Metric => ({
  namespace: 'AWS/SQS',
  name,
  dimensions: { QueueName: queueName },
});

/** Returns a metric of the event queue. */
export const eventQueueMetric = (parameters: NamingParameters, name: string): Metric =>
  queueMetric(eventQueueName(parameters), name);

/** Returns a metric of the dead-letter queue. */
export const deadLetterQueueMetric = (parameters: NamingParameters, name: string): Metric =>
  queueMetric(deadLetterQueueName(parameters), name);

/** Returns a metric of a function. */
export const functionMetric = (parameters: NamingParameters, functionName: FunctionName, name: string): Metric => ({
  namespace: 'AWS/Lambda',
  name,
  dimensions: { FunctionName: named(parameters, functionName) },
});

/** Returns a metric of the state table. Its dimension contains a reference, so use it only inside `sub`. */
export const tableMetric = (parameters: NamingParameters, name: string): Metric => ({
  namespace: 'AWS/DynamoDB',
  name,
  dimensions: { TableName: tableNameIn(parameters) },
});
