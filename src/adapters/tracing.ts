/** X-Ray, for those who turn it on with Powertools' own variable. Loaded only then: it is a seventh of the bundle. */

import type { Tracer } from '@aws-lambda-powertools/tracer';

/** Runs work as a part of the invocation's trace. */
export type Trace = <T>(name: string, work: () => Promise<T>) => Promise<T>;

const untraced: Trace = (_name, work) => work();

/** `enabled` is `POWERTOOLS_TRACE_ENABLED=true`. What tracing itself does wrong must never fail an invocation. */
export const createTrace = (enabled: boolean, sink: string): Trace => {
  if (!enabled) return untraced;
  let tracer: Tracer | undefined;
  const load = async (): Promise<Tracer> => {
    const { Tracer } = await import('@aws-lambda-powertools/tracer');
    tracer ??= new Tracer({ serviceName: sink, captureHTTPsRequests: false });
    return tracer;
  };
  return async (name, work) => {
    const loaded = await load();
    const parent = loaded.getSegment();
    if (parent === undefined) return work();
    const segment = parent.addNewSubsegment(name);
    loaded.setSegment(segment);
    try {
      return await work();
    } catch (error) {
      loaded.addErrorAsMetadata(error as Error);
      throw error;
    } finally {
      segment.close();
      loaded.setSegment(parent);
    }
  };
};
