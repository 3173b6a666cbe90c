/**
 * Turns the share into limits of one instance: several requests in flight, or one at a time with a pause before each.
 */

/**
 * Returns the number of requests that one invocation may have in flight, from 1 to `inFlightMax`.
 *
 * The share is rounded at random: a share of 2.3 is three requests in three of ten invocations, and two in the others.
 * The mean over invocations is therefore exact, and instances do not change all at the same time.
 *
 * @param random - Uniform in [0, 1).
 */
export const drawInFlightMax = (share: number, random: number, inFlightMax: number): number =>
  Math.min(Math.max(Math.floor(share + random), 1), inFlightMax);

/**
 * Returns the mean pause before a request, in ms. With it, an instance has a request in flight for `share` of the time.
 *
 * The pause grows with `latencyMs`, the latency of the instance's requests. A server that becomes slow therefore
 * receives fewer requests immediately, before any step.
 */
export const meanPauseMs = (share: number, latencyMs: number): number => (share >= 1 ? 0 : latencyMs * (1 / share - 1));

/** Interval in which a pause checks the mean again, because the share may have changed (docs/decisions/0023). */
const SLICE_MS = 500;

/**
 * One pause, with a length in multiples of the mean pause.
 *
 * The length is uniform in [0, 2), so that instances that started together do not stay in step. The mean pause may
 * change during the pause.
 */
export class Pause {
  #left: number;

  /** @param random - Uniform in [0, 1). */
  constructor(random: number) {
    this.#left = 2 * random;
  }

  /**
   * Returns how long to wait before the next call, in ms, at most `remainingMs`. Returns 0 when the pause has ended.
   */
  sliceMs(meanMs: number, remainingMs: number): number {
    return Math.max(0, Math.min(this.#left * meanMs, SLICE_MS, remainingMs));
  }

  /** Records that `ms` of the pause have passed while the mean was `meanMs`. */
  waited(ms: number, meanMs: number): void {
    this.#left = meanMs > 0 ? Math.max(0, this.#left - ms / meanMs) : 0;
  }
}
