/** Bodies as producers send them. All are different, so that a cache of numbers or strings gives no advantage. */

import { type Random, randomFrom } from '../local/workload/random.ts';
import { lineConverter } from '../src/sink/mapping/line-converter.ts';
import type { Mapping } from '../src/sink/mapping/mapping.ts';
import { parseMapping } from '../src/sink/mapping/parse-mapping.ts';

/** Kinds of bodies. */
export const VARIANTS = ['typical', 'full doubles', 'nested', 'canonical', 'other fields'] as const;
/** Kind of a body. */
export type Variant = (typeof VARIANTS)[number];

/** Values of one event. */
export interface Reading {
  readonly device: string;
  readonly site: string;
  readonly line: string;
  readonly region: string;
  readonly temperature: number;
  readonly humidity: number;
  readonly pressure: number;
  readonly count: number;
  readonly ok: boolean;
  readonly note: string;
  readonly ts: number;
}

const places = (random: Random, digits: number, scale: number): number =>
  Number((random.next() * scale).toFixed(digits));

/**
 * Generates readings, the same in every run.
 *
 * @param full - Whether floats have all digits of a double.
 */
export const readings = (count: number, full: boolean): Reading[] => {
  const random = randomFrom(42);
  return Array.from({ length: count }, (_, i) => ({
    device: `device-${random.below(1_000)}`,
    site: `plant ${random.below(20)}`,
    line: `line-${random.below(9)}`,
    region: 'eu-central-1',
    temperature: full ? random.next() * 100 : places(random, 2, 100),
    humidity: full ? random.next() * 100 : places(random, 3, 100),
    pressure: full ? 1_000 + random.next() * 50 : Number((1_000 + random.next() * 50).toFixed(4)),
    count: random.below(100_000),
    ok: random.below(2) === 0,
    note: random.below(2) === 0 ? `state "ok" no ${i}` : `path C:\\data\\${i}`,
    ts: 1_780_000_000_000 + i,
  }));
};

/** Returns the body of a reading. */
export const bodyOf = (reading: Reading, variant: Variant): string => {
  if (variant === 'canonical') return canonicalOf(reading);
  if (variant !== 'nested') return JSON.stringify(reading);
  const { device, site, line, region, ts, note, ok, count, ...measured } = reading;
  return JSON.stringify({
    meta: { source: { device, site, line, region }, time: { ts } },
    payload: { data: { ...measured, count, ok, note } },
  });
};

const canonicalOf = ({ device, site, line, region, ts, ...fields }: Reading): string =>
  JSON.stringify({
    measurement: 'telemetry',
    tags: { device, site, line, region },
    fields,
    integers: ['count'],
    timestamp: `${ts}000000`,
  });

/** Returns the mapping for a kind of bodies. Undefined for canonical events, which need none. */
export const mappingFor = (variant: Variant): Mapping | undefined => {
  if (variant === 'canonical') return undefined;
  const tag = variant === 'nested' ? 'meta.source.' : '';
  const field = variant === 'nested' ? 'payload.data.' : '';
  const read = parseMapping({
    version: 1,
    measurement: 'telemetry',
    timestamp: variant === 'nested' ? 'meta.time.ts' : 'ts',
    tags: Object.fromEntries(['device', 'site', 'line', 'region'].map((name) => [name, tag + name])),
    otherFields: variant === 'other fields' ? 'include' : 'ignore',
    fields: {
      ...(variant === 'other fields'
        ? {}
        : { temperature: `${field}temperature`, humidity: `${field}humidity`, pressure: `${field}pressure` }),
      count: { path: `${field}count`, type: 'integer' },
      ok: { path: `${field}ok`, type: 'boolean' },
      note: { path: `${field}note`, type: 'string' },
    },
  });
  if ('faults' in read) throw new Error(read.faults.join('\n'));
  return read.mapping;
};

/** A body of the kind `nested`. */
interface Nested {
  readonly meta: {
    readonly source: Pick<Reading, 'device' | 'site' | 'line' | 'region'>;
    readonly time: Pick<Reading, 'ts'>;
  };
  readonly payload: { readonly data: Omit<Reading, 'device' | 'site' | 'line' | 'region' | 'ts'> };
}

/** Returns the typed builder that stands for `mappingFor`. Undefined for kinds that need no mapping, or a wildcard. */
export const builderFor = (variant: Variant): Mapping | undefined => {
  if (variant === 'canonical' || variant === 'other fields') return undefined;
  if (variant !== 'nested')
    return lineConverter<Reading>('telemetry')
      .tag('device', (r) => r.device)
      .tag('site', (r) => r.site)
      .tag('line', (r) => r.line)
      .tag('region', (r) => r.region)
      .float('temperature', (r) => r.temperature)
      .float('humidity', (r) => r.humidity)
      .float('pressure', (r) => r.pressure)
      .integer('count', (r) => r.count)
      .boolean('ok', (r) => r.ok)
      .string('note', (r) => r.note)
      .timestamp((r) => r.ts, 'ms').mapping;
  return lineConverter<Nested>('telemetry')
    .tag('device', (r) => r.meta.source.device)
    .tag('site', (r) => r.meta.source.site)
    .tag('line', (r) => r.meta.source.line)
    .tag('region', (r) => r.meta.source.region)
    .float('temperature', (r) => r.payload.data.temperature)
    .float('humidity', (r) => r.payload.data.humidity)
    .float('pressure', (r) => r.payload.data.pressure)
    .integer('count', (r) => r.payload.data.count)
    .boolean('ok', (r) => r.payload.data.ok)
    .string('note', (r) => r.payload.data.note)
    .timestamp((r) => r.meta.time.ts, 'ms').mapping;
};
