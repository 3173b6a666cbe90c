/** Runs the search of one target in a thread, and watches it. */

import { Worker } from 'node:worker_threads';
import { type SearchMessage, type SearchOrder, type SearchReport, SHARED_HEAD_BYTES } from './order.ts';
import { INPUT_BYTES_MAX } from './search.ts';

/** Limit of the young generation, in addition to `heapMiB`. */
const YOUNG_MIB = 32;
/** How often the watch looks. */
const WATCH_MS = 250;
/** Longest input to reproduce, in bytes. */
const SHARED_INPUT_BYTES = 16 * INPUT_BYTES_MAX;

/** Something that an input causes and that must not happen. */
export interface Finding {
  readonly kind: 'violation' | 'hang' | 'memory' | 'start';
  readonly text: string;
  /** `undefined` if the search failed before its first input. */
  readonly input: Uint8Array | undefined;
}

/** Result of a search. */
export interface TargetResult {
  readonly report: SearchReport | undefined;
  readonly finding: Finding | undefined;
  readonly minimized: readonly Uint8Array[];
  readonly ms: number;
}

/** What a search needs, without its shared memory. */
export type TargetOrder = Omit<SearchOrder, 'shared'> & {
  /** Time of one input after which it counts as a hang. Far above what any input takes on a busy machine. */
  readonly hangMs: number;
  /** Limit of the heap in MiB. Instrumenting takes about 150 of it, and the properties of a target much less. */
  readonly heapMiB: number;
};

/** Runs a search until its time has passed, its executions are done, or it finds something. */
export const runTarget = async ({ hangMs, heapMiB, ...order }: TargetOrder): Promise<TargetResult> => {
  const shared = new SharedArrayBuffer(SHARED_HEAD_BYTES + SHARED_INPUT_BYTES);
  const head = new Int32Array(shared, 0, 2);
  const inputNow = (): Uint8Array => new Uint8Array(shared, SHARED_HEAD_BYTES, Atomics.load(head, 1)).slice();
  const startMs = Date.now();
  const worker = new Worker(new URL('worker.ts', import.meta.url), {
    workerData: { ...order, shared } satisfies SearchOrder,
    resourceLimits: { maxOldGenerationSizeMb: heapMiB, maxYoungGenerationSizeMb: YOUNG_MIB },
  });
  const { promise, resolve } = Promise.withResolvers<Omit<TargetResult, 'ms'>>();
  const fail = (kind: Finding['kind'], text: string): void =>
    resolve({ report: undefined, finding: { kind, text, input: inputNow() }, minimized: [] });
  let last = { execution: 0, sinceMs: startMs };
  const watch = setInterval(() => {
    const execution = Atomics.load(head, 0);
    if (execution !== last.execution || execution === 0) last = { execution, sinceMs: Date.now() };
    else if (Date.now() - last.sinceMs > hangMs) fail('hang', `one input takes more than ${hangMs / 1000} s`);
  }, WATCH_MS);
  worker.on('message', (message: SearchMessage) => {
    if (message.kind === 'ended') resolve({ report: message.report, finding: undefined, minimized: message.minimized });
    else resolve({ report: message.report, finding: { kind: 'violation', ...message.failure }, minimized: [] });
  });
  worker.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'ERR_WORKER_OUT_OF_MEMORY') fail('memory', `one input needs more than ${heapMiB} MiB of heap`);
    else fail('start', String(error.stack ?? error));
  });
  const result = await promise;
  clearInterval(watch);
  await worker.terminate();
  return { ...result, ms: Date.now() - startMs };
};
