/** `cost`: calculates the costs of a sink in AWS from its load. It sends no request. */

import { readFileSync } from 'node:fs';
import { costsOf, type Load, MESSAGE_BYTES_MAX, messageBytesOf } from './cost/cost-model.ts';
import { assumptionLines, assumptionsOf, costLines } from './cost/cost-text.ts';
import { type Prices, parsePrices, pricesOf, REGION_DEFAULT } from './cost/prices.ts';
import { styled, widthOf } from './terminal.ts';
import { externalError, UsageError } from './usage-error.ts';

/** Options of one call. */
export interface CostOptions {
  readonly eventsPerSecond: number;
  readonly eventsPerMessage: number;
  readonly bytesPerEvent: number;
  readonly batchSize?: number;
  readonly memory: number;
  /** Duration of an invocation in ms. */
  readonly duration?: number;
  readonly gzip?: boolean;
  readonly fifo?: boolean;
  /** `--no-control` makes it false. */
  readonly control?: boolean;
  /** Percent of the events. */
  readonly checkpointed: number;
  readonly region?: string;
  readonly prices?: string;
  readonly json?: boolean;
}

/** Runs the command. */
export const cost = async (options: CostOptions): Promise<void> => {
  const load = loadOf(options);
  const prices = readPrices(options);
  const costs = costsOf(load, prices);
  const region = options.region ?? (options.prices === undefined ? REGION_DEFAULT : undefined);
  const width = widthOf(process.stdout);
  const text = options.json
    ? JSON.stringify({ region: region ?? null, prices, load, ...costs, assumptions: assumptionsOf(load, costs) })
    : [
        styled(
          'bold',
          `US dollars a month of 730 hours, ${region ?? options.prices}, prices of ${prices.asOf}`,
          process.stdout,
        ),
        '',
        ...costLines(costs),
        '',
        styled('bold', 'Assumptions', process.stdout),
        ...assumptionLines(load, costs, width),
      ].join('\n');
  process.stdout.write(`${text}\n`);
};

/** Returns the load. Throws a `UsageError` if SQS permits no such message. */
const loadOf = ({ batchSize, duration, memory, gzip, fifo, checkpointed, ...options }: CostOptions): Load => {
  const { eventsPerSecond, eventsPerMessage, bytesPerEvent, control } = options;
  const load: Load = {
    eventsPerSecond,
    eventsPerMessage,
    bytesPerEvent,
    gzip: gzip === true,
    fifo: fifo === true,
    messagesPerInvocation: batchSize,
    durationMs: duration,
    memoryMb: memory,
    control: control !== false,
    checkpointed: checkpointed / 100,
  };
  const bytes = messageBytesOf(load);
  if (bytes <= MESSAGE_BYTES_MAX) return load;
  throw new UsageError(
    `A message would have ${bytes} bytes, and SQS permits ${MESSAGE_BYTES_MAX}. Lower --events-per-message or --bytes-per-event.`,
  );
};

const readPrices = ({ prices: file, region }: CostOptions): Prices => {
  if (file === undefined) return pricesOf(region ?? REGION_DEFAULT);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw externalError('The file of --prices cannot be read', error);
  }
  return parsePrices(text, file);
};
