/**
 * Runs one search in a thread, so that the main thread can end an input that hangs, and the limit of the heap ends one
 * that exhausts the memory.
 */

import { parentPort, workerData } from 'node:worker_threads';
import { branchesInstrumented } from './coverage.ts';
import { instrumentLoaded } from './instrument.ts';
import { type SearchMessage, type SearchOrder, type SearchReport, SHARED_HEAD_BYTES } from './order.ts';
import { type Failure, Search } from './search.ts';
import { corpusOf, loadTarget, PLANTED, TARGETS } from './targets.ts';

const order = workerData as SearchOrder;

/** Inputs between two looks at the clock. */
const INPUTS_PER_CHECK = 64;

const head = new Int32Array(order.shared, 0, 2);
const shown = new Uint8Array(order.shared, SHARED_HEAD_BYTES);

const before = (input: Uint8Array): void => {
  shown.set(input);
  Atomics.store(head, 1, input.length);
  Atomics.add(head, 0, 1);
};

const dictionary = instrumentLoaded(TARGETS[order.name] ?? PLANTED[order.name] ?? []);
const target = await loadTarget(order.name);
const corpus = corpusOf(order.name).map(([, input]) => input);
const search = new Search({ target, seed: order.seed, corpus, dictionary, before });

const send = (message: SearchMessage): void => parentPort?.postMessage(message);

const reportOf = ({ executions, corpusSize, coverage }: Search): SearchReport => ({
  executions,
  corpus: corpusSize,
  branches: coverage.branches,
  branchesAll: branchesInstrumented(),
  features: coverage.features,
  stepsMax: coverage.stepsMax,
});

const searchUntilEnd = (): Failure | undefined => {
  const endMs = Date.now() + order.durationMs;
  const executionsMax = order.executionsMax ?? Number.POSITIVE_INFINITY;
  const isOver = (): boolean => search.executions >= executionsMax || Date.now() >= endMs;
  let failure = search.start();
  while (failure === undefined && !isOver())
    for (let count = 0; count < INPUTS_PER_CHECK && failure === undefined; count++) failure = search.step();
  return failure;
};

const failure = order.reproduced === undefined ? searchUntilEnd() : search.reproduce(order.reproduced);
if (failure !== undefined) send({ kind: 'failed', report: reportOf(search), failure });
else send({ kind: 'ended', report: reportOf(search), minimized: order.minimizes ? search.minimized() : [] });
