/** The console of `dev`: a page on loopback that shows what the system does, with buttons that disturb and repair it. */

import { FAULT_NAMES } from '../../local/opengemini/faults.ts';
import { openQueues } from '../../local/queue/queue-access.ts';
import type { LocalSystem } from '../../local/system.ts';
import { type ActionParts, createActions } from './actions.ts';
import { letterView } from './letter-view.ts';
import { createMappingRoutes, type EditedConfig } from './mapping-routes.ts';
import { pageFiles } from './page-files.ts';
import type { Figures, History, LettersView, SystemFacts, Update } from './protocol.ts';
import { openQueueLetters } from './queue-letters.ts';
import type { ConsoleRecorder } from './recorder.ts';
import { Ring } from './ring.ts';
import { sampleSets } from './samples.ts';
import { type ConsoleServer, startConsoleServer } from './server.ts';
import { openStateReader } from './state-reader.ts';

const SAMPLE_MS = 1_000;
/** Samples that the console keeps: ten minutes. */
const SAMPLES_MAX = 600;
/** Dead letters that the page lists, at most. */
const LETTERS_MAX = 200;

/** What the console needs from `dev`. */
export interface ConsoleOptions extends EditedConfig {
  /** 0 means any free port. */
  readonly port: number;
  readonly system: LocalSystem;
  readonly recorder: ConsoleRecorder;
  /** Name of the sink in the state table. */
  readonly sink: string;
}

/** A running console. */
export interface Console {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Starts the console.
 *
 * @throws Error with `code` and `port` if the port is not available.
 * @throws {BuildError} in a clone if the page cannot be bundled.
 */
export const startConsole = async (options: ConsoleOptions): Promise<Console> => {
  const { system, recorder, port } = options;
  const files = await pageFiles();
  const queues = openQueues(system.addresses.sqsEndpoint);
  const letters = openQueueLetters(system.addresses);
  const state = await openStateReader(system, options.sink);
  const mapping = createMappingRoutes(options, recorder.recent);
  const samples = sampleSets(mapping.file);
  const history = new Ring<Figures>(SAMPLES_MAX);
  const facts = factsOf(options, samples);

  const publish = async (figures: Figures | null): Promise<void> => {
    const update: Update = { state: await state.read(recorder.figures.ledger()), figures };
    server.streams.send({ name: 'update', data: update });
  };
  const actions = createActions({ system, queues, letters, samples });
  const writes = Object.entries(actions).map(([name, act]) => {
    const actAndPublish: typeof act = async (input) => {
      const result = await act(input);
      void publish(null);
      return result;
    };
    return [`/api/${name}`, actAndPublish] as const;
  });
  const server: ConsoleServer = await startConsoleServer(port, {
    files,
    reads: { '/api/letters': () => readLetters(letters), ...mapping.reads },
    writes: { ...Object.fromEntries(writes), ...mapping.writes },
    firstEvent() {
      // The state follows, because reading it takes a moment.
      void publish(null);
      const first: History = { facts, figures: history.items() };
      return { name: 'history', data: first };
    },
  });
  const sampling = startSampling((nowMs) => {
    const { concurrency } = system.eventSource;
    const figures = recorder.figures.take(nowMs, { concurrency, running: system.eventSource.stats().running });
    history.push(figures);
    // Without an open page nothing but the figures is read, so that an unused console costs next to nothing.
    return server.streams.count() === 0 ? Promise.resolve() : publish(figures);
  });
  return {
    url: server.url,
    async close() {
      await sampling.stop();
      await server.close();
      for (const part of [state, letters, queues]) part.close();
    },
  };
};

const factsOf = ({ system, sink }: ConsoleOptions, samples: ActionParts['samples']): SystemFacts => ({
  sink,
  server: system.addresses.opengeminiUrl,
  database: system.addresses.database,
  queueUrl: system.addresses.queueUrl,
  faultNames: system.standIn === undefined ? [] : [...FAULT_NAMES],
  samples: samples.map(({ name, title, messages }) => ({ name, title, messages })),
});

const readLetters = async (source: ActionParts['letters']): Promise<LettersView> => {
  const { letters, hasMore } = await source.list(LETTERS_MAX);
  return { letters: letters.map(letterView), hasMore };
};

/** Takes a sample per second. One that takes longer delays the next, so that slow services get no more requests. */
const startSampling = (sample: (nowMs: number) => Promise<void>): { stop(): Promise<void> } => {
  let running: Promise<void> | undefined;
  const timer = setInterval(() => {
    running ??= sample(Date.now()).finally(() => {
      running = undefined;
    });
  }, SAMPLE_MS);
  return {
    async stop() {
      clearInterval(timer);
      await running;
    },
  };
};
