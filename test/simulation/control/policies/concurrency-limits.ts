/**
 * Well-known rules for the number of requests that a client may have in flight, applied per instance. A limit is at
 * least one, because a client without requests would observe nothing. With many instances, this minimum is the weakness
 * of all these rules.
 */

import type { AttemptSeen } from '../../../../src/controller/epoch-counter.ts';
import type { PolicyMaker } from '../policy.ts';

/** Returns the new limit. `inFlight` counts the requests in flight when the request ended, including that request. */
type Limiter = (seen: AttemptSeen, inFlight: number) => number;

const limited =
  (batchLines: number, newLimiter: (limitMax: number) => Limiter): PolicyMaker =>
  ({ inFlightMax }) =>
  () => {
    const limiter = newLimiter(inFlightMax);
    let limit = 1;
    let inFlight = 0;
    return {
      batchLines: () => batchLines,
      requestsAtOnce: () => Math.max(1, Math.floor(limit)),
      wished: () => {
        inFlight += 1;
      },
      granted: () => {
        inFlight -= 1;
      },
      attempted: (seen) => {
        limit = limiter(seen, inFlight);
      },
    };
  };

const bounded = (limit: number, limitMax: number): number => Math.min(Math.max(limit, 1), limitMax);

/** Parameters of `arc`. */
export interface ArcTuning {
  readonly batchLines: number;
  readonly decreaseRatio: number;
}

/** Vector's adaptive request concurrency (`src/sinks/util/adaptive_concurrency/controller.rs`). */
export const arc = ({ batchLines, decreaseRatio }: ArcTuning): PolicyMaker =>
  limited(batchLines, (limitMax) => {
    const EWMA_ALPHA = 0.4;
    const DEVIATION_SCALE = 2.5;
    let limit = 1;
    let pastMs: number | undefined;
    let variance = 0;
    let sumMs = 0;
    let count = 0;
    let reachedLimit = false;
    let backPressure = false;
    return ({ answer, latencyMs }, inFlight) => {
      sumMs += latencyMs;
      count += 1;
      reachedLimit ||= inFlight >= Math.floor(limit);
      backPressure ||= answer !== 'answered';
      pastMs ??= latencyMs;
      // The limit is updated once per round trip.
      if (sumMs < pastMs * Math.floor(limit)) return limit;
      const currentMs = sumMs / count;
      const threshold = DEVIATION_SCALE * Math.sqrt(variance);
      if (backPressure || currentMs >= pastMs + threshold) limit = bounded(limit * decreaseRatio, limitMax);
      else if (reachedLimit && currentMs <= pastMs) limit = bounded(limit + 1, limitMax);
      const difference = currentMs - pastMs;
      pastMs += EWMA_ALPHA * difference;
      variance = (1 - EWMA_ALPHA) * (variance + EWMA_ALPHA * difference * difference);
      sumMs = 0;
      count = 0;
      reachedLimit = false;
      backPressure = false;
      return limit;
    };
  });

/** Parameters of `vegas`. */
export interface VegasTuning {
  readonly batchLines: number;
  /** Numbers of requests queued at the server. Below the first the limit rises, above the second it falls. */
  readonly alpha: number;
  readonly beta: number;
}

/** TCP Vegas, as in Netflix's concurrency-limits (`VegasLimit.java`). */
export const vegas = ({ batchLines, alpha, beta }: VegasTuning): PolicyMaker =>
  limited(batchLines, (limitMax) => {
    const PROBE_EVERY = 30;
    let limit = 1;
    let lowestMs = Number.POSITIVE_INFINITY;
    let sinceProbe = 0;
    return ({ answer, latencyMs }, inFlight) => {
      sinceProbe += 1;
      if (sinceProbe >= PROBE_EVERY * limit) {
        sinceProbe = 0;
        lowestMs = latencyMs;
        return limit;
      }
      lowestMs = Math.min(lowestMs, latencyMs);
      if (answer !== 'answered') limit = bounded(limit - 1, limitMax);
      else if (inFlight * 2 >= limit) {
        const queue = limit * (1 - lowestMs / latencyMs);
        if (queue < alpha) limit = bounded(limit + 1, limitMax);
        else if (queue > beta) limit = bounded(limit - 1, limitMax);
      }
      return limit;
    };
  });

/** Parameters of `gradient2`. */
export interface Gradient2Tuning {
  readonly batchLines: number;
  readonly queueSize: number;
}

/** Gradient2, as in Netflix's concurrency-limits (`Gradient2Limit.java`). */
export const gradient2 = ({ batchLines, queueSize }: Gradient2Tuning): PolicyMaker =>
  limited(batchLines, (limitMax) => {
    const LONG_WINDOW = 600;
    const TOLERANCE = 1.5;
    const SMOOTHING = 0.2;
    let limit = 1;
    let longMs: number | undefined;
    return ({ latencyMs }, inFlight) => {
      longMs = longMs === undefined ? latencyMs : longMs + (2 / (LONG_WINDOW + 1)) * (latencyMs - longMs);
      // Without this, the floor would recover only after hundreds of requests.
      if (longMs / latencyMs > 2) longMs *= 0.95;
      if (inFlight < limit / 2) return limit;
      const gradient = Math.max(0.5, Math.min(1, (TOLERANCE * longMs) / latencyMs));
      const wanted = limit * gradient + queueSize;
      limit = bounded(limit * (1 - SMOOTHING) + wanted * SMOOTHING, limitMax);
      return limit;
    };
  });
