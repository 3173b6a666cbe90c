/** A Lambda function for devices that send binary packets: each reading is an id, a temperature, and a time in seconds. */

import { createIngestHandler, lineConverter, setting } from 'opengemini-sqs-sink';

interface Packet {
  readonly device: number;
  readonly centigrade: number;
  readonly seconds: number;
}

const PACKET_BYTES = 10;

const decode = (body: string): Packet[] => {
  const bytes = Buffer.from(body, 'base64');
  if (bytes.length % PACKET_BYTES !== 0)
    throw new RangeError(`a body of ${bytes.length} bytes has an incomplete packet`);
  return Array.from({ length: bytes.length / PACKET_BYTES }, (_, index) => {
    const at = index * PACKET_BYTES;
    return {
      device: bytes.readUInt32BE(at),
      centigrade: bytes.readInt16BE(at + 4) / 100,
      seconds: bytes.readUInt32BE(at + 6),
    };
  });
};

export const handler = createIngestHandler({
  settings: {
    SITE: setting.required(setting.text('Site of all devices.')),
    TEMPERATURE_OFFSET: setting.integer('Correction of all temperatures, in kelvin.', 0, -50, 50),
  },
  decode,
  extend: ({ SITE, TEMPERATURE_OFFSET }) => ({
    converter: lineConverter<Packet>('device')
      .tag('device', ({ device }) => device)
      .tag('site', () => SITE)
      .float('temperature', ({ centigrade }) => centigrade + TEMPERATURE_OFFSET)
      .timestamp(({ seconds }) => seconds, 's'),
  }),
  // A request for every 200 readings of one invocation, or earlier.
  shouldFlush: ({ lines }, defaultRule) => lines >= 200 || defaultRule(),
  metrics: (report, metrics) => {
    if (report.function === 'ingest') metrics.add('readingsWritten', report.eventsWritten);
  },
  onRefused: ({ reason, detail }) =>
    console.warn(JSON.stringify({ message: 'A reading was refused.', reason, detail })),
});

// Loads the AWS SDK in the init phase, which is faster than at the first event.
await handler.load();
