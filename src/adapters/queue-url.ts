/** What the ARN or the URL of a queue states about the queue. */

/**
 * Returns whether a queue is a FIFO queue. SQS requires the suffix `.fifo` in the name of every FIFO queue and of no
 * other.
 *
 * A message group id proves nothing, because a standard queue has group ids too, for fairness.
 */
export const isFifoQueue = (arnOrUrl: string): boolean => arnOrUrl.endsWith('.fifo');

/**
 * Returns the URL of the queue with this ARN. Lambda's records contain the ARN only.
 *
 * @param endpoint - Endpoint that serves all of SQS by path (an emulator, or a VPC endpoint with its own name).
 * Undefined for AWS.
 */
export const queueUrlFrom = (arn: string, endpoint: string | undefined): string => {
  const [, partition = 'aws', , region = '', account = '', name = ''] = arn.split(':');
  if (endpoint !== undefined) return `${endpoint.replace(/\/$/, '')}/${account}/${name}`;
  return `https://sqs.${region}.amazonaws.com${partition === 'aws-cn' ? '.cn' : ''}/${account}/${name}`;
};
