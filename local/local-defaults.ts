/** Options of the local system unless its caller decides otherwise. */

/** Defaults of the options that `dev` and `demo` share. */
export const LOCAL_DEFAULTS = {
  batchSize: 1_000,
  windowMs: 1_000,
  concurrency: 2,
  moveConcurrency: false,
  timeoutMs: 60_000,
  flushTimeoutMs: 75_000,
  maxReceiveCount: 1_000,
  fifo: false,
  flushEveryMs: 60_000,
  ports: { sqs: 0, dynamodb: 0, opengemini: 0 },
} as const;
