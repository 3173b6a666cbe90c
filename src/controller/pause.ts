/** How an instance uses its share: several requests at once, or one at a time with pauses before it. */

/**
 * A share of 2.3 is three requests at once in three of ten invocations, and two in the others: on average it is exact,
 * and instances do not change all together. `random` in [0, 1).
 */
export const requestsAtOnce = (share: number, random: number, inFlightMax: number): number =>
  Math.min(Math.max(Math.floor(share + random), 1), inFlightMax);

/**
 * Mean pause before a request, so that an instance whose requests take `latencyMs` has one under way in `share` of the
 * time. It grows with latency: a server that becomes slow is asked less often at once, before any step.
 */
export const meanPauseMs = (share: number, latencyMs: number): number => (share >= 1 ? 0 : latencyMs * (1 / share - 1));

/** A pause looks up so often, because the share may have changed. */
const SLICE_MS = 500;

/**
 * One pause, as a length in mean pauses: uniform in [0, 2), so that instances that started together part. What a mean
 * pause is may change while it lasts.
 */
export class Pause {
  #left: number;

  /** `random` in [0, 1). */
  constructor(random: number) {
    this.#left = 2 * random;
  }

  /** How long to wait before asking again, in ms; 0 when it is over. Never longer than `remainingMs`. */
  sliceMs(meanMs: number, remainingMs: number): number {
    return Math.max(0, Math.min(this.#left * meanMs, SLICE_MS, remainingMs));
  }

  /** So long was waited, under that mean. */
  waited(ms: number, meanMs: number): void {
    this.#left = meanMs > 0 ? Math.max(0, this.#left - ms / meanMs) : 0;
  }
}
