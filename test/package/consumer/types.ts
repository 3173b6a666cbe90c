/** Type-checked only, in the consumer of `installed.test.ts`: types of the library are neither missing nor `any`. */

import {
  createConverter,
  createFlushHandler,
  createIngestHandler,
  lineConverter,
  type Outcome,
  type PointConverter,
  parseMapping,
  readConfig,
  type SinkExtensions,
  setting,
  type Writer,
} from 'opengemini-sqs-sink';
import { buildMessage, convertBodies, convertMessages } from 'opengemini-sqs-sink/testing';

/** A writer of a user. */
export const writer: Writer = { write: async (): Promise<Outcome> => ({ kind: 'written' }) };
convertBodies([], readConfig({}));

// @ts-expect-error An outcome is an object.
export const wrongWriter: Writer = { write: async () => 'written' };

// @ts-expect-error A mapping is parsed first.
convertMessages([buildMessage({})], { mapping: { version: 1 } });
// @ts-expect-error A converter needs options.
createConverter();
// @ts-expect-error The result is a mapping or faults.
parseMapping({}).mapping;
// @ts-expect-error The first parameter is an SQS event.
createIngestHandler()('event', {});
// @ts-expect-error The package does not export its files.
export type Internal = typeof import('opengemini-sqs-sink/dist/lib/src/sink/sink.js');

interface Reading {
  readonly device: { readonly id: string };
  readonly temperature: number;
  readonly note: string | null;
  readonly ok: boolean;
  readonly at: Date;
}

const telemetry = lineConverter<Reading>('telemetry')
  .tag('device', (reading) => reading.device.id)
  .float('temperature', ({ temperature }) => temperature)
  .string('note', ({ note }) => note)
  .timestamp(({ at }) => at);

// @ts-expect-error A reading has no such member.
telemetry.tag('site', (reading) => reading.device.site);
// @ts-expect-error A tag is a scalar.
telemetry.tag('device', (reading) => reading.device);
// @ts-expect-error A float is a number.
telemetry.float('note', ({ note }) => note);
// @ts-expect-error An integer is a number.
telemetry.integer('ok', ({ ok }) => ok);
// @ts-expect-error A boolean is no number.
telemetry.boolean('temperature', ({ temperature }) => temperature);
// @ts-expect-error A string is no number.
telemetry.string('temperature', ({ temperature }) => temperature);
// @ts-expect-error A number needs a precision.
telemetry.timestamp(({ temperature }) => temperature);
// @ts-expect-error There is no such precision.
telemetry.timestamp(({ temperature }) => temperature, 'minutes');
// @ts-expect-error RFC 3339 is text.
telemetry.timestamp(({ temperature }) => temperature, 'iso8601');
// @ts-expect-error A measurement is text.
lineConverter<Reading>(({ temperature }) => temperature);
// @ts-expect-error A function is synchronous.
telemetry.float('late', async ({ temperature }) => temperature);

export const points: PointConverter<Reading> = {
  toPoints: ({ temperature }) => [{ measurement: 'm', fields: { temperature, count: 1n } }],
};
export const wrongPoints: PointConverter<Reading> = {
  // @ts-expect-error A point has fields.
  toPoints: () => ({ measurement: 'm' }),
};

export const extensions: SinkExtensions = {
  converter: telemetry,
  transform: (reading: Reading) => ({ ...reading, temperature: reading.temperature + 1 }),
  onRefused: async ({ reason }) => console.log(reason === 'converter-error'),
  // @ts-expect-error There is no such unit.
  metrics: (_report, metrics) => metrics.add('n', 1, 'Meters'),
};
createFlushHandler(extensions);

createIngestHandler({
  settings: { SITE: setting.required(setting.text('Site.')), LEVEL: setting.choice('Level.', ['low', 'high']) },
  extend: ({ SITE, LEVEL }) => {
    const site: string = SITE;
    const level: 'low' | 'high' = LEVEL;
    // @ts-expect-error There is no such level.
    const wrong: 'middle' = LEVEL;
    return { converter: telemetry.tag('site', () => `${site}${level}${wrong}`) };
  },
});
createIngestHandler({
  settings: { NOTE: setting.text('Note.') },
  // @ts-expect-error A setting without a default may be undefined.
  extend: ({ NOTE }) => ({ converter: telemetry.tag('note', () => NOTE.length) }),
});
// @ts-expect-error A decoder is a function.
createIngestHandler({ decode: 'json' });
// @ts-expect-error There is no such option.
createIngestHandler({ convertor: telemetry });
