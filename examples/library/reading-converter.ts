/** A typed converter for events with nested members, and its result for one event. */

import { lineConverter } from 'opengemini-sqs-sink';
import { convertBodies } from 'opengemini-sqs-sink/testing';

interface Reading {
  readonly device: { readonly id: string; readonly site?: string };
  readonly temperature: number;
  readonly count?: number;
  readonly at: string;
}

export const converter = lineConverter<Reading>('telemetry')
  .tag('device', (reading) => reading.device.id)
  .tag('site', (reading) => reading.device.site, { default: 'unknown' })
  .float('temperature', (reading) => reading.temperature)
  .integer('count', (reading) => reading.count)
  .timestamp((reading) => reading.at, 'iso8601');

const { lines, refusals } = convertBodies(
  [
    { device: { id: 'a-1' }, temperature: 21.5, count: 3, at: '2026-05-28T20:26:40Z' },
    { temperature: 22, at: '2026-05-28T20:26:41Z' },
  ],
  { extensions: { converter } },
);
for (const { text } of lines) console.log(text);
// Without the place in the code, which depends on the folder.
for (const { code, detail } of refusals) console.log(`${code}: ${detail.replace(/ \([^()]*\)$/, '')}`);
