/**
 * `npm run bench:gzip`: processor time of one request to openGemini, and bytes of its body, without compression and with
 * several kinds of it. The server is another process, whose time does not count.
 */

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzip, gzipSync } from 'node:zlib';
import { Pool } from 'undici';
import { createConverter } from '../src/sink/convert/converter.ts';
import { UNLIMITED } from '../src/sink/lines/batch.ts';
import { parseMapping } from '../src/sink/mapping/parse-mapping.ts';
import { DATA, mappingFrom } from './data.ts';
import { messageOf } from './message.ts';
import { oneBuffer } from './one-buffer.ts';
import { readings } from './readings.ts';
import { spreadOf } from './rounds.ts';

const ROUNDS = 21;
const WARM_UP_ROUNDS = 3;
/** Requests of one slice. Their number falls with the size, so that all slices take similar times. */
const requestsFor = (bytes: number): number => Math.max(8, Math.min(100, Math.ceil(2_000_000 / bytes)));
const SIZES = [256, 512, 1_024, 2_048, 4_096, 16_384, 65_536, 131_072, 262_144];
const LINES = 5_000;
const TARGET = { database: 'db', retentionPolicy: undefined };

type Compress = (body: Buffer) => Uint8Array | Promise<Uint8Array>;

const gzipAsync = promisify(gzip);
const KINDS: Readonly<Record<string, Compress>> = {
  none: (body) => body,
  'gzip 1': (body) => gzipSync(body, { level: 1 }),
  'gzip 1, async': (body) => gzipAsync(body, { level: 1 }),
  'gzip 3': (body) => gzipSync(body, { level: 3 }),
  'gzip 6': (body) => gzipSync(body, { level: 6 }),
};

/** Serves until the parent disconnects. */
const serve = async (): Promise<void> => {
  const server = createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(204).end());
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  process.send?.((server.address() as AddressInfo).port);
  process.on('disconnect', () => process.exit());
};

const allLines = (): Buffer => {
  const { buffer, buffers, observer } = oneBuffer(TARGET);
  const convert = createConverter({
    mapping: mappingFrom(DATA.typical.declaration, parseMapping),
    converter: 'line',
    decode: { input: 'auto', messageBytesMax: 1e9 },
    target: TARGET,
  });
  for (const [index, reading] of readings(LINES).entries()) {
    const decoded = convert.decode(messageOf(JSON.stringify(reading), index), index);
    for (const _batch of convert.convert(decoded, buffers, observer)) throw new Error('The buffer has no limit.');
  }
  return Buffer.from(buffer.flush(UNLIMITED).body);
};

/** Returns bodies of this size. Each begins at another place, so that no two requests send the same bytes. */
const bodiesOf = (lines: Buffer, bytes: number, count: number): readonly Buffer[] =>
  Array.from({ length: count }, (_, index) => {
    const from = (index * 7_919) % (lines.length - bytes);
    return lines.subarray(from, from + bytes);
  });

const post = async (pool: Pool, body: Uint8Array, isPacked: boolean): Promise<void> => {
  const headers = { 'content-type': 'text/plain', ...(isPacked ? { 'content-encoding': 'gzip' } : {}) };
  const response = await pool.request({ method: 'POST', path: '/write?db=db', headers, body });
  await response.body.text();
};

/** Figures of one kind of compression: microseconds of the processor and of the clock per request, and bytes. */
interface Figures {
  readonly cpu: number[];
  readonly wall: number[];
  bytes: number;
}

const measure = async (pool: Pool, bodies: readonly Buffer[], name: string, figures: Figures): Promise<void> => {
  const compress = KINDS[name] as Compress;
  const [cpu, started] = [process.cpuUsage(), performance.now()];
  let bytes = 0;
  for (const body of bodies) {
    const packed = await compress(body);
    bytes += packed.length;
    await post(pool, packed, name !== 'none');
  }
  const { user, system } = process.cpuUsage(cpu);
  figures.cpu.push((user + system) / bodies.length);
  figures.wall.push(((performance.now() - started) * 1_000) / bodies.length);
  figures.bytes = bytes / bodies.length;
};

const row = (bytes: number, name: string, own: Figures, none: Figures): string => {
  const { median, min, max } = spreadOf(own.cpu.map((us, round) => us - (none.cpu[round] as number)));
  const saved = none.bytes - own.bytes;
  return [
    String(bytes).padStart(8),
    name.padEnd(15),
    spreadOf(own.cpu).median.toFixed(0).padStart(8),
    spreadOf(own.wall).median.toFixed(0).padStart(8),
    own.bytes.toFixed(0).padStart(9),
    name === 'none' ? '' : `${median.toFixed(0)} (${min.toFixed(0)} to ${max.toFixed(0)})`.padStart(22),
    name === 'none' ? '' : ((1_000 * median) / saved).toFixed(1).padStart(8),
  ].join(' ');
};

const run = async (): Promise<void> => {
  const server = fork(fileURLToPath(import.meta.url), ['server']);
  const [port] = await once(server, 'message');
  const pool = new Pool(`http://127.0.0.1:${port}`);
  const lines = allLines();
  console.log(`Node ${process.version}, ${ROUNDS} rounds; median (lowest to highest)`);
  console.log('   bytes kind              CPU us  wall us      sent    CPU us added to none  ns per byte saved');
  for (const bytes of SIZES) {
    const bodies = bodiesOf(lines, bytes, requestsFor(bytes));
    const figures = new Map(
      Object.keys(KINDS).map((name): [string, Figures] => [name, { cpu: [], wall: [], bytes: 0 }]),
    );
    for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
      const names = [...figures.keys()];
      for (const turn of names.keys()) {
        const name = names[(turn + round + WARM_UP_ROUNDS) % names.length] as string;
        await measure(pool, bodies, name, figures.get(name) as Figures);
      }
      if (round === -1) for (const { cpu, wall } of figures.values()) cpu.length = wall.length = 0;
    }
    for (const [name, own] of figures) console.log(row(bytes, name, own, figures.get('none') as Figures));
  }
  await pool.close();
  server.disconnect();
};

await (process.argv[2] === 'server' ? serve() : run());
