/** A bar that shows how far a command is, on a terminal only. */

const WIDTH = 30;
/** Shortest interval between two drawings, in ms. */
const INTERVAL_MS = 100;

/** Progress of one command. */
export interface Progress {
  /** Draws the bar, unless it was drawn a moment ago. */
  show(done: number, total: number): void;
  /** Removes the bar. */
  end(): void;
}

/** Returns the bar with its numbers, without control characters. */
export const progressText = (done: number, total: number, noun: string, elapsedMs: number): string => {
  const share = total === 0 ? 1 : Math.min(1, done / total);
  const full = Math.floor(share * WIDTH);
  const rate = elapsedMs > 0 ? Math.round((done * 1_000) / elapsedMs) : 0;
  return `[${'#'.repeat(full)}${'.'.repeat(WIDTH - full)}] ${done} of ${Math.max(done, total)} ${noun}, ${rate}/s`;
};

/** Creates a bar on a stream. It draws nothing if the stream is no terminal. */
export const createProgress = (noun: string, stream: NodeJS.WriteStream = process.stderr): Progress => {
  const startedMs = performance.now();
  let drawnMs = Number.NEGATIVE_INFINITY;
  return {
    show(done, total) {
      const nowMs = performance.now();
      if (!stream.isTTY || nowMs - drawnMs < INTERVAL_MS) return;
      drawnMs = nowMs;
      stream.write(`\r\u001b[K${progressText(done, total, noun, nowMs - startedMs)}`);
    },
    end() {
      if (stream.isTTY && drawnMs > 0) stream.write('\r\u001b[K');
    },
  };
};
