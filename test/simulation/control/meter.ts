/** What is measured of a run, from when on it is asked to. */

/** Buckets of 1 % width. */
const WIDTH = Math.log(1.01);

export class Distribution {
  readonly #counts = new Float64Array(2_048);
  total = 0;

  add(value: number, weight = 1): void {
    const bucket = Math.min(this.#counts.length - 1, Math.max(0, Math.round(Math.log(value * 1_000) / WIDTH / 1)));
    this.#counts[bucket] = (this.#counts[bucket] as number) + weight;
    this.total += weight;
  }

  /** 0 when nothing was added. */
  quantile(part: number): number {
    let left = part * this.total;
    for (let bucket = 0; bucket < this.#counts.length; bucket++) {
      left -= this.#counts[bucket] as number;
      if (left <= 0 && this.total > 0) return Math.exp(bucket * WIDTH) / 1_000;
    }
    return 0;
  }
}

/** Length of the windows in which recovery is looked for, and of the points of a picture. */
export const WINDOW_MS = 1_000;

export class Meter {
  lines = 0;
  attempts = 0;
  rejected = 0;
  timedOut = 0;
  duplicateLines = 0;
  wallMs = 0;
  deadLettered = 0;
  readonly latencyMs = new Distribution();
  readonly overUnloaded = new Distribution();
  readonly receives = new Distribution();
}
