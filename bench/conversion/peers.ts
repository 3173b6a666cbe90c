/** Client libraries and a template as contestants. Each writes the points of readings as its documentation shows. */

import type { Reading } from '../readings.ts';

/** Writes the lines of readings, joined by line breaks. */
export type WriteLines = (readings: readonly Reading[]) => Uint8Array;

/** An alternative to the converter of the sink. */
export interface Peer {
  /** As the report names it. */
  readonly title: string;
  /** How its lines differ from those of the sink. Undefined if every point is the same. */
  readonly differs?: string;
  /** Loads the library. Only its own process does, so that no other contestant shares its objects and code. */
  readonly load: () => Promise<WriteLines>;
}

const joined = (lines: readonly string[]): Uint8Array => Buffer.from(lines.join('\n'));

type InfluxdbPoint = typeof import('@influxdata/influxdb-client').Point;

/** Returns the line of a reading. The class is passed in, so that only the process that uses the library loads it. */
export const influxdbPoint = (Point: InfluxdbPoint, r: Reading): string =>
  new Point('telemetry')
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
    .toLineProtocol() as string;

const influxdbClient = async (): Promise<WriteLines> => {
  const { Point } = await import('@influxdata/influxdb-client');
  return (readings) => joined(readings.map((reading) => influxdbPoint(Point, reading)));
};

const influxdb3Client = async (): Promise<WriteLines> => {
  const { Point } = await import('@influxdata/influxdb3-client');
  return (readings) =>
    joined(
      readings.map(
        (r) =>
          Point.measurement('telemetry')
            .setTag('device', r.device)
            .setTag('site', r.site)
            .setTag('line', r.line)
            .setTag('region', r.region)
            .setFloatField('temperature', r.temperature)
            .setFloatField('humidity', r.humidity)
            .setFloatField('pressure', r.pressure)
            .setIntegerField('count', r.count)
            .setBooleanField('ok', r.ok)
            .setStringField('note', r.note)
            .setTimestamp(`${r.ts}000000`)
            .toLineProtocol() as string,
      ),
    );
};

/** The pool of connections of node-influx, which receives each request. */
interface InfluxPool {
  discard(request: { readonly body: string }): Promise<void>;
}

/** Measures `writePoints` with a pool that keeps the body, because the library does not export its encoder. */
const influx = async (): Promise<WriteLines> => {
  const { FieldType, InfluxDB } = await import('influx');
  const { FLOAT, INTEGER, BOOLEAN, STRING } = FieldType;
  const client = new InfluxDB({
    host: '127.0.0.1',
    database: 'db',
    schema: [
      {
        measurement: 'telemetry',
        tags: ['device', 'line', 'region', 'site'],
        fields: { temperature: FLOAT, humidity: FLOAT, pressure: FLOAT, count: INTEGER, ok: BOOLEAN, note: STRING },
      },
    ],
  });
  let written = '';
  (client as unknown as { _pool: InfluxPool })._pool = {
    async discard({ body }) {
      written = body;
    },
  };
  return (readings) => {
    const points = readings.map(({ device, site, line, region, ts, ...fields }) => ({
      measurement: 'telemetry',
      tags: { device, line, region, site },
      fields,
      timestamp: `${ts}000000`,
    }));
    client.writePoints(points).catch((error) => {
      throw error;
    });
    return Buffer.from(written);
  };
};

/** Measures the buffer of the sender, in the version of its protocol that is text. */
const questdbClient = async (): Promise<WriteLines> => {
  const { SenderBufferV1, SenderOptions } = await import('@questdb/nodejs-client');
  const options = await SenderOptions.fromConfig('http::addr=127.0.0.1:1;protocol_version=1;max_buf_size=104857600');
  const buffer = new SenderBufferV1(options);
  return (readings) => {
    for (const r of readings)
      buffer
        .table('telemetry')
        .symbol('device', r.device)
        .symbol('site', r.site)
        .symbol('line', r.line)
        .symbol('region', r.region)
        .floatColumn('temperature', r.temperature)
        .floatColumn('humidity', r.humidity)
        .floatColumn('pressure', r.pressure)
        .intColumn('count', r.count)
        .booleanColumn('ok', r.ok)
        .stringColumn('note', r.note)
        .at(BigInt(r.ts) * 1_000_000n, 'ns');
    const lines = buffer.toBufferNew();
    buffer.reset();
    return lines ?? new Uint8Array();
  };
};

const template = async (): Promise<WriteLines> => (readings) =>
  joined(
    readings.map(
      (r) =>
        `telemetry,device=${r.device},line=${r.line},region=${r.region},site=${r.site} temperature=${r.temperature},humidity=${r.humidity},pressure=${r.pressure},count=${r.count}i,ok=${r.ok},note="${r.note}" ${r.ts}000000`,
    ),
  );

/** All peers, by the ends of their names in the JSON of `--json`. */
export const PEERS = {
  InfluxdbClient: { title: '@influxdata/influxdb-client', load: influxdbClient },
  Influxdb3Client: { title: '@influxdata/influxdb3-client', load: influxdb3Client },
  Influx: { title: 'influx (node-influx)', load: influx },
  QuestdbClient: { title: '@questdb/nodejs-client', load: questdbClient },
  Template: {
    title: 'template without escapes',
    differs: 'It writes values as they are, so its lines are wrong where a value needs an escape.',
    load: template,
  },
} as const satisfies Readonly<Record<string, Peer>>;

/** Name of a peer. */
export type PeerName = keyof typeof PEERS;
/** Names of all peers. */
export const PEER_NAMES = Object.keys(PEERS) as readonly PeerName[];
