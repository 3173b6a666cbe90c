/** Message -> lines in the buffers of their targets, and refusals for the events that cannot become lines. */

import { canonicalPoint } from './canonical.ts';
import { type Decoded, type DecodeOptions, decode } from './decode.ts';
import type { EventInput } from './event.ts';
import { pathsText } from './event.ts';
import { type FoundEvent, findEvents } from './events.ts';
import type { Json, JsonObject } from './json.ts';
import type { Refused } from './letter.ts';
import type { LineBuffer } from './line-buffer.ts';
import { createLineEncoder, createPointEncoder, type LineEncoder } from './line-encoder.ts';
import { linePoint } from './line-protocol.ts';
import type { Mapping, MappingRule, TargetNameRule } from './mapping.ts';
import { identityOf, type Message } from './message.ts';
import { resolveFirst } from './path.ts';
import { appendPoint } from './point.ts';
import { isRefusal, type Refusal, refuse } from './refusal.ts';
import { SourceNeeded } from './value.ts';
import type { Target } from './writer.ts';

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
export interface ConverterOutput {
  bufferFor(target: Target): LineBuffer;
  refused(refused: Refused): void;
}

export interface Converted {
  readonly events: number;
  /** Bytes of the message after decompression. */
  readonly bytes: number;
  readonly valuesAltered: number;
  readonly implausibleTimes: number;
}

export interface Converter {
  /** Converts every event of a message. `messageIndex` is what lines and refusals are marked with. */
  convert(message: Message, messageIndex: number, output: ConverterOutput): Converted;
}

export const createConverter = (options: ConverterOptions): Converter => {
  const encoders = new Map<MappingRule, LineEncoder>();
  for (const rule of options.mapping?.rules ?? []) {
    encoders.set(rule, options.converter === 'point' ? createPointEncoder(rule) : createLineEncoder(rule));
  }
  return {
    convert: (message, messageIndex, output) =>
      new MessageConversion(options, encoders, message, messageIndex, output).run(),
  };
};

const NOTHING: JsonObject = {};

/** One message on its way through the converter. */
class MessageConversion {
  readonly #options: ConverterOptions;
  readonly #encoders: ReadonlyMap<MappingRule, LineEncoder>;
  readonly #message: Message;
  readonly #messageIndex: number;
  readonly #output: ConverterOutput;
  #altered = 0;
  #implausible = 0;

  constructor(
    options: ConverterOptions,
    encoders: ReadonlyMap<MappingRule, LineEncoder>,
    message: Message,
    messageIndex: number,
    output: ConverterOutput,
  ) {
    this.#options = options;
    this.#encoders = encoders;
    this.#message = message;
    this.#messageIndex = messageIndex;
    this.#output = output;
  }

  run(): Converted {
    const decoded = decode(this.#message, this.#options.decode, false);
    const events = isRefusal(decoded) ? decoded : findEvents(decoded, this.#options.mapping);
    if (isRefusal(decoded) || isRefusal(events)) {
      this.#refuse(0, (isRefusal(decoded) ? decoded : events) as Refusal, undefined);
      return this.#report(1, this.#message.body.length);
    }
    this.#convertFrom(0, events, decoded);
    return this.#report(events.length, decoded.bytes);
  }

  #report(events: number, bytes: number): Converted {
    return { events, bytes, valuesAltered: this.#altered, implausibleTimes: this.#implausible };
  }

  #convertFrom(first: number, events: readonly FoundEvent[], decoded: Decoded): void {
    const input = this.#input(decoded);
    for (let index = first; index < events.length; index++) {
      try {
        this.#convertEvent(events[index] as FoundEvent, index, input);
      } catch (signal) {
        if (!(signal instanceof SourceNeeded)) throw signal;
        this.#convertWithSources(index);
        return;
      }
    }
  }

  /** Goes on from an event whose digits matter. What was converted before it stays. */
  #convertWithSources(from: number): void {
    const decoded = decode(this.#message, this.#options.decode, true);
    const events = isRefusal(decoded) ? decoded : findEvents(decoded, this.#options.mapping);
    if (!isRefusal(decoded) && !isRefusal(events)) this.#convertFrom(from, events, decoded);
    else this.#refuseRest(from, (isRefusal(decoded) ? decoded : events) as Refusal);
  }

  #refuseRest(from: number, refusal: Refusal): void {
    const decoded = decode(this.#message, this.#options.decode, false);
    const events = isRefusal(decoded) ? [] : findEvents(decoded, this.#options.mapping);
    for (let index = from; index < (isRefusal(events) ? 1 : events.length); index++)
      this.#refuse(index, refusal, undefined);
  }

  #input(decoded: Decoded): EventInput {
    const { messageId, sentAtMs } = identityOf(this.#message);
    return {
      event: NOTHING,
      root: NOTHING as Json,
      envelope: decoded.envelope,
      message: decoded.message,
      source: decoded.source,
      messageId,
      sentAtMs,
      eventIndex: 0,
      altered: 0,
      implausibleTimes: 0,
    };
  }

  #convertEvent(found: FoundEvent, index: number, input: EventInput): void {
    if (found.kind === 'refused') {
      this.#refuse(index, found.refusal, undefined);
      return;
    }
    input.eventIndex = index + identityOf(this.#message).eventIndexBase;
    input.altered = 0;
    input.implausibleTimes = 0;
    const refusal = this.#encode(found, index, input);
    if (refusal !== undefined) {
      this.#refuse(index, refusal, measurementHint(found));
      return;
    }
    this.#altered += input.altered;
    this.#implausible += input.implausibleTimes;
  }

  #encode(found: Exclude<FoundEvent, { kind: 'refused' }>, index: number, input: EventInput): Refusal | undefined {
    if (found.kind === 'mapped') return this.#encodeMapped(found, index, input);
    if (found.kind === 'canonical') setEvent(input, found.event, found.event);
    const point = found.kind === 'canonical' ? canonicalPoint(input) : linePoint(found.text, input);
    if (isRefusal(point)) return point;
    return appendPoint(point, this.#output.bufferFor(this.#options.target), this.#messageIndex, index);
  }

  #encodeMapped(found: FoundEvent & { kind: 'mapped' }, index: number, input: EventInput): Refusal | undefined {
    setEvent(input, found.event, found.root);
    const target = targetOf(found.rule, this.#options.target, input);
    if (isRefusal(target)) return target;
    const encoder = this.#encoders.get(found.rule) as LineEncoder;
    return encoder.encode(input, this.#output.bufferFor(target), this.#messageIndex, index);
  }

  #refuse(eventIndex: number, refusal: Refusal, measurement: string | undefined): void {
    this.#output.refused({ messageIndex: this.#messageIndex, eventIndex, refusal, measurement, partlyStored: false });
  }
}

const setEvent = (input: EventInput, event: JsonObject, root: JsonObject): void => {
  const scope = input as { event: JsonObject; root: Json };
  scope.event = event;
  scope.root = root;
};

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
