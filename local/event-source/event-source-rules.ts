/** The limits that Lambda checks when an event source mapping is created. */

import { isFifoQueue } from '../../src/adapters/queue-url.ts';

/** Settings of a mapping that have limits. */
export interface MappingSettings {
  readonly queueArn: string;
  readonly batchSize: number;
  readonly windowMs: number;
  readonly concurrency: number;
  readonly functionTimeoutMs: number;
}

const BATCH_MAX = 10_000;
const BATCH_WITHOUT_WINDOW_MAX = 10;
const WINDOW_MS_MAX = 300_000;
const CONCURRENCY_MAX = 1_000;

const between = (value: number, min: number, max: number): boolean =>
  Number.isInteger(value) && value >= min && value <= max;

/**
 * Returns all faults for which Lambda refuses to create a mapping. Two of Lambda's limits are not checked. The window
 * may be shorter than 1 s, so that a test can be fast. The concurrency may be 1, so that a demo is easy to follow.
 */
export const mappingFaults = (settings: MappingSettings, visibilityTimeoutMs: number): string[] => {
  const { batchSize, windowMs, concurrency, functionTimeoutMs } = settings;
  const fifo = isFifoQueue(settings.queueArn);
  const faults: string[] = [];
  const batchMax = fifo ? BATCH_WITHOUT_WINDOW_MAX : BATCH_MAX;
  if (!between(batchSize, 1, batchMax)) faults.push(`batchSize must be 1 to ${batchMax}, got ${batchSize}`);
  if (!between(windowMs, 0, WINDOW_MS_MAX)) faults.push(`windowMs must be 0 to ${WINDOW_MS_MAX}, got ${windowMs}`);
  if (fifo && windowMs > 0) faults.push('windowMs must be 0 for a FIFO queue, which has no batching window');
  if (!fifo && windowMs === 0 && batchSize > BATCH_WITHOUT_WINDOW_MAX) {
    faults.push(`batchSize over ${BATCH_WITHOUT_WINDOW_MAX} needs a batching window, got ${batchSize} with windowMs 0`);
  }
  if (!between(concurrency, 1, CONCURRENCY_MAX)) {
    faults.push(`concurrency must be 1 to ${CONCURRENCY_MAX}, got ${concurrency}`);
  }
  if (visibilityTimeoutMs < functionTimeoutMs) {
    const [visible, runs] = [visibilityTimeoutMs / 1_000, functionTimeoutMs / 1_000];
    faults.push(`Queue visibility timeout: ${visible} seconds is less than Function timeout: ${runs} seconds`);
  }
  return faults;
};
