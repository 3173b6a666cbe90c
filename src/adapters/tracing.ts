/**
 * Tracing with X-Ray, if the environment variable of Powertools turns it on. The tracer is loaded only then, because it
 * is a seventh of the bundle.
 */

import type { Tracer } from '@aws-lambda-powertools/tracer';

/** Runs work as a subsegment of the invocation's trace. Returns the result of the work, or throws its error. */
export type Trace = <T>(name: string, work: () => Promise<T>) => Promise<T>;

const untraced: Trace = (_name, work) => work();

/**
 * Returns the function that traces. Without a trace of the invocation it only runs the work.
 *
 * @param enabled - Whether `POWERTOOLS_TRACE_ENABLED` is `true`.
 */
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
