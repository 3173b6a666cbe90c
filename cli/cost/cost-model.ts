/**
 * The costs of a sink in AWS as a pure function of its load. Every figure that is not an option is a named constant
 * here, and the command prints it as an assumption.
 */

import type { Prices } from './prices.ts';

/** Load of a sink. */
export interface Load {
  readonly eventsPerSecond: number;
  readonly eventsPerMessage: number;
  /** Bytes of one event in the body of a message. */
  readonly bytesPerEvent: number;
  /** Whether producers compress bodies (gzip in base64). */
  readonly gzip: boolean;
  readonly fifo: boolean;
  /** Messages per invocation on average; undefined for an estimate. */
  readonly messagesPerInvocation: number | undefined;
  /** Duration of an invocation in ms; undefined for an estimate. */
  readonly durationMs: number | undefined;
  readonly memoryMb: number;
  /** Whether the controller is on (`SINK_CONTROL`). */
  readonly control: boolean;
  /** Part of the events that are stored in the state table, from 0 to 1. */
  readonly checkpointed: number;
}

/** One item of the sum. */
export interface CostLine {
  readonly service: 'SQS' | 'Lambda' | 'DynamoDB' | 'Logs' | 'CloudWatch';
  readonly name: string;
  /** Quantity in the unit of its price. */
  readonly quantity: number;
  readonly unit: string;
  readonly usd: number;
}

/** Costs of a month, and the figures that they follow from. */
export interface Costs {
  readonly lines: readonly CostLine[];
  readonly usdPerMonth: number;
  readonly usdPerMillionEvents: number;
  readonly messages: number;
  readonly messageBytes: number;
  readonly invocations: number;
  readonly messagesPerInvocation: number;
  readonly durationMs: number;
  /** Instances that work at the same time. */
  readonly instances: number;
  /** Costs of the flush function while it waits for the server during an hour of an outage. Not part of the month. */
  readonly usdPerOutageHour: number;
}

/** Seconds of a month of 730 hours, as AWS counts them. */
export const MONTH_SECONDS = 730 * 3_600;
const MILLION = 1_000_000;
const KB = 1_024;

/** Payload of one paid request of SQS. */
const SQS_CHUNK_BYTES = 64 * KB;
/** Messages of a send, receive, or delete request. How the event source batches its receives is not documented. */
export const MESSAGES_PER_REQUEST = 10;
/** Largest message, and largest request of several messages. */
export const MESSAGE_BYTES_MAX = 1_024 * KB;
/** gzip makes telemetry a sixth, and base64 adds a third. */
export const GZIP_FACTOR = (1 / 6) * (4 / 3);
/** Receives of an idle queue: five pollers, three times per minute. */
const EMPTY_RECEIVES = 5 * 3 * (MONTH_SECONDS / 60);

/** Pollers of the event source, among which messages are divided, and the batching window of the template. */
export const POLLERS = 5;
export const WINDOW_SECONDS = 5;
/** Messages of an invocation, at most: of the template, and of a FIFO queue. */
const BATCH_MAX = 1_000;
const FIFO_BATCH_MAX = 10;
/** Bytes of an event of Lambda, and of the attributes of each message in it. */
const LAMBDA_EVENT_BYTES = 6_291_456;
const MESSAGE_OVERHEAD_BYTES = 1_000;
/** Growth of a JSON body by escapes in that event. */
const ESCAPED = 1.19;

/** Estimated duration of an invocation: a base and a part for each event. */
export const DURATION_BASE_MS = 40;
export const DURATION_EVENT_MS = 0.018;

/** Log of one invocation or run. */
export const LOG_BYTES = 1_500;

/** Runs of the flush function in a month, and the costs of one run without a backlog. */
const FLUSH_RUNS = MONTH_SECONDS / 60;
export const FLUSH_RUN = { durationMs: 100, writes: 2, reads: 17.5 } as const;

/** Part of an outage in which a run of the flush function waits for the server, and the interval of its passes. */
const WAITING_PART = 58 / 60;
const PASS_SECONDS = 4;

/** Epochs of the controller in a month, and instances that report in each, at most. */
const EPOCH_SECONDS = 2;
const REPORTS_MAX = 64;
/** Interval of reads by one instance, and read units of one read and of one step. */
const READ_SECONDS = 1.5;
const SHARED_READ_UNITS = 0.5;

/** Stored lines are packed to this part. A segment of N KB costs 2 N + 2 writes and N / 4 reads. */
export const PACKED_PART = 1 / 7;
const SEGMENT_KB = 350;

/** Custom metrics, at most, and alarms of the template. */
export const METRICS = 40;
export const ALARMS = 15;

/** Returns the bytes of a message's body. */
export const messageBytesOf = ({ eventsPerMessage, bytesPerEvent, gzip }: Load): number =>
  Math.ceil(eventsPerMessage * bytesPerEvent * (gzip ? GZIP_FACTOR : 1));

/** Returns the costs of a load in a month. */
export const costsOf = (load: Load, prices: Prices): Costs => {
  const events = load.eventsPerSecond * MONTH_SECONDS;
  const messages = events / load.eventsPerMessage;
  const messageBytes = messageBytesOf(load);
  const messagesPerInvocation = load.messagesPerInvocation ?? estimatedBatch(load, messageBytes);
  const invocations = messages / messagesPerInvocation;
  const durationMs =
    load.durationMs ?? DURATION_BASE_MS + DURATION_EVENT_MS * messagesPerInvocation * load.eventsPerMessage;
  const instances = Math.max(1, Math.ceil((invocations / MONTH_SECONDS) * (durationMs / 1_000)));
  const lines = [
    ...queueLines(load, messages, messageBytes, prices),
    ...functionLines(load, invocations, durationMs, prices),
    ...tableLines(load, { events, invocations, instances }, prices),
    line('Logs', 'logs', ((invocations + FLUSH_RUNS) * LOG_BYTES) / 1e9, 'GB', prices.logsGb),
    line('CloudWatch', 'custom metrics', METRICS, 'metrics', prices.metricMonth),
    line('CloudWatch', 'alarms', ALARMS, 'alarms', prices.alarmMonth),
  ];
  const usdPerMonth = lines.reduce((sum, { usd }) => sum + usd, 0);
  return {
    lines,
    usdPerMonth,
    usdPerMillionEvents: (usdPerMonth / events) * MILLION,
    messages,
    messageBytes,
    invocations,
    messagesPerInvocation,
    durationMs,
    instances,
    usdPerOutageHour: outageHour(load, prices),
  };
};

const outageHour = ({ memoryMb }: Load, prices: Prices): number => {
  const gbSeconds = 3_600 * WAITING_PART * (memoryMb / KB);
  const reads = (3_600 / PASS_SECONDS) * FLUSH_RUN.reads;
  return gbSeconds * prices.lambdaGbSecond + (reads / MILLION) * prices.dynamodbMillionReads;
};

const line = (service: CostLine['service'], name: string, quantity: number, unit: string, price: number): CostLine => ({
  service,
  name,
  quantity,
  unit,
  usd: quantity * price,
});

/** Returns the messages that a poller collects in the batching window, as far as they fit into an event. */
const estimatedBatch = ({ eventsPerSecond, eventsPerMessage, fifo }: Load, messageBytes: number): number => {
  const perPoller = ((eventsPerSecond / eventsPerMessage) * WINDOW_SECONDS) / POLLERS;
  const fitting = Math.floor(LAMBDA_EVENT_BYTES / (messageBytes * ESCAPED + MESSAGE_OVERHEAD_BYTES));
  return Math.max(1, Math.min(fifo ? FIFO_BATCH_MAX : BATCH_MAX, fitting, Math.floor(perPoller)));
};

const queueLines = ({ fifo }: Load, messages: number, messageBytes: number, prices: Prices): readonly CostLine[] => {
  const price = fifo ? prices.sqsFifoMillionRequests : prices.sqsMillionRequests;
  const together = Math.max(1, Math.min(MESSAGES_PER_REQUEST, Math.floor(MESSAGE_BYTES_MAX / messageBytes)));
  const chunks = Math.max(1, Math.ceil((together * messageBytes) / SQS_CHUNK_BYTES));
  const withBody = ((messages / together) * chunks) / MILLION;
  const unit = 'million requests';
  return [
    line('SQS', 'sends', withBody, unit, price),
    line('SQS', 'receives', withBody, unit, price),
    line('SQS', 'deletes', messages / MESSAGES_PER_REQUEST / MILLION, unit, price),
    line('SQS', 'empty receives', EMPTY_RECEIVES / MILLION, unit, price),
  ];
};

const functionLines = (
  { memoryMb }: Load,
  invocations: number,
  durationMs: number,
  prices: Prices,
): readonly CostLine[] => {
  const gb = memoryMb / KB;
  const seconds = (invocations * durationMs) / 1_000;
  const flushSeconds = (FLUSH_RUNS * FLUSH_RUN.durationMs) / 1_000;
  return [
    line('Lambda', 'invocations', invocations / MILLION, 'million', prices.lambdaMillionRequests),
    line('Lambda', 'duration', seconds * gb, 'GB-seconds', prices.lambdaGbSecond),
    line('Lambda', 'flush function: invocations', FLUSH_RUNS / MILLION, 'million', prices.lambdaMillionRequests),
    line('Lambda', 'flush function: duration', flushSeconds * gb, 'GB-seconds', prices.lambdaGbSecond),
  ];
};

interface TableLoad {
  readonly events: number;
  readonly invocations: number;
  readonly instances: number;
}

const tableLines = (load: Load, { events, invocations, instances }: TableLoad, prices: Prices): readonly CostLine[] => {
  const perSecond = invocations / MONTH_SECONDS;
  const epochs = (MONTH_SECONDS / EPOCH_SECONDS) * Math.min(1, perSecond * EPOCH_SECONDS);
  const reads = Math.min(invocations, (instances * MONTH_SECONDS) / READ_SECONDS);
  const packedKb = (events * load.checkpointed * load.bytesPerEvent * PACKED_PART) / KB;
  const segments = packedKb / SEGMENT_KB;
  const write = (name: string, units: number): CostLine =>
    line('DynamoDB', name, units / MILLION, 'million write units', prices.dynamodbMillionWrites);
  const read = (name: string, units: number): CostLine =>
    line('DynamoDB', name, units / MILLION, 'million read units', prices.dynamodbMillionReads);
  const stored = [write('checkpoint: writes', 2 * (packedKb + segments)), read('checkpoint: reads', packedKb / 4)];
  const controller = [
    write('controller: reports and steps', epochs * (Math.min(instances, REPORTS_MAX) + 1)),
    read('controller: steps', epochs * SHARED_READ_UNITS),
  ];
  return [
    ...(load.control ? controller : []),
    read('shared state', reads * SHARED_READ_UNITS),
    write('flush function: writes', FLUSH_RUNS * FLUSH_RUN.writes),
    read('flush function: reads', FLUSH_RUNS * FLUSH_RUN.reads),
    ...(load.checkpointed > 0 ? stored : []),
  ];
};
