/** SQS events for the handler, as the Lambda runtime passes them: parsed from one JSON text. */

import type { SQSEvent } from 'aws-lambda';
import { type DataName, dataSet } from '../data.ts';
import type { Reading } from '../readings.ts';
import { sqsRecord } from '../sqs-record.ts';

/** Size of an SQS event. */
export interface EventSize {
  readonly messages: number;
  /** Events per message. */
  readonly events: 1 | 20;
}

/** Returns the name of a size in the JSON of `--json`, for example `1000x1`. */
export const sizeName = ({ messages, events }: EventSize): string => `${messages}x${events}`;

/** Returns the data set of the bodies. */
export const dataOf = ({ events }: EventSize): DataName => (events === 1 ? 'typical' : 'twentyEvents');

/** Of a parsed text, as in Lambda. */
const RECEIPT_HANDLE: string = JSON.parse(JSON.stringify('r'.repeat(400)));

/**
 * Returns different SQS events of one size. Their records share the receipt handle, because a heap with all of them
 * is much larger than in Lambda, where it contains one event.
 *
 * @param events - Number of distinct events in their messages, at least.
 */
export const sqsEvents = (size: EventSize, events: number): SQSEvent[] => {
  const count = Math.max(1, Math.ceil(events / (size.messages * size.events)));
  const records = dataSet(dataOf(size))
    .bodies(count * size.messages)
    .map((body, index) => sqsRecord(JSON.stringify(body), index));
  return Array.from({ length: count }, (_, index) => {
    const own = records.slice(index * size.messages, (index + 1) * size.messages);
    const { Records }: SQSEvent = JSON.parse(JSON.stringify({ Records: own }));
    return { Records: Records.map((one) => ({ ...one, receiptHandle: RECEIPT_HANDLE })) };
  });
};

/** A body with several events of one device. */
interface GatewayBody extends Pick<Reading, 'device' | 'site' | 'line' | 'region'> {
  readonly events: readonly Reading[];
}

/** Returns the readings in a parsed body. */
export const readingsIn = (body: Reading | GatewayBody): readonly Reading[] => {
  if (!('events' in body)) return [body];
  const { device, site, line, region, events } = body;
  return events.map(({ temperature, humidity, pressure, count, ok, note, ts }) => ({
    ...{ device, site, line, region },
    ...{ temperature, humidity, pressure, count, ok, note, ts },
  }));
};
