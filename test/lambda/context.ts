/** Lambda's context of an invocation. */

import type { Context } from 'aws-lambda';

/** The context of an invocation with this much time left. */
export const context = (ms: number): Context => {
  const endsAt = performance.now() + ms;
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: 'sink',
    functionVersion: '$LATEST',
    invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:sink',
    memoryLimitInMB: '1024',
    awsRequestId: 'request-1',
    logGroupName: '/aws/lambda/sink',
    logStreamName: '2025/01/01/[$LATEST]0',
    getRemainingTimeInMillis: () => Math.max(0, endsAt - performance.now()),
    done: () => undefined,
    fail: () => undefined,
    succeed: () => undefined,
  };
};
