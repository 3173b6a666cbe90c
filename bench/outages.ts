/**
 * `npm run bench:outages`: the local system with three nodes of which one is faulty, and with outages of the whole server.
 * Measures how long each event takes from the queue to the server, and what arrives after an outage. Nothing is lost in
 * any case; the exit code is 1 otherwise.
 */

import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type FaultyProxy, PROXY_FAULTS, type ProxyFault, startFaultyProxy } from '../local/faulty-proxy.ts';
import { LOCAL_DEFAULTS } from '../local/local-defaults.ts';
import { startStandIn } from '../local/opengemini/server.ts';
import { openQueues } from '../local/queue/queue-access.ts';
import { startLocalSystem } from '../local/system.ts';
import { addToLedger, emptyLedger } from '../local/workload/ledger-totals.ts';
import { sendSteadily, TrackedEvents } from '../local/workload/tracked-events.ts';
import { quantile } from './turns/statistics.ts';

const HELP = `Usage: npm run --silent bench:outages -- [OPTIONS]

  --only nodes|recovery   one of the two tables (default: both)
  --faults NAME,...       faults of the faulty node (default: all)
  --seconds N             duration of each case of the nodes, in s (default 40)
  --outages N,...         durations of the outages, in s (default 25,60)
  --json                  print the figures as one line of JSON at the end`;

/** Messages per second, one event each. */
const RATE = 50;
/** Time in which the instances start and learn about the nodes. Its events do not count. */
const LEARNING_MS = 5_000;
/** Events of the backlog after which its end is measured. */
const BACKLOG = 10_000;
/** Messages of an outage, and events in each. */
const EVENTS_PER_MESSAGE = 50;
/** Time limit for everything to arrive. */
const SETTLE_MS = 300_000;

const MAPPING = {
  version: 1,
  measurement: 'm',
  timestamp: { path: 'sent', precision: 'ms' },
  events: 'events',
  tags: { event: 'id' },
  fields: { sent: { path: 'sent', type: 'integer' }, id: { path: 'id', type: 'integer' } },
};

/** A local system whose events are followed from the queue to the server. */
interface World {
  readonly nodes: readonly FaultyProxy[];
  readonly events: TrackedEvents;
  send(messages: number, eventsPerMessage: number): Promise<void>;
  quarantined(): number;
  close(): Promise<void>;
}

const openWorld = async (nodeCount: number): Promise<World> => {
  const standIn = await startStandIn();
  const events = new TrackedEvents();
  const nodes = await Promise.all(
    Array.from({ length: nodeCount }, () => startFaultyProxy(standIn.url, (lines) => events.confirm(lines))),
  );
  const ledger = emptyLedger();
  const system = await startLocalSystem({
    ...LOCAL_DEFAULTS,
    batchSize: 100,
    windowMs: 100,
    visibilitySeconds: 360,
    variables: {
      OPENGEMINI_URL: nodes.map(({ url }) => url).join(','),
      OPENGEMINI_DATABASE: 'outages',
      SINK_MAPPING: JSON.stringify(MAPPING),
    },
    onLogLine: (line) => {
      addToLedger(ledger, line);
      if (process.env.BENCH_LOG) process.stderr.write(`${line}\n`);
    },
  });
  const queues = openQueues(system.addresses.sqsEndpoint);
  const body = (eventsPerMessage: number): string =>
    JSON.stringify({
      events: Array.from({ length: eventsPerMessage }, () => ({ id: events.next(), sent: Date.now() })),
    });
  return {
    nodes,
    events,
    quarantined: () => ledger.eventsQuarantined,
    send: (messages, eventsPerMessage) =>
      queues.send(
        system.addresses.queueUrl,
        Array.from({ length: messages }, () => ({ body: body(eventsPerMessage) })),
      ),
    async close() {
      queues.close();
      await system.close();
      await Promise.all(nodes.map((node) => node.close()));
      await standIn.close();
    },
  };
};

const stream = (world: World): (() => Promise<void>) => sendSteadily(RATE, (messages) => world.send(messages, 1));

interface NodesResult {
  readonly fault: ProxyFault | 'none';
  readonly events: number;
  readonly lost: number;
  readonly quarantined: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** Requests to the faulty node after the first seconds. */
  readonly requests: number;
}

/** Runs three nodes, of which the second one has the fault from the start. */
const runNodes = async (fault: ProxyFault | undefined, seconds: number): Promise<NodesResult> => {
  const world = await openWorld(3);
  try {
    const faulty = world.nodes[1] as FaultyProxy;
    await faulty.setFault(fault);
    const fromMs = performance.now() + LEARNING_MS;
    const stop = stream(world);
    await pause(LEARNING_MS);
    const requestsBefore = faulty.requests();
    await pause(seconds * 1_000);
    const requests = faulty.requests() - requestsBefore;
    await stop();
    await world.events.allStored(SETTLE_MS);
    const latencies = world.events.latencies((sentMs) => sentMs >= fromMs);
    return {
      fault: fault ?? 'none',
      events: world.events.sent,
      lost: world.events.sent - world.events.stored,
      quarantined: world.quarantined(),
      p50Ms: Math.round(quantile(latencies, 0.5)),
      p99Ms: Math.round(quantile(latencies, 0.99)),
      maxMs: Math.round(latencies.at(-1) ?? Number.NaN),
      requests,
    };
  } finally {
    await world.close();
  }
};

interface RecoveryResult {
  readonly fault: ProxyFault;
  readonly outageSeconds: number;
  readonly newTraffic: boolean;
  readonly events: number;
  readonly lost: number;
  readonly quarantined: number;
  /** From the return of the server to the first stored event, in s. */
  readonly firstSeconds: number;
  /** From the return of the server until the backlog is stored, in s. */
  readonly backlogSeconds: number;
}

const seconds = (ms: number): number => Math.round(ms / 100) / 10;

/** Sends a backlog during an outage of the whole server. */
const runRecovery = async (fault: ProxyFault, outageSeconds: number, newTraffic: boolean): Promise<RecoveryResult> => {
  const world = await openWorld(1);
  try {
    const [server] = world.nodes as [FaultyProxy];
    await world.send(10, 1);
    await world.events.allStored(SETTLE_MS);
    await server.setFault(fault);
    const before = world.events.sent;
    const rounds = 10;
    const messages = BACKLOG / EVENTS_PER_MESSAGE / rounds;
    for (let round = 0; round < rounds; round++) {
      await world.send(messages, EVENTS_PER_MESSAGE);
      await pause((outageSeconds * 1_000) / rounds);
    }
    const backlog = world.events.sent;
    const stop = newTraffic ? stream(world) : undefined;
    await server.setFault(undefined);
    const backMs = performance.now();
    const waiting = Array.from({ length: backlog - before }, (_, index) => before + index);
    const isWaiting = (): boolean => waiting.some((id) => world.events.storedAtMs(id) === undefined);
    const endMs = backMs + SETTLE_MS;
    while (isWaiting() && performance.now() < endMs) await pause(50);
    await stop?.();
    await world.events.allStored(SETTLE_MS);
    const times = (ids: readonly number[]): readonly number[] => ids.flatMap((id) => world.events.storedAtMs(id) ?? []);
    const afterReturn = times(Array.from({ length: world.events.sent }, (_, id) => id)).filter((ms) => ms >= backMs);
    return {
      fault,
      outageSeconds,
      newTraffic,
      events: world.events.sent,
      lost: world.events.sent - world.events.stored,
      quarantined: world.quarantined(),
      firstSeconds: seconds(Math.min(...afterReturn) - backMs),
      backlogSeconds: seconds(Math.max(...times(waiting)) - backMs),
    };
  } finally {
    await world.close();
  }
};

const print = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    faults: { type: 'string', default: Object.keys(PROXY_FAULTS).join() },
    seconds: { type: 'string', default: '40' },
    outages: { type: 'string', default: '25,60' },
    json: { type: 'boolean' },
    help: { type: 'boolean' },
  },
});
if (values.help === true) {
  print(HELP);
  process.exit();
}

const nodes: NodesResult[] = [];
if (values.only !== 'recovery') {
  print('Three nodes, one of them faulty from the start. From queue to server, without the first 5 s.\n');
  print('| The node | events | lost | quarantined | p50 | p99 | / healthy | longest | requests to it |');
  print('|---|---|---|---|---|---|---|---|---|');
  for (const fault of [undefined, ...(values.faults.split(',') as ProxyFault[])]) {
    const result = await runNodes(fault, Number(values.seconds));
    nodes.push(result);
    const { events, lost, quarantined, p50Ms, p99Ms, maxMs, requests } = result;
    const ratio = (p99Ms / (nodes[0] as NodesResult).p99Ms).toFixed(2);
    const name = fault === undefined ? 'is healthy' : PROXY_FAULTS[fault];
    print(
      `| ${name} | ${events} | ${lost} | ${quarantined} | ${p50Ms} ms | ${p99Ms} ms | ${ratio} | ${maxMs} ms | ${requests} |`,
    );
  }
  print('');
}

const recoveries: RecoveryResult[] = [];
if (values.only !== 'nodes') {
  print(`Outages of the whole server, ${BACKLOG} events sent meanwhile. Times after the server is back.\n`);
  print('| The server | outage | new traffic | events | lost | quarantined | first point | backlog stored |');
  print('|---|---|---|---|---|---|---|---|');
  for (const outage of values.outages.split(',').map(Number))
    for (const fault of ['refuses', 'resets', 'hangs'] as const)
      for (const newTraffic of [false, true]) {
        const result = await runRecovery(fault, outage, newTraffic);
        recoveries.push(result);
        const { events, lost, quarantined, firstSeconds, backlogSeconds } = result;
        print(
          `| ${PROXY_FAULTS[fault]} | ${outage} s | ${newTraffic ? 'yes' : 'no'} | ${events} | ${lost} | ${quarantined} | ${firstSeconds} s | ${backlogSeconds} s |`,
        );
      }
}

if (values.json === true) print(JSON.stringify({ nodes, recoveries }));
if ([...nodes, ...recoveries].some(({ lost, quarantined }) => lost > 0 || quarantined > 0)) process.exitCode = 1;
