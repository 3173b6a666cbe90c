/** What the name and address of a queue contain. */

/**
 * Address of the queue that an event came from; the record holds its ARN only. An endpoint that stands for all of SQS
 * (an emulator, a VPC endpoint of its own) serves it by path.
 */
export const queueUrlFrom = (arn: string, endpoint: string | undefined): string => {
  const [, partition = 'aws', , region = '', account = '', name = ''] = arn.split(':');
  if (endpoint !== undefined) return `${endpoint.replace(/\/$/, '')}/${account}/${name}`;
  return `https://sqs.${region}.amazonaws.com${partition === 'aws-cn' ? '.cn' : ''}/${account}/${name}`;
};

/** FIFO queues are recognized by their name. */
export const isFifoQueue = (arnOrUrl: string): boolean => arnOrUrl.endsWith('.fifo');
