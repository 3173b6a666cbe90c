/** Texts of `flush`: its progress, and why it ended. */

import { counted } from '../counted.ts';
import { durationText } from '../duration.ts';
import { holdText } from '../hold-text.ts';
import type { FlushEnd } from './flush-end.ts';
import type { FlushProgress } from './flush-runs.ts';

/** Returns the progress in one line. */
export const progressText = ({ segments, lines, drainedLines, elapsedMs, runs }: FlushProgress): string => {
  const rate = elapsedMs > 0 ? Math.round((drainedLines * 1_000) / elapsedMs) : 0;
  return `${counted(segments, 'segment')} with ${counted(lines, 'line')} left; ${counted(drainedLines, 'line')} drained in ${durationText(elapsedMs)} (${rate} per second), ${counted(runs, 'run')}`;
};

/** Returns the sentence about the end. */
export const endText = (end: FlushEnd, nowMs: number): string => {
  switch (end.kind) {
    case 'empty':
      return 'The backlog is empty.';
    case 'paused':
      return `The sink is paused (${holdText(end.hold, nowMs)}). Run "resume" first.`;
    case 'breaker-open': {
      const { key, kind, text, probeAtMs } = end.breaker;
      const probe = probeAtMs > nowMs ? `The next probe is in ${durationText(probeAtMs - nowMs)}.` : 'A probe is due.';
      return `The circuit breaker ${key} is open (${kind}): ${text}\n${probe} The flush function drains the backlog after the breaker closes.`;
    }
    case 'not-due':
      return end.dueMs === undefined
        ? 'The remaining segments have a newer format. Deploy the newer version again.'
        : `No remaining segment is due. The next one is due in ${durationText(end.dueMs - nowMs)}.`;
    case 'no-progress':
      return 'Three runs of the flush function changed no segment. Check its log.';
    case 'interrupted':
      return 'Stopped on request. The flush function continues by its schedule.';
  }
};
