/** Message -> lines in the buffers of their targets, and refusals for the events that cannot become lines. */

import { type Decoded, type DecodeOptions, decode } from '../decode/decode.ts';
import { type FoundEvent, findEvents } from '../decode/find-events.ts';
import { type Json, type JsonObject, SourceText } from '../json/json.ts';
import { LineBuffer } from '../lines/line-buffer.ts';
import type { Mapping, MappingRule, TargetNameRule } from '../mapping/mapping.ts';
import { resolveFirst } from '../mapping/path.ts';
import { type Message, placeInFirst } from '../message.ts';
import type { Target } from '../ports.ts';
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
import { createRuleEncoder } from './rule-encoder.ts';

export const CONVERTERS = ['line', 'point'] as const;
export type ConverterKind = (typeof CONVERTERS)[number];

export interface ConverterOptions {
  readonly mapping: Mapping | undefined;
  readonly converter: ConverterKind;
  readonly decode: DecodeOptions;
  /** Where lines go unless their rule names something else. */
  readonly target: Target;
}

/** Where a converter puts what it makes. */
export interface LineBuffers {
  bufferFor(target: Target): LineBuffer;
  refused(refused: RefusedEvent): void;
  /** Whether lines should be taken away before more are made: one message can hold more of them than the memory. */
  isFull(): boolean;
}

/** A message that has been decoded and whose events are found. It moves on as it is converted. */
export interface DecodedMessage {
  readonly message: Message;
  decoded: Decoded | Refusal;
  events: readonly FoundEvent[] | Refusal;
  /** Events in it; a message that cannot be read counts as one. */
  readonly count: number;
  /** Bytes of the message after decompression. */
  readonly bytes: number;
  /** The event to be converted next. */
  next: number;
  /** Of the events converted so far, and only of those that became lines. */
  valuesAltered: number;
  implausibleTimes: number;
}

/**
 * In two steps, because decoding several messages and then converting them is quicker than taking turns: each step
 * keeps its code and data in the processor's caches.
 */
export interface Converter {
  open(message: Message): DecodedMessage;
  /**
   * Converts events until the output is full or none is left: true when the message is done. `messageIndex` is what
   * lines and refusals are marked with.
   */
  convert(opened: DecodedMessage, messageIndex: number, output: LineBuffers): boolean;
}

export const createConverter = (options: ConverterOptions): Converter => new MessageConverter(options);

const NOTHING: JsonObject = {};
const NO_SOURCE = new SourceText('', true);
const GIVEN_UP = refuse('undecodable', 'it is read again');

/** What the converters of events see; one object serves all events of all messages in turn. */
class CurrentEvent implements EventInput {
  event: JsonObject = NOTHING;
  root: Json = NOTHING;
  envelope: JsonObject | undefined = undefined;
  source: SourceText = NO_SOURCE;
  /** The message that holds it. */
  decoded: Decoded | undefined = undefined;
  messageId = '';
  sentAtMs = 0;
  eventIndex = 0;
  altered = 0;
  implausibleTimes = 0;

  messageView(): JsonObject {
    return this.decoded?.messageView() ?? NOTHING;
  }

  release(): void {
    this.event = NOTHING;
    this.root = NOTHING;
    this.envelope = undefined;
    this.source = NO_SOURCE;
    this.decoded = undefined;
  }
}

class MessageConverter implements Converter {
  readonly #options: ConverterOptions;
  readonly #encoders = new Map<MappingRule, LineEncoder>();
  readonly #canonical: LineEncoder;
  readonly #current = new CurrentEvent();
  #output: LineBuffers = {
    bufferFor: (target) => new LineBuffer(target),
    refused: () => undefined,
    isFull: () => false,
  };
  #messageIndex = 0;

  constructor(options: ConverterOptions) {
    this.#options = options;
    this.#canonical = options.converter === 'point' ? pointEncoder(canonicalPoint) : createCanonicalEncoder();
    for (const rule of options.mapping?.rules ?? []) {
      this.#encoders.set(rule, options.converter === 'point' ? createPointEncoder(rule) : createRuleEncoder(rule));
    }
  }

  open(message: Message): DecodedMessage {
    const decoded = decode(message, this.#options.decode, false);
    const events = isRefusal(decoded) ? decoded : findEvents(decoded, this.#options.mapping);
    return {
      message,
      decoded,
      events,
      count: isRefusal(events) ? 1 : events.length,
      bytes: isRefusal(decoded) ? message.body.length : decoded.bytes,
      next: 0,
      valuesAltered: 0,
      implausibleTimes: 0,
    };
  }

  convert(opened: DecodedMessage, messageIndex: number, output: LineBuffers): boolean {
    this.#begin(opened.message, messageIndex, output);
    while (opened.next < opened.count) {
      const stopped = this.#convertSome(opened);
      if (stopped === 'full') return opened.next === opened.count;
      if (stopped === 'sources needed') this.#readWithSources(opened);
    }
    return true;
  }

  #begin(message: Message, messageIndex: number, output: LineBuffers): void {
    const { origin } = message;
    this.#current.messageId = origin?.messageId ?? message.id;
    this.#current.sentAtMs = origin?.sentAtMs ?? message.sentAtMs;
    this.#messageIndex = messageIndex;
    this.#output = output;
  }

  #refuseRest(opened: DecodedMessage, refusal: Refusal): void {
    while (opened.next < opened.count) this.#refuse(opened.next++, refusal, undefined);
  }

  #convertSome(opened: DecodedMessage): 'full' | 'sources needed' | 'done' {
    const { decoded, events } = opened;
    if (isRefusal(decoded) || isRefusal(events)) {
      this.#refuseRest(opened, (isRefusal(decoded) ? decoded : events) as Refusal);
      return 'done';
    }
    this.#current.envelope = decoded.envelope;
    this.#current.decoded = decoded;
    this.#current.source = decoded.source;
    try {
      while (opened.next < events.length) {
        this.#convertEvent(events[opened.next] as FoundEvent, opened);
        opened.next += 1;
        if (this.#output.isFull()) return 'full';
      }
      return 'done';
    } catch (signal) {
      if (!(signal instanceof SourceNeeded)) throw signal;
      return 'sources needed';
    }
  }

  /**
   * Reads the message again for an event whose digits matter. What was converted before it stays. If it cannot be read
   * so (its nesting is too deep for it), the rest is refused.
   */
  #readWithSources(opened: DecodedMessage): void {
    // The first reading is given up before the second is made: both together may not fit the memory.
    opened.decoded = GIVEN_UP;
    opened.events = GIVEN_UP;
    this.#current.release();
    opened.decoded = decode(opened.message, this.#options.decode, true);
    opened.events = isRefusal(opened.decoded) ? opened.decoded : findEvents(opened.decoded, this.#options.mapping);
  }

  #convertEvent(found: FoundEvent, opened: DecodedMessage): void {
    const index = opened.next;
    if (found.kind === 'refused') {
      this.#refuse(index, found.refusal, undefined);
      return;
    }
    const input = this.#current;
    input.eventIndex = placeInFirst(opened.message, index);
    input.altered = 0;
    input.implausibleTimes = 0;
    const refusal = this.#encode(found, index);
    if (refusal !== undefined) {
      this.#refuse(index, refusal, measurementHint(found));
      return;
    }
    opened.valuesAltered += input.altered;
    opened.implausibleTimes += input.implausibleTimes;
  }

  #encode(found: Exclude<FoundEvent, { kind: 'refused' }>, index: number): Refusal | undefined {
    if (found.kind === 'mapped') return this.#encodeMapped(found, index);
    const buffer = this.#output.bufferFor(this.#options.target);
    if (found.kind === 'canonical') {
      this.#current.event = found.event;
      return this.#canonical.encode(this.#current, buffer, this.#messageIndex, index);
    }
    const point = linePoint(found.text, this.#current);
    return isRefusal(point) ? point : appendPoint(point, buffer, this.#messageIndex, index);
  }

  #encodeMapped(found: FoundEvent & { kind: 'mapped' }, index: number): Refusal | undefined {
    const input = this.#current;
    input.event = found.event;
    input.root = found.root;
    const target = targetOf(found.rule, this.#options.target, input);
    if (isRefusal(target)) return target;
    const encoder = this.#encoders.get(found.rule) as LineEncoder;
    return encoder.encode(input, this.#output.bufferFor(target), this.#messageIndex, index);
  }

  #refuse(eventIndex: number, refusal: Refusal, measurement: string | undefined): void {
    this.#output.refused({ messageIndex: this.#messageIndex, eventIndex, refusal, measurement, partlyStored: false });
  }
}

const measurementHint = (found: FoundEvent): string | undefined =>
  found.kind === 'mapped' && 'constant' in found.rule.measurement ? found.rule.measurement.constant : undefined;

const targetOf = (rule: MappingRule, target: Target, input: EventInput): Target | Refusal => {
  if (rule.database === undefined && rule.retentionPolicy === undefined) return target;
  const database = nameOf(rule.database, target.database, 'database', input);
  if (isRefusal(database)) return database;
  // A retention policy belongs to a database: the configured one does not follow an event elsewhere.
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
