/** The handlers that are compared: that of the sink, and those that the documentation of other libraries shows. */

import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { context } from '../../test/lambda/context.ts';
import { influxdbPoint } from '../conversion/peers.ts';
import { dataSet } from '../data.ts';
import { Unsupported } from '../turns/contestant.ts';
import { dataOf, type EventSize, readingsIn } from './event.ts';

/** Processes one SQS event. */
export type Invoke = (event: SQSEvent) => Promise<unknown>;

const REMAINING_MS = 30_000;

const assertSettled = ({ batchItemFailures }: SQSBatchResponse): void => {
  if (batchItemFailures.length > 0) throw new Error(`${batchItemFailures.length} messages were returned.`);
};

/**
 * Returns the handler of the sink as a template deploys it, without a state table.
 *
 * @param gzip - Value of `OPENGEMINI_GZIP`. Undefined: not set.
 * @throws {Unsupported} If the configuration of this version does not have that variable, or refuses its value.
 */
export const ours = async (size: EventSize, url: string, gzip: 'on' | 'off' | undefined): Promise<Invoke> => {
  const { readConfig } = await import('../../src/config/config.ts');
  const { composeIngestHandler } = await import('../../src/lambda/ingest.ts');
  const variables = {
    OPENGEMINI_URL: url,
    OPENGEMINI_DATABASE: 'bench',
    SINK_MAPPING: JSON.stringify(dataSet(dataOf(size)).declaration),
    ...(gzip === undefined ? {} : { OPENGEMINI_GZIP: gzip }),
  };
  try {
    readConfig(variables);
  } catch (error) {
    const { message } = error as Error;
    if (gzip === undefined || !message.includes('OPENGEMINI_GZIP')) throw error;
    throw new Unsupported(`The configuration of this version refuses OPENGEMINI_GZIP=${gzip}.`);
  }
  const handler = composeIngestHandler({ variables });
  return async (event) => assertSettled(await handler(event, context(REMAINING_MS)));
};

const post = async (url: string, body: string): Promise<void> => {
  const { status } = await fetch(`${url}/write?db=bench`, { method: 'POST', body });
  if (status !== 204) throw new Error(`The server responded with ${status}.`);
};

/**
 * Returns a handler with the batch processor of Powertools, and with points of `@influxdata/influxdb-client`.
 *
 * @param perRecord - Whether each record is written in its own request, so that it can fail alone. Otherwise the batch
 *   is one request.
 */
export const powertools = async (url: string, perRecord: boolean): Promise<Invoke> => {
  const { BatchProcessor, EventType, processPartialResponse } = await import('@aws-lambda-powertools/batch');
  const { Point } = await import('@influxdata/influxdb-client');
  const processor = new BatchProcessor(EventType.SQS);
  return async (event) => {
    const lines: string[] = [];
    const handleRecord = async ({ body }: SQSRecord): Promise<void> => {
      const own = readingsIn(JSON.parse(body)).map((reading) => influxdbPoint(Point, reading));
      if (perRecord) await post(url, own.join('\n'));
      else lines.push(...own);
    };
    assertSettled(await processPartialResponse(event, handleRecord, processor, { context: context(REMAINING_MS) }));
    if (!perRecord) await post(url, lines.join('\n'));
  };
};
