/** A converter that makes one point of each sensor of an event, and none of an event without sensors. */

import type { PointConverter } from 'opengemini-sqs-sink';
import { convertBodies } from 'opengemini-sqs-sink/testing';

interface Report {
  readonly station: string;
  readonly sensors: Readonly<Record<string, { readonly value: number; readonly samples: number }>>;
}

export const converter: PointConverter<Report> = {
  toPoints: ({ station, sensors }) =>
    Object.entries(sensors).map(([sensor, { value, samples }]) => ({
      measurement: 'report',
      tags: { station, sensor },
      // A bigint becomes an integer.
      fields: { value, samples: BigInt(samples) },
    })),
};

const report = { station: 'north', sensors: { wind: { value: 4.5, samples: 10 }, rain: { value: 0, samples: 2 } } };
const { lines, counters } = convertBodies([report, { station: 'south', sensors: {} }], { extensions: { converter } });
for (const { text } of lines) console.log(text.replace(/ \d+$/, ''));
console.log(`${counters.events} events, ${counters.lines} lines, ${counters.dropped} dropped`);
