/**
 * `npm run bench`: converts message bodies to line protocol, with the sink's converters and with common alternatives.
 */

import { Point } from '@influxdata/influxdb-client';
import { createConverter } from '../src/sink/convert/converter.ts';
import { UNLIMITED } from '../src/sink/lines/batch.ts';
import type { Mapping } from '../src/sink/mapping/mapping.ts';
import { bodyOf, builderFor, mappingFor, type Reading, readings, VARIANTS, type Variant } from './data.ts';
import { messageOf } from './message.ts';
import { oneBuffer } from './one-buffer.ts';
import { type Candidate, ratioOf, type Spread, spreadOf, type Timing, timeInRounds } from './rounds.ts';

const MESSAGES = 5_000;
const ROUNDS = 15;
/** Messages that an invocation decodes at a time. */
const CHUNK = 32;
const TARGET = { database: 'db', retentionPolicy: undefined };

let sink = 0; // Depends on all results, so that the work is not optimized away.

const ours = (
  name: string,
  bodies: readonly string[],
  mapping: Mapping | undefined,
  converter: 'line' | 'point',
): Candidate => {
  const messages = bodies.map(messageOf);
  const convert = createConverter({
    mapping,
    converter,
    decode: { input: 'auto', messageBytesMax: 1e9 },
    target: TARGET,
  });
  const { buffer, buffers, observer } = oneBuffer(TARGET);
  return {
    name,
    run() {
      for (let first = 0; first < messages.length; first += CHUNK) {
        const chunk = messages.slice(first, first + CHUNK).map((message, i) => convert.decode(message, first + i));
        for (const decoded of chunk) for (const { lines } of convert.convert(decoded, buffers, observer)) sink += lines;
      }
      sink += buffer.length;
      buffer.flush(UNLIMITED);
    },
  };
};

/** Returns the flat reading of a body, as a handler with a client library would read it. */
const flat = (body: string, variant: Variant): Reading => {
  const event = JSON.parse(body);
  if (variant === 'canonical') return { ...event.tags, ...event.fields, ts: Number(event.timestamp.slice(0, -6)) };
  return variant === 'nested' ? { ...event.meta.source, ...event.meta.time, ...event.payload.data } : event;
};

const influxClient = (bodies: readonly string[], variant: Variant): Candidate => ({
  name: '@influxdata/influxdb-client',
  run() {
    const lines = bodies.map((body) => {
      const r = flat(body, variant);
      return new Point('telemetry')
        .tag('device', r.device)
        .tag('site', r.site)
        .tag('line', r.line)
        .tag('region', r.region)
        .floatField('temperature', r.temperature)
        .floatField('humidity', r.humidity)
        .floatField('pressure', r.pressure)
        .intField('count', r.count)
        .booleanField('ok', r.ok)
        .stringField('note', r.note)
        .timestamp(`${r.ts}000000`)
        .toLineProtocol();
    });
    sink += Buffer.from(lines.join('\n')).length;
  },
});

/** The simplest alternative. It has no escapes, so a line is wrong if a value contains a space or a quote. */
const template = (bodies: readonly string[], variant: Variant): Candidate => ({
  name: 'template without escapes',
  run() {
    const lines = bodies.map((body) => {
      const r = flat(body, variant);
      return `telemetry,device=${r.device},site=${r.site},line=${r.line},region=${r.region} temperature=${r.temperature},humidity=${r.humidity},pressure=${r.pressure},count=${r.count}i,ok=${r.ok},note="${r.note}" ${r.ts}000000`;
    });
    sink += Buffer.from(lines.join('\n')).length;
  },
});

const parseOnly = (bodies: readonly string[]): Candidate => ({
  name: 'JSON.parse alone',
  run() {
    for (const body of bodies) sink += JSON.parse(body) === null ? 1 : 0;
  },
});

const shown = ({ median, min, max }: Spread, digits = 1): string =>
  `${median.toFixed(digits)} (${min.toFixed(digits)} to ${max.toFixed(digits)})`;

const report = (variant: Variant, bodies: readonly string[], timings: readonly Timing[]): void => {
  const [parse, line, point, client, plain, builder] = timings as [Timing, Timing, Timing, Timing, Timing, Timing?];
  console.log(`\n${variant}, ${bodies[0]?.length} bytes per body, one event per message`);
  for (const timing of timings)
    console.log(`  ${timing.name.padEnd(30)}${shown(spreadOf(timing.rounds), 0).padStart(24)} ns per message`);
  console.log(`  body to line, client / ours           ${shown(ratioOf(client, line))}`);
  console.log(`  without parsing, client / ours        ${shown(ratioOf(client, line, parse))}`);
  console.log(`  without parsing, template / ours      ${shown(ratioOf(plain, line, parse))}`);
  console.log(`  without parsing, ours point / line    ${shown(ratioOf(point, line, parse))}`);
  console.log(`  ours / JSON.parse alone               ${shown(ratioOf(line, parse), 2)}`);
  if (builder !== undefined) console.log(`  ours, lineConverter / mapping         ${shown(ratioOf(builder, line), 2)}`);
};

console.log(`Node ${process.version}, ${MESSAGES} messages, ${ROUNDS} rounds; median (lowest to highest)`);
for (const variant of VARIANTS) {
  const bodies = readings(MESSAGES, variant === 'full doubles').map((reading) => bodyOf(reading, variant));
  const builder = builderFor(variant);
  const candidates = [
    parseOnly(bodies),
    ours('ours', bodies, mappingFor(variant), 'line'),
    ours('ours, point converter', bodies, mappingFor(variant), 'point'),
    influxClient(bodies, variant),
    template(bodies, variant),
    ...(builder === undefined ? [] : [ours('ours, lineConverter', bodies, builder, 'line')]),
  ];
  report(variant, bodies, timeInRounds(candidates, MESSAGES, ROUNDS));
}
if (sink === 0) throw new Error('Nothing was done');
