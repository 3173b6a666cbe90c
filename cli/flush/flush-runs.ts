/** Invokes the flush function again and again until nothing is left to drain. Its ports are the table and the function. */

import { drainedBetween, type FlushEnd, type FlushState, flushEnd } from './flush-end.ts';

/** What the runs need. Every call may throw. */
export interface FlushPorts {
  /** Reads the state table. */
  readState(): Promise<FlushState>;
  /** Makes one run of the flush function, and returns when it has ended. */
  invoke(): Promise<void>;
  /** Whether the user wants no further run. */
  isInterrupted(): boolean;
  /**
   * Receives the state before the first run, after each run, and from time to time during a run.
   *
   * @param isRunning - Whether the run is in progress.
   */
  onProgress(progress: FlushProgress, isRunning: boolean): void;
  /** Resolves after an interval, or earlier when the signal is aborted. */
  pause(signal: AbortSignal): Promise<void>;
}

/** State of the work. */
export interface FlushProgress {
  readonly segments: number;
  readonly lines: number;
  /** Lines that left the table since the first state. */
  readonly drainedLines: number;
  readonly elapsedMs: number;
  /** Runs that were completed. */
  readonly runs: number;
}

/** Result of all runs. */
export interface FlushOutcome extends FlushProgress {
  readonly end: FlushEnd;
}

/** Makes runs until the end is clear. */
export const flushRuns = async (ports: FlushPorts): Promise<FlushOutcome> =>
  new FlushRuns(ports, await ports.readState()).run();

class FlushRuns {
  readonly #ports: FlushPorts;
  readonly #startedMs: number;
  #state: FlushState;
  #drainedLines = 0;
  #runs = 0;
  #idleRuns = 0;

  constructor(ports: FlushPorts, state: FlushState) {
    this.#ports = ports;
    this.#state = state;
    this.#startedMs = state.nowMs;
  }

  async run(): Promise<FlushOutcome> {
    this.#report(false);
    for (;;) {
      const end = flushEnd(this.#state, this.#idleRuns);
      if (end !== undefined) return { ...this.#progress(), end };
      if (this.#ports.isInterrupted()) return { ...this.#progress(), end: { kind: 'interrupted' } };
      const hasChanged = await this.#watch(this.#ports.invoke());
      this.#runs += 1;
      this.#idleRuns = hasChanged ? 0 : this.#idleRuns + 1;
      this.#report(false);
    }
  }

  /** Reads the table until the run has ended, and once after it. Returns whether any segment changed. */
  async #watch(run: Promise<void>): Promise<boolean> {
    const ended = new AbortController();
    const result = run.finally(() => ended.abort());
    // The error is thrown below. Until then it must not count as unhandled.
    result.catch(() => undefined);
    let hasChanged = false;
    for (;;) {
      await this.#ports.pause(ended.signal);
      const isLast = ended.signal.aborted;
      if (isLast) await result;
      hasChanged = (await this.#readAgain()) || hasChanged;
      if (isLast) return hasChanged;
      this.#report(true);
    }
  }

  async #readAgain(): Promise<boolean> {
    const before = this.#state;
    this.#state = await this.#ports.readState();
    const { lines, hasChanged } = drainedBetween(before.entries, this.#state.entries);
    this.#drainedLines += lines;
    return hasChanged;
  }

  #report(isRunning: boolean): void {
    this.#ports.onProgress(this.#progress(), isRunning);
  }

  #progress(): FlushProgress {
    const { entries, nowMs } = this.#state;
    return {
      segments: entries.length,
      lines: entries.reduce((sum, { lines }) => sum + lines, 0),
      drainedLines: this.#drainedLines,
      elapsedMs: nowMs - this.#startedMs,
      runs: this.#runs,
    };
  }
}
