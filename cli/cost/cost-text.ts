/** Texts of `cost`: the items of the sum, and the assumptions. */

import { row } from '../terminal.ts';
import type { CostLine, Costs, Load } from './cost-model.ts';
import {
  ALARMS,
  DURATION_BASE_MS,
  DURATION_EVENT_MS,
  FLUSH_RUN,
  GZIP_FACTOR,
  LOG_BYTES,
  MESSAGES_PER_REQUEST,
  METRICS,
  PACKED_PART,
  POLLERS,
  WINDOW_SECONDS,
} from './cost-model.ts';

/** Returns dollars with two decimals, or with two digits if they are less than ten cents. */
export const dollars = (usd: number): string =>
  usd > 0 && usd < 0.1 ? String(Number(usd.toPrecision(2))) : usd.toFixed(2);

const NAME_COLUMN = 32;
const DOLLAR_COLUMN = 10;

const quantityText = ({ quantity, unit }: CostLine): string =>
  `${quantity >= 100 || Number.isInteger(quantity) ? Math.round(quantity) : Number(quantity.toPrecision(3))} ${unit}`;

/** Returns one line per item, a sum per service, and the totals. */
export const costLines = ({ lines, usdPerMonth, usdPerMillionEvents }: Costs): readonly string[] => [
  ...Object.entries(Object.groupBy(lines, ({ service }) => service)).flatMap(([service, items]) => [
    total(
      service,
      items.reduce((sum, { usd }) => sum + usd, 0),
    ),
    ...items.map((item) => entry(`  ${item.name}`, item.usd, quantityText(item))),
  ]),
  total('a month', usdPerMonth),
  total('a million events', usdPerMillionEvents),
];

const entry = (name: string, usd: number, text: string): string =>
  `${name.padEnd(NAME_COLUMN)}${dollars(usd).padStart(DOLLAR_COLUMN)}  ${text}`.trimEnd();

const total = (name: string, usd: number): string => entry(name, usd, '');

/** Returns the assumptions as sentences. */
export const assumptionsOf = (load: Load, costs: Costs): readonly string[] => [
  `A message has ${costs.messageBytes} bytes, and ${MESSAGES_PER_REQUEST} messages are sent, received, or deleted in one request.`,
  load.messagesPerInvocation === undefined
    ? `An invocation has ${costs.messagesPerInvocation} messages: what one of ${POLLERS} pollers collects in a window of ${WINDOW_SECONDS} s. Set --batch-size to the average that you measured.`
    : `An invocation has ${costs.messagesPerInvocation} messages on average.`,
  load.durationMs === undefined
    ? `An invocation takes ${Math.round(costs.durationMs)} ms: ${DURATION_BASE_MS} ms, and ${DURATION_EVENT_MS * 1_000} µs for each event. Set --duration to the average that you measured.`
    : `An invocation takes ${costs.durationMs} ms.`,
  ...(load.gzip ? [`gzip in base64 makes bodies ${Math.round(GZIP_FACTOR * 100)} % as large.`] : []),
  load.control
    ? `The controller is on, and the number of instances that work at the same time is ${costs.instances}.`
    : 'The controller is off (SINK_CONTROL=off).',
  load.checkpointed > 0
    ? `${load.checkpointed * 100} % of the events are stored in the state table and drained once, packed to ${Math.round(PACKED_PART * 100)} %.`
    : 'No event is stored in the state table. Set --checkpointed for outages and buffered remainders.',
  `A run of the flush function takes ${FLUSH_RUN.durationMs} ms, and its table has no backlog. There are no outages: an hour of one adds ${dollars(costs.usdPerOutageHour)} for a flush function that waits for the server, and the storage of its events (--checkpointed).`,
  `Each invocation logs ${LOG_BYTES} bytes. The storage of logs and of the table is not included.`,
  `There are ${METRICS} custom metrics and ${ALARMS} alarms. The free tier, transfer between zones, NAT gateways, and openGemini are not included.`,
];

/** Returns the assumptions as a list. */
export const assumptionLines = (load: Load, costs: Costs, width: number | undefined): readonly string[] =>
  assumptionsOf(load, costs).map((sentence) => row('-', sentence, 2, width));
