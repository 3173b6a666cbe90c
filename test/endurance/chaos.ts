/**
 * `npm run test:chaos`: everything fails at random while events arrive: the server is killed, stopped, and restarted, the
 * network delays, cuts, and drops, functions are killed, and the table is throttled. Afterwards every event must be
 * stored, and none may be quarantined.
 */

import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { PROXY_FAULTS, type ProxyFault } from '../../local/faulty-proxy.ts';
import { type Random, randomFrom } from '../../local/workload/random.ts';
import { EnduranceWorld, type Outcome } from './world.ts';

const HELP = `Usage: npm run --silent test:chaos -- [OPTIONS]

  --minutes N   duration, in minutes (default 5)
  --seed N      seed of the faults (default: random)
  --full-disk   keep the data of the server in a file system of 400 MB, and fill it too (superuser of Linux)
  --json        print the figures as one line of JSON at the end

OPENGEMINI_BINARY names the single-node server "ts-server" of openGemini. Otherwise the stand-in takes its place.
The exit code is 1 if an event is missing or was quarantined.`;

/** Time until the last event must be stored after the last fault. */
const SETTLE_MS = 300_000;
const CALM_MS_MAX = 12_000;
const FAULT_MS_MAX = 20_000;

/** A fault: it begins, lasts, and ends. */
type Fault = (world: EnduranceWorld, lastsMs: number, random: Random) => Promise<void>;

const restarted =
  (signal: NodeJS.Signals): Fault =>
  async ({ server }, lastsMs) => {
    server.signal(signal);
    await server.ended();
    await pause(lastsMs);
    await server.start();
  };

/** A fault of one proxy, or of all of them. */
const network =
  (fault: ProxyFault): Fault =>
  async ({ nodes }, lastsMs, random) => {
    const hit = random.next() < 0.5 ? nodes : [random.pick(nodes)];
    for (const node of hit) await node.setFault(fault);
    await pause(lastsMs);
    for (const node of hit) await node.setFault(undefined);
  };

const FAULTS: Readonly<Record<string, Fault>> = {
  'server killed': restarted('SIGKILL'),
  'server restarted': restarted('SIGTERM'),
  'server stopped': async ({ server }, lastsMs) => {
    server.signal('SIGSTOP');
    await pause(lastsMs);
    server.signal('SIGCONT');
  },
  ...Object.fromEntries(
    (Object.keys(PROXY_FAULTS) as ProxyFault[]).map((fault) => [`network: ${PROXY_FAULTS[fault]}`, network(fault)]),
  ),
  'disk full': async ({ server }, lastsMs) => {
    server.fillDisk?.(true);
    await pause(lastsMs);
    server.fillDisk?.(false);
    // openGemini ends when its disk is full.
    if (server.hasEnded()) await server.start();
  },
  'function killed': async ({ system }, _, random) => {
    const processes = system.processes();
    if (processes.length > 0) process.kill(random.pick(processes), 'SIGKILL');
  },
  'table throttled': async ({ system }, lastsMs) => {
    system.table.throttle(true);
    await pause(lastsMs);
    system.table.throttle(false);
  },
};

const print = (text: string): void => void process.stdout.write(`${text}\n`);

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '5' },
    seed: { type: 'string' },
    'full-disk': { type: 'boolean' },
    json: { type: 'boolean' },
    help: { type: 'boolean' },
  },
});
if (values.help === true) {
  print(HELP);
  process.exit();
}

const seed = Number(values.seed ?? Math.floor(Math.random() * 1_000_000));
const random = randomFrom(seed);
const world = await EnduranceWorld.open(process.env.OPENGEMINI_BINARY, { smallDisk: values['full-disk'] === true });
print(`${world.server.description}, ${values.minutes} minutes, seed ${seed}`);
if (values['full-disk'] === true && world.server.fillDisk === undefined) {
  await world.close();
  process.stderr.write(
    '--full-disk: this user cannot mount a file system. Run it as the superuser of Linux, or omit it.\n',
  );
  process.exit(2);
}
const NAMES = Object.keys(FAULTS).filter((name) => name !== 'disk full' || world.server.fillDisk !== undefined);
const counts = new Map<string, number>();
const run = async (): Promise<{ readonly outcome: Outcome; readonly settledSeconds: number }> => {
  const startMs = performance.now();
  world.begin();
  while (performance.now() - startMs < Number(values.minutes) * 60_000) {
    await pause(1_000 + random.next() * CALM_MS_MAX);
    const name = random.pick(NAMES);
    const lastsMs = 500 + random.next() ** 2 * FAULT_MS_MAX;
    counts.set(name, (counts.get(name) ?? 0) + 1);
    const { sent, stored } = world.events;
    const at = ((performance.now() - startMs) / 1_000).toFixed(0).padStart(6);
    print(`${at} s  ${name}, ${(lastsMs / 1_000).toFixed(1)} s (${sent} sent, ${sent - stored} not stored yet)`);
    await (FAULTS[name] as Fault)(world, lastsMs, random);
  }
  const calmMs = performance.now();
  await world.settle(SETTLE_MS);
  const settledSeconds = (performance.now() - calmMs) / 1_000;
  return { outcome: await world.outcome(), settledSeconds };
};
const { outcome, settledSeconds } = await run().finally(() => world.close());

const { sent, stored, missing, deadLetters } = outcome;
print(`\n| Fault | times |\n|---|---|`);
for (const [name, count] of [...counts].sort()) print(`| ${name} | ${count} |`);
print(
  `\n${sent} events sent, ${stored} read back, ${missing.length} missing, ${deadLetters} dead letters; all stored ${settledSeconds.toFixed(1)} s after the last fault, ledger ${outcome.isBalanced ? 'balanced' : 'not balanced'}.`,
);
if (missing.length > 0) print(`Missing: ${missing.slice(0, 50).join(' ')}`);
if (values.json === true)
  print(JSON.stringify({ seed, ...outcome, settledSeconds, faults: Object.fromEntries(counts) }));
if (missing.length > 0 || deadLetters > 0 || !outcome.isBalanced) process.exitCode = 1;
