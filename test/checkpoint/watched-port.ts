/** Wraps any port, records its calls, and makes calls fail. */

/** A recorded call. */
export interface PortCall {
  /** Index of the call, from 0. */
  readonly number: number;
  readonly name: string;
  // biome-ignore lint/suspicious/noExplicitAny: calls of any port
  readonly args: readonly any[];
}

/** Failure of a call: before it has an effect, or after it, when only its response is lost. */
export type PortFault = 'refused' | 'lost-reply' | undefined;

/** A wrapped port, and its record. */
export interface WatchedPort<Port> {
  readonly port: Port;
  readonly calls: readonly PortCall[];
  /** Called before each call. Returns how the call fails, or `undefined`. */
  fault: (call: PortCall) => PortFault;
  /** Names of the calls, in order. */
  names(): string[];
}

/** Wraps a port. Calls succeed until a test sets `fault`. */
export const watchedPort = <Port extends object>(inner: Port): WatchedPort<Port> => {
  const calls: PortCall[] = [];
  const watched: WatchedPort<Port> = {
    port: new Proxy(inner, {
      get: (target, name) => {
        const call = Reflect.get(target, name) as (...args: readonly unknown[]) => Promise<unknown>;
        if (typeof call !== 'function' || typeof name !== 'string') return call;
        return async (...args: readonly unknown[]) => {
          const made: PortCall = { number: calls.length, name, args };
          calls.push(made);
          const fault = watched.fault(made);
          if (fault === 'refused') throw new Error(`${name} was refused`);
          const answer = await call.apply(target, args as unknown[]);
          if (fault === 'lost-reply') throw new Error(`the reply of ${name} was lost`);
          return answer;
        };
      },
    }),
    calls,
    fault: () => undefined,
    names: () => calls.map(({ name }) => name),
  };
  return watched;
};
