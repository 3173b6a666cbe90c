/** The event source mapping whose `MaximumConcurrency` may be moved. Its client is loaded only where that is so. */

import type { Deadline } from '../sink/deadline.ts';
import { AWS_TIMEOUTS } from './sqs.ts';

/** Every call may throw. */
export interface EventSourceMapping {
  /** Undefined where it has none. */
  maximumConcurrency(deadline: Deadline): Promise<number | undefined>;
  /** False while an earlier change is still under way. It acts within a minute or so. */
  limitTo(maximumConcurrency: number, deadline: Deadline): Promise<boolean>;
}

type LambdaModule = typeof import('@aws-sdk/client-lambda');

/** An earlier change is under way, or Lambda has been asked too often. */
const BUSY = new Set(['ResourceInUseException', 'ResourceConflictException', 'TooManyRequestsException']);

export const eventSourceMapping = (id: string): EventSourceMapping => {
  let loaded:
    | { readonly module: LambdaModule; readonly client: InstanceType<LambdaModule['LambdaClient']> }
    | undefined;
  const load = async (): Promise<NonNullable<typeof loaded>> => {
    const module = await import('@aws-sdk/client-lambda');
    loaded ??= { module, client: new module.LambdaClient({ requestHandler: AWS_TIMEOUTS, maxAttempts: 3 }) };
    return loaded;
  };
  return {
    async maximumConcurrency({ signal }) {
      const { module, client } = await load();
      const command = new module.GetEventSourceMappingCommand({ UUID: id });
      return (await client.send(command, { abortSignal: signal })).ScalingConfig?.MaximumConcurrency;
    },
    async limitTo(maximumConcurrency, { signal }) {
      const { module, client } = await load();
      const command = new module.UpdateEventSourceMappingCommand({
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
