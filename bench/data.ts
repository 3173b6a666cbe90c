/**
 * Data sets of `npm run bench`: bodies as producers send them, the mapping that converts them, and the way in which the
 * handler of a client library reads them.
 */

import type { LineConverterBuilder } from '../src/sink/mapping/line-converter.ts';
import type { Mapping } from '../src/sink/mapping/mapping.ts';
import type { parseMapping } from '../src/sink/mapping/parse-mapping.ts';
import { OTLP_POINTS, otlpRequests } from './otlp.ts';
import { FLOATS, nonLatinReadings, type Reading, readings, readingsWithLongNotes, TAGS } from './readings.ts';

/** Bodies with one mapping. */
export interface DataSet {
  /** As the report names it. */
  readonly title: string;
  readonly eventsPerBody: number;
  /** Generates the parsed bodies, the same in every run. */
  readonly bodies: (count: number) => readonly object[];
  /** Declaration of the mapping. Undefined for canonical events, which need none. */
  readonly declaration?: object;
  /** Typed builder that takes the place of the declaration. */
  readonly build?: (builder: LineConverterBuilder<Reading>) => LineConverterBuilder<Reading>;
  /**
   * Returns the reading in a parsed body, as the handler of a client library reads it. Undefined for data that the
   * libraries cannot convert without code that would be a converter of its own.
   */
  readonly read?: (event: never) => Reading;
}

/** Returns the declaration of the mapping of readings, with paths in front of the names. */
const declarationOf = (paths: { tag: string; field: string; time: string }, more: object = {}): object => ({
  version: 1,
  measurement: 'telemetry',
  timestamp: paths.time,
  tags: Object.fromEntries(TAGS.map((name) => [name, paths.tag + name])),
  otherFields: 'ignore',
  fields: {
    ...Object.fromEntries(FLOATS.map((name) => [name, paths.field + name])),
    count: { path: `${paths.field}count`, type: 'integer' },
    ok: { path: `${paths.field}ok`, type: 'boolean' },
    note: { path: `${paths.field}note`, type: 'string' },
  },
  ...more,
});

const FLAT = declarationOf({ tag: '', field: '', time: 'ts' });
const NESTED_PATHS = { tag: 'meta.source.', field: 'payload.data.', time: 'meta.time.ts' };

/** A body of the data set `nested`. */
interface Nested {
  readonly meta: {
    readonly source: Pick<Reading, 'device' | 'site' | 'line' | 'region'>;
    readonly time: Pick<Reading, 'ts'>;
  };
  readonly payload: { readonly data: Omit<Reading, 'device' | 'site' | 'line' | 'region' | 'ts'> };
}

const nested = ({ device, site, line, region, ts, note, ok, count, ...measured }: Reading): Nested => ({
  meta: { source: { device, site, line, region }, time: { ts } },
  payload: { data: { ...measured, count, ok, note } },
});

/** A body of the data set `canonical`. */
interface Canonical {
  readonly measurement: string;
  readonly tags: Nested['meta']['source'];
  readonly fields: Nested['payload']['data'];
  readonly integers: readonly string[];
  readonly timestamp: string;
}

const canonical = ({ device, site, line, region, ts, ...fields }: Reading): Canonical => ({
  measurement: 'telemetry',
  tags: { device, site, line, region },
  fields,
  integers: ['count'],
  timestamp: `${ts}000000`,
});

const asItIs = (event: Reading): Reading => event;

/** Returns the reading of an event in three parts. It names each member, because a spread would cost the peers time. */
const joined = (
  { device, site, line, region }: Nested['meta']['source'],
  { temperature, humidity, pressure, count, ok, note }: Nested['payload']['data'],
  ts: number,
): Reading => ({ device, site, line, region, temperature, humidity, pressure, count, ok, note, ts });

const EVENTS_PER_BODY = 20;

/** Bodies with 20 events of one device, as a gateway collects them. */
const gatewayBodies = (count: number): object[] => {
  const all = readings(count * EVENTS_PER_BODY);
  return Array.from({ length: count }, (_, index) => {
    const own = all.slice(index * EVENTS_PER_BODY, (index + 1) * EVENTS_PER_BODY);
    const { device, site, line, region } = own[0] as Reading;
    return {
      device,
      site,
      line,
      region,
      events: own.map(({ device: _d, site: _s, line: _l, region: _r, ...rest }) => rest),
    };
  });
};

const { fields: _fields, ...withoutFields } = declarationOf(NESTED_PATHS) as Record<string, unknown>;
const {
  temperature: _t,
  humidity: _h,
  pressure: _p,
  ...typedFields
} = (FLAT as { fields: Record<string, unknown> }).fields;

/** All data sets, by their names in the JSON of `--json`. */
export const DATA = {
  typical: { title: 'typical', eventsPerBody: 1, bodies: readings, declaration: FLAT, read: asItIs },
  fullDoubles: {
    title: 'full doubles',
    eventsPerBody: 1,
    bodies: (count) => readings(count, true),
    declaration: FLAT,
    read: asItIs,
  },
  nested: {
    title: 'nested',
    eventsPerBody: 1,
    bodies: (count) => readings(count).map(nested),
    declaration: declarationOf(NESTED_PATHS),
    read: ({ meta, payload }: Nested) => joined(meta.source, payload.data, meta.time.ts),
  },
  longStrings: {
    title: 'long strings',
    eventsPerBody: 1,
    bodies: (count) => readingsWithLongNotes(count, false),
    declaration: FLAT,
    read: asItIs,
  },
  longStringsEscaped: {
    title: 'long strings with escapes',
    eventsPerBody: 1,
    bodies: (count) => readingsWithLongNotes(count, true),
    declaration: FLAT,
    read: asItIs,
  },
  nonLatin: { title: 'non-Latin text', eventsPerBody: 1, bodies: nonLatinReadings, declaration: FLAT, read: asItIs },
  twentyEvents: {
    title: '20 events per message',
    eventsPerBody: EVENTS_PER_BODY,
    bodies: gatewayBodies,
    declaration: declarationOf({ tag: '$root.', field: '', time: 'ts' }, { events: 'events' }),
  },
  canonical: {
    title: 'canonical events',
    eventsPerBody: 1,
    bodies: (count) => readings(count).map(canonical),
    read: ({ tags, fields, timestamp }: Canonical) => joined(tags, fields, Number(timestamp.slice(0, -6))),
  },
  otherFields: {
    title: 'other fields',
    eventsPerBody: 1,
    bodies: readings,
    declaration: { ...FLAT, otherFields: 'include', fields: typedFields },
  },
  flatten: {
    title: '* with flatten',
    eventsPerBody: 1,
    bodies: (count) => readings(count).map(nested),
    declaration: { ...withoutFields, fields: { '*': { path: 'payload', flatten: '_' } } },
  },
  presetFourLevels: {
    title: 'preset otlp-metrics, four levels',
    eventsPerBody: OTLP_POINTS,
    bodies: otlpRequests,
    declaration: { version: 1, preset: 'otlp-metrics' },
  },
  builder: {
    title: 'typed builder, typical events',
    eventsPerBody: 1,
    bodies: readings,
    build: (builder) =>
      builder
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
        .timestamp((r) => r.ts, 'ms'),
  },
} as const satisfies Readonly<Record<string, DataSet>>;

/** Name of a data set. */
export type DataName = keyof typeof DATA;
/** Names of the data sets, in the order of the report. */
export const DATA_NAMES = Object.keys(DATA) as readonly DataName[];

/** Returns a data set by its name. */
export const dataSet = (name: DataName): DataSet => DATA[name];

/**
 * Returns the texts of bodies as Lambda delivers them. They are values of one JSON text that was parsed, so each is one
 * flat string. A string that was concatenated would have to be flattened first, in the time of the first reader.
 */
export const textsOf = (bodies: readonly object[]): string[] =>
  JSON.parse(JSON.stringify(bodies.map((body) => JSON.stringify(body))));

/**
 * Returns the mapping of a declaration. The parser is an argument, because the one of another commit parses its mappings.
 *
 * @throws An error that lists all faults of the declaration.
 */
export const mappingFrom = (declaration: object, parse: typeof parseMapping): Mapping => {
  const parsed = parse(declaration);
  if ('faults' in parsed) throw new Error(parsed.faults.join('\n'));
  return parsed.mapping;
};
