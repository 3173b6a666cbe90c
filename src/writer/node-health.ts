/**
 * What one instance knows about the health of a node, as pure functions: which node receives a request, when a node is
 * unhealthy, and when it is tested again. `several-nodes.ts` sends the requests.
 */

/**
 * Health of one node. An `unhealthy` node receives no requests except probes. After a successful probe it is `half-open`, and
 * receives one request at a time until one succeeds, because a node with a full disk also accepts the empty write of a
 * probe.
 */
export interface NodeHealth {
  readonly status: 'healthy' | 'half-open' | 'unhealthy';
  /** Times in a row that the node became unhealthy, or that its probe failed. */
  readonly failures: number;
  /** When the node became unhealthy, on a clock that never jumps. */
  readonly unhealthyAtMs: number;
  /** No probe before this time, on the same clock. */
  readonly probeAtMs: number;
  /** Moving average of the latency of its writes; `undefined` before the first one. */
  readonly latencyMs: number | undefined;
  /** When the latency was last measured. */
  readonly measuredAtMs: number;
}

/** A node that has not received a request. */
export const UNTRIED: NodeHealth = {
  status: 'healthy',
  failures: 0,
  unhealthyAtMs: Number.NEGATIVE_INFINITY,
  probeAtMs: Number.NEGATIVE_INFINITY,
  latencyMs: undefined,
  measuredAtMs: 0,
};

/** Whether a request was sent before the node became unhealthy. It shows nothing about the time after that. */
const isOutdated = (health: NodeHealth, sentAtMs: number): boolean =>
  health.status === 'unhealthy' && sentAtMs < health.unhealthyAtMs;

/** Pause before the first probe of an unhealthy node. It doubles with each failure in a row. */
const PAUSE_MS = 1_000;
const PAUSE_MS_MAX = 30_000;
/** Part of a pause that is subtracted at random, at most, so that the probes of many instances do not coincide. */
const JITTER = 0.25;

/**
 * Returns the health after the node failed. Requests that were in flight together count once.
 *
 * @param random - Uniform in [0, 1).
 */
export const afterFailure = (health: NodeHealth, sentAtMs: number, nowMs: number, random: number): NodeHealth => {
  if (isOutdated(health, sentAtMs)) return health;
  const pauseMs = Math.min(PAUSE_MS_MAX, PAUSE_MS * 2 ** health.failures) * (1 - JITTER * random);
  return {
    ...health,
    status: 'unhealthy',
    failures: health.failures + 1,
    unhealthyAtMs: nowMs,
    probeAtMs: nowMs + pauseMs,
    latencyMs: undefined,
  };
};

/** Returns the health after the node answered a probe in time. */
export const afterProbe = (health: NodeHealth): NodeHealth =>
  health.status === 'unhealthy' ? { ...health, status: 'half-open' } : health;

/** Whether a probe of the node is due. */
export const isProbeDue = (health: NodeHealth, nowMs: number): boolean =>
  health.status === 'unhealthy' && health.probeAtMs <= nowMs;

/** Whether the node may receive a write while others are in flight to it. */
export const mayReceive = ({ status }: NodeHealth, pending: number): boolean =>
  status === 'healthy' || (status === 'half-open' && pending === 0);

/** Time in which a measured latency loses half of its weight. A node that was slow once is thus tried again. */
const HALF_LIFE_MS = 10_000;
/** Weight of the newest latency in the moving average. */
const NEWEST = 0.3;

/** Returns the measured latency, as far as it still counts. */
const latencyAt = ({ latencyMs, measuredAtMs }: NodeHealth, nowMs: number): number | undefined =>
  latencyMs === undefined ? undefined : latencyMs * 2 ** ((measuredAtMs - nowMs) / HALF_LIFE_MS);

/** Returns the health after a write that shows that the node works. */
export const afterWrite = (health: NodeHealth, sentAtMs: number, latencyMs: number, nowMs: number): NodeHealth => {
  if (isOutdated(health, sentAtMs)) return health;
  const known = latencyAt(health, nowMs) ?? latencyMs;
  return {
    ...health,
    status: 'healthy',
    failures: 0,
    latencyMs: known + NEWEST * (latencyMs - known),
    measuredAtMs: nowMs,
  };
};

/** Lowest latency of a comparison. Differences below it are noise. */
const LATENCY_MS_MIN = 1;

/** Expected time until a node has finished one more request. The node with less of it is the better one. */
export const loadOf = (health: NodeHealth, pending: number, nowMs: number): number =>
  (pending + 1) * Math.max(LATENCY_MS_MIN, latencyAt(health, nowMs) ?? 0);

/**
 * Returns the index of the node that receives the next request: the better one of two random ones. Instances that know
 * the same then do not all choose the same node.
 *
 * @param loads - At least one.
 * @param random - Uniform in [0, 1), independent at each call.
 */
export const betterOfTwo = (loads: readonly number[], random: () => number): number => {
  const first = Math.floor(random() * loads.length);
  if (loads.length === 1) return first;
  // A second draw among the others, so that both differ.
  const second = (first + 1 + Math.floor(random() * (loads.length - 1))) % loads.length;
  return (loads[second] as number) < (loads[first] as number) ? second : first;
};

/** Shortest wait for a node while another one is free. A healthy node is rarely slower. */
const HEDGE_MS_MIN = 500;
/** Multiple of the latency of the fastest other node after which a request counts as late. */
const LATE_FACTOR = 4;

/**
 * Returns how long a request waits for its node before it is also sent to another one.
 *
 * @param otherLatencies - Latencies of the other nodes, as far as they are known.
 */
export const hedgeDelayMs = (otherLatencies: readonly (number | undefined)[]): number => {
  const known = otherLatencies.filter((latency) => latency !== undefined);
  return known.length === 0 ? HEDGE_MS_MIN : Math.max(HEDGE_MS_MIN, LATE_FACTOR * Math.min(...known));
};
