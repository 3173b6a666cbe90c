/** Figures of a run, from the time at which measuring starts. */

/** Buckets of 1 % width. */
const WIDTH = Math.log(1.01);

/** A distribution of values above 0. */
export class Distribution {
  readonly #counts = new Float64Array(2_048);
  total = 0;

  add(value: number, weight = 1): void {
    const bucket = Math.min(this.#counts.length - 1, Math.max(0, Math.round(Math.log(value * 1_000) / WIDTH)));
    this.#counts[bucket] = (this.#counts[bucket] as number) + weight;
    this.total += weight;
  }

  addAll(other: Distribution): void {
    for (let bucket = 0; bucket < this.#counts.length; bucket++)
      this.#counts[bucket] = (this.#counts[bucket] as number) + (other.#counts[bucket] as number);
    this.total += other.total;
  }

  /** Returns a quantile, 0 if nothing was added. */
  quantile(part: number): number {
    let left = part * this.total;
    for (let bucket = 0; bucket < this.#counts.length; bucket++) {
      left -= this.#counts[bucket] as number;
      if (left <= 0 && this.total > 0) return Math.exp(bucket * WIDTH) / 1_000;
    }
    return 0;
  }
}

/** Length of the windows in which recovery is checked, and of the points of a picture. */
export const WINDOW_MS = 1_000;

/** Figures of one sink in one phase. */
export class Meter {
  lines = 0;
  attempts = 0;
  rejected = 0;
  timedOut = 0;
  duplicateLines = 0;
  invocations = 0;
  wallMs = 0;
  /** Figures of the requests that received a response. */
  latencySumMs = 0;
  answered = 0;
  readonly latencyMs = new Distribution();
  readonly overUnloaded = new Distribution();
  /** Receives of messages until they were settled. */
  readonly receives = new Distribution();

  static sumOf(meters: readonly Meter[]): Meter {
    const sum = new Meter();
    for (const meter of meters) {
      sum.lines += meter.lines;
      sum.attempts += meter.attempts;
      sum.rejected += meter.rejected;
      sum.timedOut += meter.timedOut;
      sum.duplicateLines += meter.duplicateLines;
      sum.invocations += meter.invocations;
      sum.wallMs += meter.wallMs;
      sum.latencySumMs += meter.latencySumMs;
      sum.answered += meter.answered;
      sum.latencyMs.addAll(meter.latencyMs);
      sum.overUnloaded.addAll(meter.overUnloaded);
      sum.receives.addAll(meter.receives);
    }
    return sum;
  }
}
