/** Tests of `local/system.ts`: queue, event source, function processes, state table, and the stand-in work together. */

import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import type { SQSEvent } from 'aws-lambda';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { LOCAL_DEFAULTS } from '../../local/local-defaults.ts';
import { type StandIn, startStandIn } from '../../local/opengemini/server.ts';
import { type Outgoing, openQueues, type QueueAccess, type Received } from '../../local/queue/queue-access.ts';
import { type LocalSystem, startLocalSystem } from '../../local/system.ts';
import { addToLedger, emptyLedger, isBalanced, type LedgerTotals } from '../../local/workload/ledger-totals.ts';
import { makeWorkload } from '../../local/workload/messages.ts';
import { runWorkload } from '../../local/workload/run.ts';
import { readPoints } from '../../local/workload/verify.ts';
import { noise } from '../sink/make.ts';

const TS = 1_780_000_000_000;
const MAPPING = {
  version: 1,
  measurement: 'm',
  events: 'list',
  timestamp: { path: 'ts', precision: 'ms' },
  tags: { device: '$root.device', region: '$message.attributes.region' },
  fields: { v: 'v', n: { path: 'n', type: 'integer' }, s: { path: 's', type: 'string' } },
};

let standIn: StandIn;
let system: LocalSystem;
let queues: QueueAccess;
let ledger: LedgerTotals;
let logs: string[];
let databases = 0;

beforeAll(async () => {
  standIn = await startStandIn();
});

afterEach(async () => {
  queues.close();
  await system.close();
  expect(isBalanced(ledger), 'the ledger balances').toBe(true);
});

afterAll(() => standIn.close());

const start = async (
  mapping: unknown,
  variables: Record<string, string> = {},
  options: Partial<Parameters<typeof startLocalSystem>[0]> = {},
): Promise<void> => {
  ledger = emptyLedger();
  logs = [];
  system = await startLocalSystem({
    ...LOCAL_DEFAULTS,
    windowMs: 100,
    visibilitySeconds: 60,
    variables: {
      OPENGEMINI_URL: standIn.url,
      OPENGEMINI_DATABASE: `system_${databases++}`,
      ...(mapping === undefined ? {} : { SINK_MAPPING: JSON.stringify(mapping) }),
      ...variables,
    },
    onLogLine(line) {
      logs.push(line);
      addToLedger(ledger, line);
    },
    ...options,
  });
  queues = openQueues(system.addresses.sqsEndpoint);
};

const send = (...messages: readonly (string | Outgoing)[]): Promise<void> =>
  queues.send(
    system.addresses.queueUrl,
    messages.map((one) => (typeof one === 'string' ? { body: one } : one)),
  );

const until = async (done: () => boolean | Promise<boolean>, what: string): Promise<void> => {
  const deadline = performance.now() + 120_000;
  while (!(await done())) {
    if (performance.now() > deadline) throw new Error(`Timed out waiting until ${what}.\n${logs.slice(-5).join('\n')}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
};

const drained = (): Promise<void> =>
  until(async () => (await queues.depth(system.addresses.queueUrl)) === 0, 'the queue was drained');
const settled = async (...messages: readonly (string | Outgoing)[]): Promise<void> => {
  await send(...messages);
  await drained();
};
const letters = (): Promise<readonly Received[]> => queues.receiveAll(system.addresses.deadLetterQueueUrl);
const stored = async (): Promise<string[]> =>
  (await readPoints(system.server, system.addresses.database))
    .map(({ measurement, tags, fields, time }) => JSON.stringify([measurement, tags, fields, time]))
    .sort();
const root = (device: string, values: readonly unknown[]): string =>
  JSON.stringify({ device, list: values.map((v, i) => ({ ts: TS + i, v })) });

test('the system writes or quarantines each of 6,000 events of different shapes exactly as expected', async () => {
  await start(undefined, { SINK_MAPPING: 'examples/mapping.json' });
  const workload = makeWorkload({ messages: 300, eventsPerMessage: 20, brokenOneIn: 40, seed: 7 });
  const { points, letters: found } = await runWorkload(system, workload, ledger, () => undefined);
  expect(new Set(workload.letters.map(({ fault }) => fault)).size).toBeGreaterThanOrEqual(25);
  expect([points.missing, points.unexpected]).toEqual([[], []]);
  expect([found.missing, found.unexpected, found.wrongReason, found.crowded]).toEqual([[], [], [], []]);
  expect(ledger).toMatchObject({
    eventsReceived: workload.events,
    eventsQuarantined: workload.letters.length,
    eventsReturned: 0,
  });
});

describe('a bad event among good ones', () => {
  const twenty = root('d', [...Array.from({ length: 19 }, (_, i) => i), 'bad']);
  test('only the broken event of a message is quarantined, and the others are stored', async () => {
    await start(MAPPING);
    await settled(twenty);
    expect(await stored()).toHaveLength(19);
    expect((await letters()).map(({ attributes: { reason } }) => reason)).toEqual(['field-type']);
  });
  test('a broken event returns its message if there is no dead-letter queue, and the other events are stored', async () => {
    await start(MAPPING, { DEAD_LETTER_QUEUE_URL: '' });
    await send(twenty);
    await until(() => ledger.invocations >= 2, 'the message was processed twice');
    expect(await stored()).toHaveLength(19);
    expect(await queues.depth(system.addresses.queueUrl)).toBe(1);
    expect(ledger.eventsReturned).toBe(ledger.invocations);
  });
});

test('redriven dead letters store the points of their original events under a corrected mapping', async () => {
  const untimed = {
    ...MAPPING,
    timestamp: { path: 'ts', precision: 'ns', missing: 'message' },
    tags: { ...MAPPING.tags, id: '$message.id', at: '$message.sentAt' },
  };
  const repaired = { ...untimed, mismatch: 'coerce' };
  const event = (i: number): string => `{"ts":17800000000000000${i}1,"v":"${i}.50","n":90071992547409${i}1,"s":"x"}`;
  const bodies: Outgoing[] = [
    { body: `{"device":1234567890123456789,"list":[${event(1)},${event(2)}]}`, attributes: { region: 'eu, ☃' } },
    { body: `{"device":"d","list":[{"v":"7"},{"v":"8"}]}`, attributes: { region: 'us' } },
    { body: gzipSync(`{"device":"z","list":[${event(3)}]}`).toString('base64') },
  ];
  const database = 'repaired';
  await start(untimed, { OPENGEMINI_DATABASE: database });
  await settled(...bodies);
  const found = await letters();
  expect(found).toHaveLength(5);
  const origins = found.map(
    ({ attributes }) => JSON.parse(attributes.origin ?? '') as { messageId: string; sentAt: number },
  );
  queues.close();
  await system.close();

  await start(repaired, { OPENGEMINI_DATABASE: database });
  await settled(...found);
  const points = await readPoints(system.server, database);
  expect(points).toHaveLength(5);
  expect(new Set(points.map(({ tags }) => tags.id))).toEqual(new Set(origins.map(({ messageId }) => messageId)));
  expect(
    points
      .filter(({ time }) => /^1780000000000000[0-9]{3}$/.test(time))
      .map(({ time }) => time)
      .sort(),
  ).toEqual(['1780000000000000011', '1780000000000000021', '1780000000000000031']);
  for (const { tags, time, fields } of points.filter(({ time }) => !time.startsWith('17800000000000000'))) {
    expect(time.slice(0, 13)).toBe(tags.at);
    expect([tags.device, tags.region]).toEqual(['d', 'us']);
    expect([7, 8]).toContain(fields.v);
  }
  expect(points.find(({ time }) => time === '1780000000000000011')).toMatchObject({
    tags: { device: '1234567890123456789', region: 'eu, ☃' },
    fields: { v: 1.5, n: 9007199254740911, s: 'x' },
  });
  expect(await letters()).toEqual([]);
});

test('a message that is delivered again does not change the stored points', async () => {
  // Without a state table unwritten lines keep their message in the queue.
  await start(undefined, { STATE_TABLE: '' }, { visibilitySeconds: 1, timeoutMs: 1_000 });
  const events = [
    { measurement: 'm', tags: { t: 'a b' }, fields: { v: 1.5 } },
    { measurement: 'm', tags: { t: 'a b' }, fields: { v: 2.5 } },
  ];
  // While the server refuses writes, the message stays in the queue.
  standIn.faults.set({ name: 'write-disabled' });
  await send(JSON.stringify(events));
  await until(() => ledger.invocations >= 1, 'the message was processed once');
  standIn.faults.clear();
  await drained();
  const once = await stored();
  expect(once).toHaveLength(2);
  expect(ledger.eventsReturned).toBeGreaterThanOrEqual(2);
  expect(new Set(once.map((point) => JSON.parse(point)[3])).size).toBe(2);
});

test('ten events without a time in one SendMessageBatch give ten points', async () => {
  await start(undefined);
  await settled(...Array.from({ length: 10 }, (_, i) => JSON.stringify({ measurement: 'm', fields: { v: i } })));
  expect(await stored()).toHaveLength(10);
});

test('hostile input is written or quarantined, and never affects another event', async () => {
  await start(undefined);
  const injection = [
    'a\nevil,x=1 v=666.25 1',
    'a" evil',
    'a\\',
    'a,evil=1',
    'a evil=1',
    '\\"\n',
    '#',
    'a\r',
    '\u0000',
    '=',
    '\ud800',
  ];
  const positions = injection.flatMap((text, i) => [
    { measurement: text, fields: { v: 1 }, timestamp: `17800000000000${i}0001` },
    { measurement: 'inj', tags: { [text]: 'x' }, fields: { v: 1 }, timestamp: `17800000000000${i}0002` },
    { measurement: 'inj', tags: { t: text }, fields: { v: 1 }, timestamp: `17800000000000${i}0003` },
    { measurement: 'inj', fields: { [text]: 1 }, timestamp: `17800000000000${i}0004` },
    { measurement: 'inj', fields: { s: text }, timestamp: `17800000000000${i}0005` },
    { measurement: 'good', tags: { n: String(i) }, fields: { v: i } },
  ]);
  const many = Array.from({ length: 10_000 }, (_, i) => ({
    measurement: 'many',
    fields: { v: i },
    timestamp: String(1_780_000_000_000_000_000n + BigInt(i)),
  }));
  await settled(
    ...positions.map((event) => JSON.stringify(event)),
    '{"measurement":"good","tags":{"n":"proto"},"fields":{"v":1,"w":2},"__proto__":{"measurement":"evil"}}',
    '{"measurement":"good","fields":{"v":1e400}}',
    gzipSync(Buffer.alloc(20 * 1024 * 1024)).toString('base64'),
    `{"measurement":"good","fields":{"v":${'['.repeat(100)}${']'.repeat(100)}}}`,
    `{"measurement":"good","fields":{"v":${'['.repeat(100_000)}`,
    JSON.stringify({ measurement: 'good', fields: { s: '\udc00' } }),
    JSON.stringify(many),
    `{"fields":"${'x'.repeat(1_048_576 - 13)}"}`,
    gzipSync('{"fields":"\ufffe"}').toString('base64'),
    noise(1_048_576),
  );
  const points = await readPoints(system.server, system.addresses.database);
  expect(points.filter(({ measurement }) => measurement.includes('evil') && !measurement.startsWith('a'))).toEqual([]);
  expect(points.filter(({ measurement }) => measurement === 'many')).toHaveLength(10_000);
  expect(
    points
      .filter(({ measurement }) => measurement === 'good')
      .map(({ tags }) => tags.n)
      .sort(),
  ).toEqual([...injection.keys()].map(String).sort());
  for (const { fields } of points) expect(Object.values(fields)).not.toContain(666.25);
  const found = await letters();
  expect(ledger).toMatchObject({ eventsReturned: 0, eventsReceived: 10_000 + 66 + 9 });
  expect(ledger.eventsQuarantined).toBeGreaterThanOrEqual(found.length);
  expect(found.map(({ attributes: { reason } }) => reason)).toContain('too-large');
});

describe('5,000 lines that conflict with the type of a column', () => {
  const events = (count: number, bad: (i: number) => boolean): string[] =>
    Array.from({ length: count / 20 }, (_, message) =>
      JSON.stringify(
        Array.from({ length: 20 }, (__, at) => message * 20 + at).map((i) => ({
          measurement: 'c',
          tags: { i: String(i % 100) },
          fields: { v: bad(i) ? 'text' : i },
          timestamp: String(TS * 1e6 + i),
        })),
      ),
    );
  test.each<[string, (i: number) => boolean, number, number]>([
    ['all', () => true, 5_000, 12],
    ['one', (i) => i === 2_345, 1, 30],
    ['all of one message', (i) => i >= 1_000 && i < 1_020, 20, 40],
  ])('of 5,000 lines only those with a type conflict are quarantined (%s)', async (_, bad, count, requestsMax) => {
    // One invocation gets all 250 messages, however slow the machine is, because the figures are its requests.
    await start(undefined, {}, { batchSize: 250, windowMs: 3_000, concurrency: 1 });
    await settled(JSON.stringify({ measurement: 'c', fields: { v: 0.5 } }));
    const before = standIn.counts.writesReceived;
    await settled(...events(5_000, bad));
    expect(ledger).toMatchObject({ eventsQuarantined: count, eventsWritten: 5_001 - count });
    expect(standIn.counts.writesReceived - before).toBeLessThanOrEqual(requestsMax);
    const reasons = (await letters()).map(({ attributes: { reason } }) => reason);
    expect([reasons.length, new Set(reasons)]).toEqual([count, new Set(['type-conflict'])]);
  });
});

test('a faulty configuration fails every invocation with one message that lists all faults, and loses no message', async () => {
  // With its visibility timeout the message would be received again only after this test. The function returns it
  // earlier.
  await start({ version: 1 }, { SINK_BATCH_LINES_MAX: '0' }, { visibilitySeconds: 300 });
  await send('{}');
  const failures = (): string[] => logs.filter((line) => line.startsWith('invocation failed'));
  await until(() => failures().length >= 2, 'two invocations failed');
  for (const fault of ['SINK_BATCH_LINES_MAX', 'mapping.measurement', 'mapping.fields'])
    expect(failures()[0]).toContain(fault);
  expect(await queues.depth(system.addresses.queueUrl)).toBe(1);
  expect(await letters()).toEqual([]);
});

test('a program of its own decodes, converts, measures, and routes events in the whole system', async () => {
  const handlerFile = fileURLToPath(new URL('functions/extended.ts', import.meta.url));
  await start(undefined, { SITE: 'hall' }, { handlerFile });
  await settled(`d1|21.5@${TS}|22@${TS + 1}|-999@${TS + 2}|23@${TS + 3}`);
  expect((await stored()).map((point) => JSON.parse(point))).toEqual(
    [21.5, 22, 23].map((temperature, index) => [
      'telemetry',
      { device: 'd1', site: 'hall' },
      { temperature },
      `${[TS, TS + 1, TS + 3][index]}000000`,
    ]),
  );
  const [letter, ...others] = await letters();
  expect(others).toEqual([]);
  expect(letter?.attributes.reason).toBe('converter-error');
  expect(letter?.attributes.detail).toMatch(/^transform threw RangeError: the sensor is broken \(.*extended\.ts:\d+/);
  const log = logs.join('\n');
  expect(log).toContain('"packetsWritten":3');
  expect(log).toContain('"routed":"converter-error"');
});

test('a node that accepts connections and never answers delays neither the start nor the events', async () => {
  const sockets = new Set<Socket>();
  const silent = createServer((socket) => sockets.add(socket)).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  try {
    const { port } = silent.address() as AddressInfo;
    const settings = { OPENGEMINI_URL: `http://127.0.0.1:${port},${standIn.url}`, OPENGEMINI_TIMEOUT_MS: '60000' };
    await start(MAPPING, settings);
    await settled(...Array.from({ length: 20 }, (_, i) => root(`d${i}`, [1, 2, 3])));
    expect(await stored()).toHaveLength(60);
    expect(ledger).toMatchObject({ eventsReceived: 60, eventsWritten: 60, eventsReturned: 0 });
  } finally {
    silent.close();
    for (const socket of sockets) socket.destroy();
  }
});

test('the system reports each event before the function gets it, the running processes, and its own stand-in', async () => {
  const bodies: string[] = [];
  const onInvoke = ({ Records }: SQSEvent): void => void bodies.push(...Records.map(({ body }) => body));
  await start(undefined, { OPENGEMINI_URL: '' }, { onInvoke });
  expect([system.processes(), system.standIn?.url]).toEqual([[], system.addresses.opengeminiUrl]);
  const body = JSON.stringify({ measurement: 'm', fields: { v: 1 } });
  await settled(body);
  expect(bodies).toEqual([body]);
  const [pid = 0, ...others] = system.processes();
  expect(others).toEqual([]);
  process.kill(pid, 'SIGKILL');
  await until(() => system.processes().length === 0, 'the process is gone');
  await settled(body);
  expect(system.processes()).toHaveLength(1);
  expect(system.standIn?.counts.linesStored).toBe(2);
});
