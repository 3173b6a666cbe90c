/** A port whose calls can be seen and made to fail: around whatever answers it. */

export interface PortCall {
  /** Counted from 0. */
  readonly number: number;
  readonly name: string;
  // biome-ignore lint/suspicious/noExplicitAny: calls of any port
  readonly args: readonly any[];
}

/** How a call goes wrong: before it has had an effect, or afterwards, when only its answer is lost. */
export type PortFault = 'refused' | 'lost-reply' | undefined;

export interface WatchedPort<Port> {
  readonly port: Port;
  readonly calls: readonly PortCall[];
  /** Asked before each call. */
  fault: (call: PortCall) => PortFault;
  /** Names of the calls, in their order. */
  names(): string[];
}

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
