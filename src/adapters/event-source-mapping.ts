/**
 * The event source mapping whose `MaximumConcurrency` the flush function moves. Import this file lazily, because few
 * deployments need the Lambda client.
 */

import { GetEventSourceMappingCommand, LambdaClient, UpdateEventSourceMappingCommand } from '@aws-sdk/client-lambda';
import type { EventSourceMapping } from '../flush/concurrency-limit.ts';
import { AWS_TIMEOUTS } from './aws-timeouts.ts';

/** Errors of Lambda that mean an earlier change is in progress, or that requests came too often. */
const BUSY = new Set(['ResourceInUseException', 'ResourceConflictException', 'TooManyRequestsException']);

/** Returns the mapping with this id. */
export const eventSourceMapping = (id: string): EventSourceMapping => {
  const client = new LambdaClient({ requestHandler: AWS_TIMEOUTS, maxAttempts: 3 });
  return {
    async maximumConcurrency({ signal }) {
      const command = new GetEventSourceMappingCommand({ UUID: id });
      return (await client.send(command, { abortSignal: signal })).ScalingConfig?.MaximumConcurrency;
    },
    async limitTo(maximumConcurrency, { signal }) {
      const command = new UpdateEventSourceMappingCommand({
        UUID: id,
        ScalingConfig: { MaximumConcurrency: maximumConcurrency },
      });
      try {
        await client.send(command, { abortSignal: signal });
        return true;
      } catch (error) {
        if (BUSY.has((error as Error).name)) return false;
        throw error;
      }
    },
  };
};
