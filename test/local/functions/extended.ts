/** An ingest function with every extension, for tests of the whole system. */

import { createIngestHandler, lineConverter, setting } from '../../../src/index.ts';

/** A packet of a device: `device|temperature@ms|temperature@ms`. */
interface Packet {
  readonly device: string;
  readonly temperature: number;
  readonly at: number;
}

/** Ends the invocation only by its time limit. */
const block = (): never => {
  for (;;);
};

export const handler = createIngestHandler({
  settings: { SITE: setting.required(setting.text('Site of all devices.')) },
  decode: (body) => {
    const [device = '', ...readings] = body.split('|');
    return readings.map((reading) => {
      const [temperature, at] = reading.split('@').map(Number);
      return { device, temperature, at };
    });
  },
  transform: (packet: Packet) => {
    if (packet.device === 'blocks') block();
    if (packet.temperature === -999) throw new RangeError('the sensor is broken');
    return packet;
  },
  extend: ({ SITE }) => ({
    converter: lineConverter<Packet>('telemetry')
      .tag('device', ({ device }) => device)
      .tag('site', () => SITE)
      .float('temperature', ({ temperature }) => temperature)
      .timestamp(({ at }) => at, 'ms'),
  }),
  shouldFlush: ({ lines }) => lines >= 2,
  metrics: (report, metrics) => {
    if (report.function === 'ingest') metrics.add('packetsWritten', report.eventsWritten);
  },
  onRefused: ({ reason, detail }) => {
    console.log(JSON.stringify({ routed: reason, detail }));
  },
});
await handler.load();
