/** Records of SQS events for benchmarks. */

import { LOCAL_ACCOUNT, LOCAL_REGION } from '../local/loopback.ts';

/** Returns a record with a body. Its receipt handle is as long as those of SQS. */
export const sqsRecord = (body: string, index: number): object => ({
  messageId: `00000000-0000-0000-0000-${String(index).padStart(12, '0')}`,
  receiptHandle: 'r'.repeat(400),
  body,
  attributes: {
    ApproximateReceiveCount: '1',
    SentTimestamp: '1780000000000',
    SenderId: 'AIDAEXAMPLE',
    ApproximateFirstReceiveTimestamp: '1780000000000',
  },
  messageAttributes: {},
  md5OfBody: '0'.repeat(32),
  eventSource: 'aws:sqs',
  eventSourceARN: `arn:aws:sqs:${LOCAL_REGION}:${LOCAL_ACCOUNT}:bench`,
  awsRegion: LOCAL_REGION,
});
