/** Converts messages to lines in the buffers of their targets. Events that cannot become lines are refused. */

import { CodeFailed } from '../custom/user-code.ts';
import { type DecodeOptions, decode } from '../decode/decode.ts';
import type { Decoded } from '../decode/decoded.ts';
import { type EventRules, findEvents } from '../decode/find-events.ts';
import type { FoundEvent } from '../decode/found-event.ts';
import { type Json, type JsonObject, SourceText } from '../json/json.ts';
import type { LineBuffer } from '../lines/line-buffer.ts';
import type { MappingRule, TargetNameRule } from '../mapping/mapping.ts';
import { resolveFirst } from '../mapping/path.ts';
import { type Message, placeInFirst } from '../message.ts';
import type { OwnedBatch, Target } from '../ports.ts';
import type { RefusedEvent } from '../refusal.ts';
import { isRefusal, type Refusal, refuse } from '../refusal.ts';
import { createCanonicalEncoder } from './canonical-encoder.ts';
import { canonicalPoint } from './canonical-point.ts';
import { createPointEncoder, type LineEncoder, pointEncoder } from './encoder.ts';
import type { EventInput } from './event-context.ts';
import { pathsText } from './event-context.ts';
import { SourceNeeded } from './field-value.ts';
import { linePoint } from './influx-point.ts';
import { appendPoint } from './point-converter.ts';
import { createCodeEncoder, createRuleEncoder } from './rule-encoder.ts';

/**
 * Converters (`SINK_CONVERTER`). `line` writes bytes directly; `point` builds points first. Both write the same bytes.
 */
export const CONVERTERS = ['line', 'point'] as const;
/** Name of a converter. */
export type ConverterKind = (typeof CONVERTERS)[number];

/** Settings of a converter. */
export interface ConverterOptions extends EventRules {
  readonly converter: ConverterKind;
  readonly decode: DecodeOptions;
  /** Target of a line, unless its rule names another. */
  readonly target: Target;
}

/** The line buffers that a converter writes to, one per target. */
export interface LineBuffers {
  /** Returns the buffer of a target, and creates it if there is none. */
  bufferFor(target: Target): LineBuffer;
  /**
   * Whether full batches must be taken before more events are converted, because one message can produce more lines
   * than fit into memory.
   */
  isFull(): boolean;
  /** Hands over the batches that are full. */
  takeFull(): Iterable<OwnedBatch>;
}

/** Receives refused events and the counts of changed values. */
export interface ConversionObserver {
  /** Called for an event that cannot become a line. */
  refused(event: RefusedEvent): void;
  /** Called for an event that became a line, if one of the figures is above 0. */
  converted(valuesAltered: number, implausibleTimes: number): void;
  /** Called for an event that a converter of the user has dropped on purpose. */
  dropped(messageIndex: number): void;
}

/** A message that is decoded and whose events are found. */
export interface DecodedMessage {
  readonly message: Message;
  /** Index of the message in its invocation, with which lines and refusals are marked. */
  readonly index: number;
  /** Events in the message. An unreadable message counts as one. */
  readonly count: number;
  /** Bytes of the message after decompression. */
  readonly bytes: number;
  /** Replaced when the message is parsed again with source text. */
  decoded: Decoded | Refusal;
  events: readonly FoundEvent[] | Refusal;
}

/**
 * Converts messages in two steps. Decoding several messages and then converting them is faster than alternating,
 * because each step keeps its code and data in the processor's caches.
 */
export interface Converter {
  /** Decodes a message and finds its events. Never throws; an unreadable message becomes a refusal. */
  decode(message: Message, index: number): DecodedMessage;
  /**
   * Converts the events of a message until a buffer is full, and continues as the returned batches are taken. Lines that
   * fill no batch stay in the buffers.
   */
  convert(decoded: DecodedMessage, buffers: LineBuffers, observer: ConversionObserver): Iterable<OwnedBatch>;
}

/** Creates a converter. It compiles the mapping once, so keep the converter for all messages. */
export const createConverter = (options: ConverterOptions): Converter => new MessageConverter(options);

const NOTHING: JsonObject = {};
const NO_SOURCE = new SourceText('', true);
const RELEASED = refuse('undecodable', 'the message is being parsed again');

/** Input of the event encoders. One object serves all events of a message, one after the other. */
class CurrentEvent implements EventInput {
  event: JsonObject = NOTHING;
  root: Json = NOTHING;
  envelope: JsonObject | undefined = undefined;
  source: SourceText = NO_SOURCE;
  decoded: Decoded | undefined = undefined;
  readonly messageId: string;
  readonly sentAtMs: number;
  eventIndex = 0;
  altered = 0;
  implausibleTimes = 0;

  constructor({ id, sentAtMs, origin }: Message) {
    this.messageId = origin?.messageId ?? id;
    this.sentAtMs = origin?.sentAtMs ?? sentAtMs;
  }

  messageView(): JsonObject {
    return this.decoded?.messageView() ?? NOTHING;
  }

  read(decoded: Decoded): void {
    this.envelope = decoded.envelope;
    this.source = decoded.source;
    this.decoded = decoded;
  }

  release(): void {
    this.event = NOTHING;
    this.root = NOTHING;
    this.envelope = undefined;
    this.source = NO_SOURCE;
    this.decoded = undefined;
  }
}

/**
 * Why converting stopped: a buffer is full, exact digits are missing, code of the user has refused an event, or all
 * events are converted.
 */
type Stopped = 'full' | 'source needed' | 'refused' | 'done';

const NO_BATCHES: readonly OwnedBatch[] = [];

/** State of one call of `convert`. */
interface Conversion {
  readonly decoded: DecodedMessage;
  readonly input: CurrentEvent;
  readonly buffers: LineBuffers;
  readonly observer: ConversionObserver;
  /** Index of the event to convert next. */
  next: number;
}

class MessageConverter implements Converter {
  readonly #options: ConverterOptions;
  readonly #encoders = new Map<MappingRule, LineEncoder>();
  readonly #canonical: LineEncoder;

  constructor(options: ConverterOptions) {
    this.#options = options;
    this.#canonical = options.converter === 'point' ? pointEncoder(canonicalPoint) : createCanonicalEncoder();
    for (const rule of options.mapping?.rules ?? []) this.#encoders.set(rule, this.#encoderOf(rule));
  }

  #encoderOf(rule: MappingRule): LineEncoder {
    const { converter, mapping } = this.#options;
    if (converter === 'point') return createPointEncoder(rule);
    return mapping?.readsCode === true ? createCodeEncoder(rule) : createRuleEncoder(rule);
  }

  decode(message: Message, index: number): DecodedMessage {
    const decoded = decode(message, this.#options.decode, false);
    const events = isRefusal(decoded) ? decoded : findEvents(decoded, this.#options);
    return {
      message,
      index,
      count: isRefusal(events) ? 1 : events.length,
      bytes: isRefusal(decoded) ? message.body.length : decoded.bytes,
      decoded,
      events,
    };
  }

  convert(decoded: DecodedMessage, buffers: LineBuffers, observer: ConversionObserver): Iterable<OwnedBatch> {
    const conversion: Conversion = { decoded, input: new CurrentEvent(decoded.message), buffers, observer, next: 0 };
    // Most messages fill no buffer, and need no generator (docs/decisions/0026).
    const stopped = this.#convertUntil(conversion);
    return stopped === 'done' ? NO_BATCHES : this.#continue(conversion, stopped);
  }

  *#continue(conversion: Conversion, stoppedAt: Stopped): Generator<OwnedBatch> {
    let stopped = stoppedAt;
    while (stopped !== 'done') {
      if (stopped === 'full') yield* conversion.buffers.takeFull();
      if (stopped === 'source needed') this.#readWithSource(conversion);
      stopped = this.#convertUntil(conversion);
    }
  }

  /** Converts events until it must stop. */
  #convertUntil(conversion: Conversion): Stopped {
    const { decoded, input, buffers } = conversion;
    const { decoded: content, events } = decoded;
    if (isRefusal(content) || isRefusal(events)) {
      const refusal = isRefusal(content) ? content : (events as Refusal);
      while (conversion.next < decoded.count) refuseEvent(conversion, refusal, undefined);
      return 'done';
    }
    input.read(content);
    try {
      while (conversion.next < events.length) {
        this.#convertEvent(events[conversion.next] as FoundEvent, conversion);
        if (buffers.isFull()) return 'full';
      }
      return 'done';
    } catch (signal) {
      if (signal instanceof SourceNeeded) return 'source needed';
      if (!(signal instanceof CodeFailed)) throw signal;
      refuseEvent(conversion, signal.refusal, measurementHint(events[conversion.next] as FoundEvent));
      return 'refused';
    }
  }

  /**
   * Parses the message again with source text, for an event whose exact digits matter. Lines that are already converted
   * stay. A message that is nested too deeply cannot be parsed this way; its remaining events are refused.
   */
  #readWithSource({ decoded, input }: Conversion): void {
    // The first result is released before the message is parsed again, because both together may not fit into memory.
    decoded.decoded = RELEASED;
    decoded.events = RELEASED;
    input.release();
    decoded.decoded = decode(decoded.message, this.#options.decode, true);
    decoded.events = isRefusal(decoded.decoded) ? decoded.decoded : findEvents(decoded.decoded, this.#options);
  }

  #convertEvent(found: FoundEvent, conversion: Conversion): void {
    if (found.kind === 'refused') {
      refuseEvent(conversion, found.refusal, undefined);
      return;
    }
    const { decoded, input, observer } = conversion;
    if (found.kind === 'dropped') {
      conversion.next += 1;
      observer.dropped(decoded.index);
      return;
    }
    input.eventIndex = placeInFirst(decoded.message, conversion.next);
    input.altered = 0;
    input.implausibleTimes = 0;
    const refusal = this.#encode(found, conversion);
    if (refusal !== undefined) {
      refuseEvent(conversion, refusal, measurementHint(found));
      return;
    }
    conversion.next += 1;
    if (input.altered > 0 || input.implausibleTimes > 0) observer.converted(input.altered, input.implausibleTimes);
  }

  #encode(found: Exclude<FoundEvent, { kind: 'refused' | 'dropped' }>, conversion: Conversion): Refusal | undefined {
    const { decoded, input, buffers, next } = conversion;
    if (found.kind === 'mapped') {
      input.event = found.event;
      input.root = found.root;
      const target = targetOf(found.rule, this.#options.target, input);
      if (isRefusal(target)) return target;
      const encoder = this.#encoders.get(found.rule) as LineEncoder;
      return encoder.encode(input, buffers.bufferFor(target), decoded.index, next);
    }
    const buffer = buffers.bufferFor(this.#options.target);
    if (found.kind === 'canonical') {
      input.event = found.event;
      return this.#canonical.encode(input, buffer, decoded.index, next);
    }
    const point = linePoint(found.text, input);
    return isRefusal(point) ? point : appendPoint(point, buffer, decoded.index, next);
  }
}

const refuseEvent = (conversion: Conversion, refusal: Refusal, measurement: string | undefined): void => {
  const { index: messageIndex } = conversion.decoded;
  const eventIndex = conversion.next++;
  conversion.observer.refused({ messageIndex, eventIndex, refusal, measurement, partlyStored: false });
};

const measurementHint = (found: FoundEvent): string | undefined =>
  found.kind === 'mapped' && 'constant' in found.rule.measurement ? found.rule.measurement.constant : undefined;

const targetOf = (rule: MappingRule, target: Target, input: EventInput): Target | Refusal => {
  if (rule.database === undefined && rule.retentionPolicy === undefined) return target;
  const database = nameOf(rule.database, target.database, 'database', input);
  if (isRefusal(database)) return database;
  // A retention policy belongs to a database, so the configured one does not apply to another database.
  const fallback = database === target.database ? target.retentionPolicy : undefined;
  const retentionPolicy = nameOf(rule.retentionPolicy, fallback, 'retentionPolicy', input);
  return isRefusal(retentionPolicy) ? retentionPolicy : { database: database as string, retentionPolicy };
};

const nameOf = (
  rule: TargetNameRule | undefined,
  configured: string | undefined,
  place: string,
  input: EventInput,
): string | undefined | Refusal => {
  if (rule === undefined) return configured;
  if ('constant' in rule) return rule.constant;
  const value = resolveFirst(rule.paths, input);
  if ((value === undefined || value === null) && rule.default !== undefined) return rule.default;
  if (typeof value === 'string' && rule.allow.includes(value)) return value;
  return refuse(
    'database-not-allowed',
    `${place} (${pathsText(rule.paths)}): the event names none of the mapping's "allow" list`,
  );
};
