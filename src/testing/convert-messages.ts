/**
 * Converts messages without writing them: for tests of mappings, and for the command `convert`. Lines and refusals are the
 * same as in the function, because the same converter makes them.
 */

import { type ConverterKind, createConverter, type LineBuffers } from '../sink/convert/converter.ts';
import type { DecodedMessage } from '../sink/convert/decoded-message.ts';
import { type ConversionExtensions, extendRules } from '../sink/convert/extensions.ts';
import type { LinePrecision } from '../sink/convert/influx-point.ts';
import { type Input, MESSAGE_BYTES_MAX } from '../sink/decode/decode-options.ts';
import { lineText, UNLIMITED } from '../sink/lines/batch.ts';
import { LineBuffer } from '../sink/lines/line-buffer.ts';
import type { Mapping } from '../sink/mapping/mapping.ts';
import type { Message } from '../sink/message.ts';
import { type Target, targetKey } from '../sink/ports.ts';
import type { RefusalCode } from '../sink/refusal.ts';
import { CountingObserver } from './counting-observer.ts';
import { buildMessage } from './messages.ts';

/** How to convert. The defaults are those of the function. */
export interface ConversionOptions {
  /** Result of `parseMapping`. Without a mapping, events are canonical, or lines. */
  readonly mapping?: Mapping | undefined;
  /** Functions that take part in the conversion, as `createIngestHandler` accepts them. */
  readonly extensions?: ConversionExtensions;
  /** `line`, the default, is the fast path. `point` writes the same bytes. */
  readonly converter?: ConverterKind;
  /** Precision of the times of line protocol (`SINK_LINE_PRECISION`), by default `ns`. */
  readonly linePrecision?: LinePrecision;
  /** Format of bodies (`SINK_INPUT`), by default `auto`. */
  readonly input?: Input;
  /** Most bytes of one body after decompression, by default 16 MiB. */
  readonly messageBytesMax?: number;
  /** Target of lines whose rule names none, by default a database with an empty name, which no mapping can name. */
  readonly target?: Target;
}

/** A line, and the event that it came from. */
export interface ConvertedLine {
  /** Line protocol, without a line break. */
  readonly text: string;
  readonly target: Target;
  /** Index of the message, from 0. */
  readonly messageIndex: number;
  /** Index of the event in its message, from 0. */
  readonly eventIndex: number;
}

/** An event that cannot become a line. In the function it becomes a dead letter. */
export interface ConversionRefusal {
  /** The attribute `reason` of the dead letter. */
  readonly code: RefusalCode;
  /** One sentence: the place, what was found, and what would be right. */
  readonly detail: string;
  /** Index of the message, from 0. */
  readonly messageIndex: number;
  /** Index of the event in its message, from 0. An unreadable message counts as one event. */
  readonly eventIndex: number;
}

/** Figures of a conversion. `events` is always the sum of `lines`, `refusals`, and `dropped`. */
export interface ConversionCounters {
  readonly messages: number;
  readonly events: number;
  readonly lines: number;
  readonly refusals: number;
  /** Events that a rule or a converter of the user dropped, as in the metric `eventsDropped`. */
  readonly dropped: number;
  /** Values that the mapping altered intentionally, as in the metric `valuesAltered`. */
  readonly valuesAltered: number;
  /** Events with a time that is probably wrong, as in the metric `implausibleTimes`. */
  readonly implausibleTimes: number;
  /** Fields that were left out, as in the metric `fieldsOmitted`. */
  readonly fieldsOmitted: number;
  /** Absent arrays of events that the mapping ignores, as in the metric `branchesIgnored`. */
  readonly branchesIgnored: number;
  /** Messages with which AWS tests a destination, as in the metric `messagesControl`. */
  readonly messagesControl: number;
  /** Lines with the series and time of an earlier line of their message, as in the metric `pointsReplaced`. */
  readonly pointsReplaced: number;
}

/** What became of messages. Lines and refusals are in the order of conversion. */
export interface Conversion {
  readonly lines: readonly ConvertedLine[];
  readonly refusals: readonly ConversionRefusal[];
  readonly counters: ConversionCounters;
}

/** Target of lines whose rule names none, unless the caller names one. No mapping can name it. */
export const UNNAMED_TARGET: Target = { database: '', retentionPolicy: undefined };

/**
 * Returns a function that converts one message at a time. It compiles the mapping once.
 *
 * The index is the `messageIndex` of the results, by default 0. The function never throws, because an unreadable message is
 * a refusal.
 *
 * @throws TypeError if an extension is not what it must be.
 */
export const createMessageConverter = (
  options: ConversionOptions = {},
): ((message: Message, index?: number) => Conversion) => createInspectedConverter(options, () => undefined);

/**
 * Returns the function of `createMessageConverter`.
 *
 * @param inspect - Gets each message before its events are converted.
 */
export const createInspectedConverter = (
  options: ConversionOptions,
  inspect: (decoded: DecodedMessage) => void,
): ((message: Message, index?: number) => Conversion) => {
  const { mapping, converter: kind = 'line', input = 'auto', linePrecision, target = UNNAMED_TARGET } = options;
  const decode = { input, messageBytesMax: options.messageBytesMax ?? MESSAGE_BYTES_MAX };
  const rules = extendRules({ mapping, decode }, options.extensions ?? {});
  const converter = createConverter({ ...rules, converter: kind, linePrecision, target, scan: false });
  return (message, index = 0) => {
    const lines = new LineCollector(target);
    const observer = new CountingObserver();
    const decoded = converter.decode(message, index);
    inspect(decoded);
    // The collector is never full, so the iteration yields no batch. It only completes the conversion.
    Array.from(converter.convert(decoded, lines, observer));
    const converted = lines.takeLines();
    const refusals = observer.refusedEvents.map(({ messageIndex, eventIndex, refusal: { code, detail } }) => ({
      code,
      detail,
      messageIndex,
      eventIndex,
    }));
    const { valuesAltered, implausibleTimes, fieldsOmitted, pointsReplaced } = observer;
    const counters: ConversionCounters = {
      messages: 1,
      events: decoded.count,
      lines: converted.length,
      refusals: refusals.length,
      dropped: observer.eventsDropped,
      valuesAltered,
      implausibleTimes,
      fieldsOmitted,
      branchesIgnored: decoded.branchesIgnored,
      messagesControl: decoded.isControl ? 1 : 0,
      pointsReplaced,
    };
    return { lines: converted, refusals, counters };
  };
};

/** Converts messages. `messageIndex` of a result is the index in `messages`. Never throws. */
export const convertMessages = (messages: readonly Message[], options: ConversionOptions = {}): Conversion => {
  const convert = createMessageConverter(options);
  return joinConversions(messages.map((message, index) => convert(message, index)));
};

/**
 * Converts message bodies. `messageIndex` of a result is the index in `bodies`. Never throws.
 *
 * @param bodies - A text is a body as it is. Any other value becomes a body as JSON.
 * @example
 * const parsed = parseMapping({ version: 1, measurement: 'room', timestamp: 'ts', fields: { temp: 'temp' } });
 * if ('faults' in parsed) throw new Error(parsed.faults.join('\n'));
 * const { lines } = convertBodies([{ ts: 1, temp: 21.5 }], parsed);
 * // lines[0].text is 'room temp=21.5 1000000'
 */
export const convertBodies = (bodies: readonly unknown[], options: ConversionOptions = {}): Conversion =>
  convertMessages(
    bodies.map((body) => buildMessage(body)),
    options,
  );

/** Joins the results of several messages. */
export const joinConversions = (parts: readonly Conversion[]): Conversion => {
  const sum = (name: keyof ConversionCounters): number =>
    parts.reduce((total, { counters }) => total + counters[name], 0);
  return {
    lines: parts.flatMap(({ lines }) => lines),
    refusals: parts.flatMap(({ refusals }) => refusals),
    counters: {
      messages: sum('messages'),
      events: sum('events'),
      lines: sum('lines'),
      refusals: sum('refusals'),
      dropped: sum('dropped'),
      valuesAltered: sum('valuesAltered'),
      implausibleTimes: sum('implausibleTimes'),
      fieldsOmitted: sum('fieldsOmitted'),
      branchesIgnored: sum('branchesIgnored'),
      messagesControl: sum('messagesControl'),
      pointsReplaced: sum('pointsReplaced'),
    },
  };
};

/** Keeps lines in their order of conversion, whatever their targets. It is never full. */
class LineCollector implements LineBuffers {
  readonly #lines: ConvertedLine[] = [];
  #buffer: LineBuffer;

  constructor(target: Target) {
    this.#buffer = new LineBuffer(target);
  }

  bufferFor(target: Target): LineBuffer {
    if (targetKey(target) === targetKey(this.#buffer.target)) return this.#buffer;
    this.takeLines();
    this.#buffer = new LineBuffer(target);
    return this.#buffer;
  }

  isFull(): boolean {
    return false;
  }

  takeFull(): [] {
    return [];
  }

  /** Returns all lines so far. */
  takeLines(): readonly ConvertedLine[] {
    const batch = this.#buffer.flush(UNLIMITED);
    for (let index = 0; index < batch.lines; index++)
      this.#lines.push({
        text: lineText(batch, index),
        target: batch.target,
        messageIndex: batch.messageOf[index] as number,
        eventIndex: batch.eventOf[index] as number,
      });
    return this.#lines;
  }
}
