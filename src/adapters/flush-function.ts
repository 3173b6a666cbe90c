/**
 * The flush function, as the ingest function invokes it. Import this file lazily, because it is needed only when lines
 * could not be written.
 */

import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import type { FlushFunction } from '../runtime/flush-request.ts';
import { AWS_TIMEOUTS } from './aws-timeouts.ts';

/** Returns the function with this name or ARN. */
export const flushFunction = (name: string): FlushFunction => {
  const client = new LambdaClient({ requestHandler: AWS_TIMEOUTS, maxAttempts: 2 });
  return {
    async invoke({ signal }) {
      // Lambda queues the event and responds at once.
      await client.send(new InvokeCommand({ FunctionName: name, InvocationType: 'Event' }), { abortSignal: signal });
    },
  };
};
