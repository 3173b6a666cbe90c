/** Converts a message and returns what becomes of each of its events, and sends dead letters back. */

import {
  type Converter,
  type ConverterKind,
  createConverter,
  type LineBuffers,
} from '../../../src/sink/convert/converter.ts';
import { decode } from '../../../src/sink/decode/decode.ts';
import { type Input, MESSAGE_BYTES_MAX } from '../../../src/sink/decode/decode-options.ts';
import { decodeOptionsOf, findEvents } from '../../../src/sink/decode/find-events.ts';
import { UNLIMITED } from '../../../src/sink/lines/batch.ts';
import { LineBuffer } from '../../../src/sink/lines/line-buffer.ts';
import type { Mapping } from '../../../src/sink/mapping/mapping.ts';
import type { Message } from '../../../src/sink/message.ts';
import { type Target, targetKey } from '../../../src/sink/ports.ts';
import { isRefusal, refuse } from '../../../src/sink/refusal.ts';
import { deadLetterFactory } from '../../../src/sink/settle/dead-letter.ts';
import { restoreOrigin } from '../../../src/sink/settle/letter-origin.ts';
import { message } from '../make.ts';

/** A mapping and a format of bodies. */
export interface Setting {
  readonly mapping: Mapping | undefined;
  readonly input: Input;
}

/** Figures of a conversion. */
export interface Counters {
  events: number;
  altered: number;
  omitted: number;
  implausibleTimes: number;
  replaced: number;
  branchesIgnored: number;
  isControl: boolean;
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
  const { mapping, input } = setting;
  const decodeOptions = { input, messageBytesMax: MESSAGE_BYTES_MAX };
  const found = known.get(converter) ?? createConverter({ mapping, decode: decodeOptions, converter, target: TARGET });
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
  const { mapping, input } = setting;
  const rules = { mapping, decode: { input, messageBytesMax: MESSAGE_BYTES_MAX } };
  const converter = converterOf(setting, kind);
  const buffers = new Map<string, LineBuffer>();
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
  const counters: Counters = {
    events: decoded.count,
    altered: 0,
    omitted: 0,
    implausibleTimes: 0,
    replaced: 0,
    branchesIgnored: decoded.branchesIgnored,
    isControl: decoded.isControl,
  };
  const collected: LineBuffers = {
    bufferFor(target) {
      const buffer = buffers.get(targetKey(target)) ?? new LineBuffer(target);
      buffers.set(targetKey(target), buffer);
      return buffer;
    },
    isFull: () => false,
    takeFull: () => [],
  };
  const dropped = new Set<number>();
  const batches = converter.convert(decoded, collected, {
    refused: ({ eventIndex, refusal }) => add(eventIndex, `refused ${refusal.code} ${refusal.detail}`),
    converted: ({ altered, omitted, implausibleTimes }) => {
      counters.altered += altered;
      counters.omitted += omitted;
      counters.implausibleTimes += implausibleTimes;
    },
    replaced: () => {
      counters.replaced += 1;
    },
    conflictsResolved: () => {},
    dropped: () => dropped.add(dropped.size),
  });
  for (const batch of batches) throw new Error(`${batch.lines} lines left their buffer`);
  for (const [key, buffer] of buffers)
    if (buffer.lines > 0) for (const [event, line] of linesIn(buffer)) add(event, `${key} ${line}`);
  const missing = Array.from({ length: decoded.count }, (_, event) => event).filter(
    (event) => found[event] === undefined,
  );
  if (missing.length === dropped.size) for (const event of missing) add(event, 'dropped');
  const events = Array.from({ length: Math.max(decoded.count, found.length) }, (_, event) => found[event] ?? []);
  return {
    events: events.map((list) => list[0] ?? 'nothing'),
    uneven: events.flatMap((list, event) => (list.length === 1 && event < decoded.count ? [] : [event])),
    counters,
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
export const sendBack = (one: Message, { mapping, input }: Setting, eventIndexes: readonly number[]): Message[] => {
  const decode = { input, messageBytesMax: MESSAGE_BYTES_MAX };
  const letterOf = deadLetterFactory(one, { decode, mapping, sinkVersion: '1' });
  return eventIndexes.map((eventIndex) => {
    const refusal = refuse('line-refused', 'refused for the test');
    const letter = letterOf({ messageIndex: 0, eventIndex, refusal, measurement: undefined, partlyStored: false });
    const attributes = Object.fromEntries(
      Object.entries(letter.attributes).map(([name, value]) => [name, { type: 'String', value }]),
    );
    // The queue gives the letter another id and another time.
    const sent = message(letter.body, { id: `back-${eventIndex}`, sentAtMs: one.sentAtMs + 86_400_000, attributes });
    return restoreOrigin(sent, MESSAGE_BYTES_MAX);
  });
};
