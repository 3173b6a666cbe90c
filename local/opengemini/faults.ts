/** Faults that a test can set for the writes of the stand-in. */

import { USER_IS_LOCKED } from './auth.ts';
import { bytesOf } from './byte-text.ts';
import { errorReply, type Reply } from './reply.ts';
import { QUEUE_FULL } from './throttle.ts';
import { READ_ONLY, WRITE_DISABLED } from './write-endpoint.ts';

/**
 * The faults, which apply to writes only. Each name describes what a client observes:
 *
 * - `latency`: the response is delayed by `ms` (default 100); it combines with any other fault
 * - `queue-full`: 503 in plain text, nothing stored
 * - `read-only`, `write-disabled`, `locked-user`: the 400, 403, and 401 of those states, nothing stored
 * - `server-error`: 500 with `text`, nothing stored
 * - `reset`: the connection is reset before anything is stored
 * - `dropped-reply`: everything is stored, then the connection is closed without a response
 * - `hang`: the server never responds, and nothing is stored
 *
 * In the same process: `faults.set({ name: 'latency', ms: 200, count: 3 })`, `faults.clear('latency')`,
 * `faults.clear()`. From another process: `POST /debug/fault?name=latency&ms=200&count=3`, `POST
 * /debug/fault?name=latency&clear=true`, `POST /debug/fault?clear=true`. The reply lists the faults that are set.
 */
export const FAULT_NAMES = [
  'latency',
  'queue-full',
  'read-only',
  'write-disabled',
  'locked-user',
  'server-error',
  'reset',
  'dropped-reply',
  'hang',
] as const;

/** Name of a fault. */
export type FaultName = (typeof FAULT_NAMES)[number];

/** A fault that is set. */
export interface Fault {
  readonly name: FaultName;
  /** Number of writes that it applies to. Undefined means all writes until it is cleared. */
  readonly count?: number;
  /** Delay of `latency`. */
  readonly ms?: number;
  /** Error text of `server-error`. */
  readonly text?: string;
}

/** The faults of one stand-in. */
export interface Faults {
  /** Sets a fault, and replaces one with the same name. */
  set(fault: Fault): void;
  /** Clears one fault, or all of them. */
  clear(name?: FaultName): void;
  list(): Fault[];
  /** Returns the faults of the next write, and decrements their counts. */
  take(): Fault[];
}

/** Creates an empty set of faults. */
export const createFaults = (): Faults => {
  const set = new Map<FaultName, Fault>();
  const spend = (fault: Fault): void => {
    if (fault.count === undefined) return;
    if (fault.count > 1) set.set(fault.name, { ...fault, count: fault.count - 1 });
    else set.delete(fault.name);
  };
  return {
    set: (fault) => {
      set.delete(fault.name);
      if (fault.count === undefined || fault.count > 0) set.set(fault.name, fault);
    },
    clear: (name) => {
      if (name === undefined) set.clear();
      else set.delete(name);
    },
    list: () => [...set.values()],
    take: () => {
      const taken = [...set.values()];
      taken.forEach(spend);
      return taken;
    },
  };
};

const DEFAULT_ERROR = 'get resources out of time: bucket lacks of resources';

/** Returns the reply that a fault sends in place of the server. Undefined means that the fault sends none. */
export const faultReply = (fault: Fault): Reply | undefined => {
  switch (fault.name) {
    case 'queue-full':
      return QUEUE_FULL;
    case 'read-only':
      return READ_ONLY;
    case 'write-disabled':
      return WRITE_DISABLED;
    case 'locked-user':
      return errorReply(401, USER_IS_LOCKED);
    case 'server-error':
      return errorReply(500, bytesOf(fault.text ?? DEFAULT_ERROR));
    default:
      return undefined;
  }
};

const isFaultName = (name: string | null): name is FaultName => FAULT_NAMES.some((known) => known === name);

const number = (params: URLSearchParams, name: string): number | undefined => {
  const text = params.get(name);
  return text === null ? undefined : Number(text);
};

/** Handles `POST /debug/fault`. */
export const handleFaultRequest = (faults: Faults, params: URLSearchParams): Reply => {
  const name = params.get('name');
  const clear = params.get('clear') === 'true';
  const [count, ms, text] = [number(params, 'count'), number(params, 'ms'), params.get('text')];
  const isBad = [count, ms].some((value) => value !== undefined && !(value >= 0));
  if ((name === null ? !clear : !isFaultName(name)) || isBad) return errorReply(400, 'unknown fault');
  if (clear) faults.clear(isFaultName(name) ? name : undefined);
  else if (isFaultName(name)) {
    faults.set({
      name,
      ...(count !== undefined && { count }),
      ...(ms !== undefined && { ms }),
      ...(text !== null && { text }),
    });
  }
  return { status: 200, body: `${JSON.stringify({ faults: faults.list() })}\n` };
};
