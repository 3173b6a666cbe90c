/** Derives the kind of a queue from its ARN or URL, and the URL from the ARN. */

/**
 * Returns whether a queue is a FIFO queue. SQS requires the suffix `.fifo` in the name of every FIFO queue and of no
 * other.
 *
 * A message group id does not show the kind of the queue, because fair standard queues have group ids too.
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
