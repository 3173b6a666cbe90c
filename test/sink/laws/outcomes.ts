/** Converts a message and returns what becomes of each of its events, and sends dead letters back. */

import { type Converter, type ConverterKind, createConverter } from '../../../src/sink/convert/converter.ts';
import type { LinePrecision } from '../../../src/sink/convert/influx-point.ts';
import { decode } from '../../../src/sink/decode/decode.ts';
import { type DecodeOptions, type Input, MESSAGE_BYTES_MAX } from '../../../src/sink/decode/decode-options.ts';
import { decodeOptionsOf, findEvents } from '../../../src/sink/decode/find-events.ts';
import { UNLIMITED } from '../../../src/sink/lines/batch.ts';
import type { LineBuffer } from '../../../src/sink/lines/line-buffer.ts';
import type { Mapping } from '../../../src/sink/mapping/mapping.ts';
import type { Message } from '../../../src/sink/message.ts';
import type { Target } from '../../../src/sink/ports.ts';
import { isRefusal, refuse } from '../../../src/sink/refusal.ts';
import { deadLetterFactory } from '../../../src/sink/settle/dead-letter.ts';
import { restoreOrigin } from '../../../src/sink/settle/letter-origin.ts';
import { CountingObserver } from '../../../src/testing/counting-observer.ts';
import { BuffersByTarget, message } from '../make.ts';

/** A mapping and a format of bodies. */
export interface Setting {
  readonly mapping: Mapping | undefined;
  readonly input: Input;
  /** Bytes of a body, at most; by default those of the configuration. */
  readonly messageBytesMax?: number;
  /** Unit of the times of line protocol. */
  readonly linePrecision?: LinePrecision;
}

const decodeOf = ({ input, messageBytesMax = MESSAGE_BYTES_MAX }: Setting): DecodeOptions => ({
  input,
  messageBytesMax,
});

/** Figures of a conversion. */
export interface Counters {
  readonly events: number;
  readonly altered: number;
  readonly omitted: number;
  readonly implausibleTimes: number;
  readonly replaced: number;
  readonly branchesIgnored: number;
  readonly isControl: boolean;
}

/** What became of the events of a message, by their indexes. */
export interface Outcomes {
  /** For each event `TARGET LINE`, `refused CODE DETAIL`, or `dropped`. */
  readonly events: readonly string[];
  /** Events that became more or less than one line, refusal, or drop. */
  readonly uneven: readonly number[];
  readonly counters: Counters;
}

const converters = new WeakMap<Setting, Map<ConverterKind, Converter>>();

/** Returns the converter of a setting. It compiles the mapping, so each setting has one of each kind. */
const converterOf = (setting: Setting, converter: ConverterKind): Converter => {
  const known = converters.get(setting) ?? new Map<ConverterKind, Converter>();
  converters.set(setting, known);
  const { mapping, linePrecision } = setting;
  const options = { mapping, decode: decodeOf(setting), converter, target: TARGET, linePrecision };
  const found = known.get(converter) ?? createConverter(options);
  known.set(converter, found);
  return found;
};

const TARGET: Target = { database: 'db', retentionPolicy: undefined };

/**
 * Converts a message.
 *
 * @param withSources - Whether the message is parsed with source texts from the start.
 */
export const outcomesOf = (
  one: Message,
  setting: Setting,
  kind: ConverterKind = 'line',
  withSources = false,
): Outcomes => {
  const rules = { mapping: setting.mapping, decode: decodeOf(setting) };
  const converter = converterOf(setting, kind);
  const buffers = new BuffersByTarget();
  const found: string[][] = [];
  const add = (event: number, outcome: string): void => {
    found[event] ??= [];
    found[event].push(outcome);
  };
  const decoded = converter.decode(one, 0);
  if (withSources && !isRefusal(decoded.decoded)) {
    decoded.decoded = decode(one, decodeOptionsOf(rules), true);
    const events = isRefusal(decoded.decoded) ? decoded.decoded : findEvents(decoded.decoded, rules);
    decoded.events = isRefusal(events) ? events : events.events;
  }
  const observer = new CountingObserver();
  for (const { lines } of converter.convert(decoded, buffers, observer))
    throw new Error(`${lines} lines left their buffer`);
  for (const { eventIndex, refusal } of observer.refusedEvents)
    add(eventIndex, `refused ${refusal.code} ${refusal.detail}`);
  for (const [key, buffer] of buffers.byTarget)
    if (buffer.lines > 0) for (const [event, line] of linesIn(buffer)) add(event, `${key} ${line}`);
  const missing = Array.from({ length: decoded.count }, (_, event) => event).filter(
    (event) => found[event] === undefined,
  );
  if (missing.length === observer.eventsDropped) for (const event of missing) add(event, 'dropped');
  const events = Array.from({ length: Math.max(decoded.count, found.length) }, (_, event) => found[event] ?? []);
  return {
    events: events.map((list) => list[0] ?? 'nothing'),
    uneven: events.flatMap((list, event) => (list.length === 1 && event < decoded.count ? [] : [event])),
    counters: {
      events: decoded.count,
      altered: observer.valuesAltered,
      omitted: observer.fieldsOmitted,
      implausibleTimes: observer.implausibleTimes,
      replaced: observer.pointsReplaced,
      branchesIgnored: decoded.branchesIgnored,
      isControl: decoded.isControl,
    },
  };
};

const linesIn = (buffer: LineBuffer): (readonly [number, string])[] => {
  const { body, eventOf, lineEnds, lines } = buffer.flush(UNLIMITED);
  const bytes = Buffer.from(body);
  return Array.from({ length: lines }, (_, index) => {
    const start = index === 0 ? 0 : (lineEnds[index - 1] as number);
    return [eventOf[index] as number, bytes.toString('utf8', start, (lineEnds[index] as number) - 1)];
  });
};

/** Returns the messages that the dead letters of events are when an operator sends them back. */
export const sendBack = (one: Message, setting: Setting, eventIndexes: readonly number[]): Message[] => {
  const decode = decodeOf(setting);
  const letterOf = deadLetterFactory(one, { decode, mapping: setting.mapping, sinkVersion: '1' });
  return eventIndexes.map((eventIndex) => {
    const refusal = refuse('line-refused', 'refused for the test');
    const letter = letterOf({ messageIndex: 0, eventIndex, refusal, measurement: undefined, partlyStored: false });
    const attributes = Object.fromEntries(
      Object.entries(letter.attributes).map(([name, value]) => [name, { type: 'String', value }]),
    );
    // The queue gives the letter another id and another time.
    const sent = message(letter.body, { id: `back-${eventIndex}`, sentAtMs: one.sentAtMs + 86_400_000, attributes });
    return restoreOrigin(sent, decode.messageBytesMax);
  });
};
