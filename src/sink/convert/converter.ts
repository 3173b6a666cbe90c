/** Converts messages to lines in the buffers of their targets. Events that cannot become lines are refused. */

import { CodeFailed } from '../custom/user-code.ts';
import { decode } from '../decode/decode.ts';
import type { Decoded } from '../decode/decoded.ts';
import { decodeOptionsOf, type EventRules, findEvents } from '../decode/find-events.ts';
import type { FoundEvent } from '../decode/found-event.ts';
import { isObject, kindOf } from '../json/json.ts';
import type { LineBuffer } from '../lines/line-buffer.ts';
import { parseOwnLine } from '../lines/parse-own-line.ts';
import { WrittenPoints } from '../lines/written-points.ts';
import { DEFAULT_POLICY, type Mapping, type MappingRule } from '../mapping/mapping.ts';
import { readsElement } from '../mapping/rule-paths.ts';
import { type Message, placeInFirst } from '../message.ts';
import type { OwnedBatch, Target } from '../ports.ts';
import type { RefusalCode } from '../refusal.ts';
import { isRefusal, type Refusal, refuse } from '../refusal.ts';
import { createScanEncoder, type ScanEncoder } from '../scan/scan-encoder.ts';
import { SourceNeeded } from '../values/field-value.ts';
import { createCanonicalEncoder } from './canonical-encoder.ts';
import { canonicalPoint } from './canonical-point.ts';
import type { ConversionObserver } from './conversion-observer.ts';
import { type DecodedMessage, RELEASED, scannedMessage, unreadableMessage } from './decoded-message.ts';
import { createPointEncoder, type LineEncoder, pointEncoder } from './encoder.ts';
import { CurrentEvent, scopeOf } from './event-input.ts';
import { type LinePrecision, linePoint } from './influx-point.ts';
import type { KnownColumns } from './known-columns.ts';
import { appendPoint } from './point-converter.ts';
import { createCodeEncoder, createRuleEncoder } from './rule-encoder.ts';
import { targetOf } from './targets.ts';

/**
 * Converters (`SINK_CONVERTER`). `line` writes bytes directly; `point` builds points first. Both write the same bytes.
 */
export const CONVERTERS = ['line', 'point'] as const;
/** Name of a converter. */
export type ConverterKind = (typeof CONVERTERS)[number];

/** Settings of a converter. */
export interface ConverterOptions extends EventRules {
  readonly converter: ConverterKind;
  /** Unit of the times of line protocol (`SINK_LINE_PRECISION`); by default ns. */
  readonly linePrecision?: LinePrecision | undefined;
  /** Columns with conflicts that this instance has learned; `undefined` if no rule of the mapping asks for them. */
  readonly columns?: KnownColumns | undefined;
  /** Whether events are scanned where the mapping allows it (docs/decisions/0045); by default `true`. */
  readonly scan?: boolean | undefined;
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
  /** Points of the message so far; `undefined` if no two of them can replace each other. */
  readonly points: WrittenPoints | undefined;
}

class MessageConverter implements Converter {
  readonly #options: ConverterOptions;
  readonly #encoders = new Map<MappingRule, LineEncoder>();
  readonly #canonical: LineEncoder;
  /** Writes events without decoding them. `undefined` if the mapping or the settings need more than a scan. */
  readonly #scan: ScanEncoder | undefined;
  readonly #input: CurrentEvent;

  constructor(options: ConverterOptions) {
    this.#options = { ...options, decode: decodeOptionsOf(options) };
    this.#canonical = options.converter === 'point' ? pointEncoder(canonicalPoint) : createCanonicalEncoder();
    this.#addEncoders(options.mapping);
    const { mapping, converter, scan, hooks, columns } = options;
    const mayScan = scan !== false && converter === 'line' && hooks === undefined && columns === undefined;
    this.#scan = mayScan && mapping !== undefined ? createScanEncoder(mapping, this.#options.decode) : undefined;
    this.#input = new CurrentEvent(options.decode.messageBytesMax);
  }

  #addEncoders(mapping: Mapping | undefined): void {
    for (const rule of mapping?.rules ?? [])
      if (rule.drop !== true) this.#encoders.set(rule, this.#encoderOf(rule, mapping));
    if (mapping?.preset?.kind === 'rules') this.#addEncoders(mapping.preset.mapping);
  }

  #encoderOf(rule: MappingRule, mapping: Mapping | undefined): LineEncoder {
    if (this.#options.converter === 'point') return createPointEncoder(rule);
    return mapping?.readsCode === true ? createCodeEncoder(rule) : createRuleEncoder(rule);
  }

  decode(message: Message, index: number): DecodedMessage {
    return this.#scan?.scan(message) === true ? scannedMessage(message, index) : this.#decode(message, index);
  }

  #decode(message: Message, index: number): DecodedMessage {
    const decoded = decode(message, this.#options.decode, false);
    if (isRefusal(decoded)) return unreadableMessage(message, index, message.body.length, decoded);
    const found = findEvents(decoded, this.#options);
    if (isRefusal(found)) return unreadableMessage(message, index, decoded.bytes, found);
    return {
      message,
      index,
      count: found.events.length,
      bytes: decoded.bytes,
      branchesIgnored: found.branchesIgnored,
      isControl: found.isControl,
      isScanned: false,
      decoded,
      events: found.events,
    };
  }

  convert(decoded: DecodedMessage, buffers: LineBuffers, observer: ConversionObserver): Iterable<OwnedBatch> {
    if (decoded.isScanned) {
      if (this.#writeScanned(decoded, buffers, observer)) return buffers.isFull() ? buffers.takeFull() : NO_BATCHES;
      Object.assign(decoded, this.#decode(decoded.message, decoded.index));
    }
    const conversion: Conversion = {
      decoded,
      input: this.#input,
      buffers,
      observer,
      next: 0,
      points: decoded.count > 1 ? new WrittenPoints(decoded.count) : undefined,
    };
    // Most messages fill no buffer, and need no generator (docs/decisions/0026).
    const stopped = this.#convertUntil(conversion);
    if (stopped !== 'done') return this.#continue(conversion, stopped);
    // The next message is decoded before it is read, and both may not fit into memory.
    this.#input.release();
    return NO_BATCHES;
  }

  /** Writes the line of a scanned message. Returns `false` if it must be decoded. */
  #writeScanned({ message, index }: DecodedMessage, buffers: LineBuffers, observer: ConversionObserver): boolean {
    const input = this.#input;
    input.begin(message);
    input.beginEvent(0);
    const buffer = buffers.bufferFor(this.#options.target);
    const end = (this.#scan as ScanEncoder).write(message.body, input, buffer);
    if (end < 0) return false;
    buffer.commit(end, index, 0);
    if (input.isChanged) observer.converted(input);
    return true;
  }

  *#continue(conversion: Conversion, stoppedAt: Stopped): Generator<OwnedBatch> {
    let stopped = stoppedAt;
    try {
      while (stopped !== 'done') {
        if (stopped === 'full') yield* conversion.buffers.takeFull();
        if (stopped === 'source needed') this.#readWithSource(conversion);
        stopped = this.#convertUntil(conversion);
      }
    } finally {
      this.#input.release();
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
    input.begin(decoded.message);
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
    const content = decode(decoded.message, this.#options.decode, true);
    const found = isRefusal(content) ? content : findEvents(content, this.#options);
    decoded.decoded = content;
    decoded.events = isRefusal(found) ? found : found.events;
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
    input.beginEvent(placeInFirst(decoded.message, conversion.next));
    const buffer = this.#bufferOf(found, conversion);
    const refusal = isRefusal(buffer) ? buffer : this.#encode(found, buffer, conversion);
    if (refusal?.code === 'no-fields' && found.kind === 'mapped' && found.rule.noFields === 'drop') {
      conversion.next += 1;
      observer.dropped(decoded.index);
      return;
    }
    if (refusal !== undefined) {
      refuseEvent(conversion, withKind(refusal, found), measurementHint(found));
      return;
    }
    const changed = this.#applyKnownColumns(buffer as LineBuffer, conversion);
    if (changed !== undefined) {
      refuseEvent(conversion, changed, measurementHint(found));
      return;
    }
    conversion.next += 1;
    if (input.isChanged) observer.converted(input);
    if (conversion.points?.add(buffer as LineBuffer) === true)
      observer.replaced(() => (buffer as LineBuffer).lastLine());
  }

  /** Changes fields of the last line whose columns are known to have another type, or returns a refusal. */
  #applyKnownColumns(buffer: LineBuffer, { decoded, next, observer }: Conversion): Refusal | undefined {
    const { columns } = this.#options;
    if (columns === undefined || columns.isEmpty) return undefined;
    const resolved = columns.applyTo(buffer.lastLine(), buffer.target);
    if (resolved === undefined) return undefined;
    buffer.dropLast();
    if (isRefusal(resolved)) return resolved;
    const refusal = appendPoint(parseOwnLine(resolved.line), buffer, decoded.index, next);
    if (refusal === undefined) observer.conflictsResolved(resolved.fields);
    return refusal;
  }

  /** Returns the buffer of the target of an event, and sets the input to the event. */
  #bufferOf(found: ConvertedEvent, { input, buffers, decoded }: Conversion): LineBuffer | Refusal {
    const { target } = this.#options;
    if (found.kind === 'line') return buffers.bufferFor(target);
    input.event = found.event;
    if (found.kind === 'mapped') {
      input.root = found.root;
      input.position = found.position;
      input.opened = found.opened;
      const { layout, cut } = decoded.decoded as Decoded;
      input.unitIndex = layout === 'array' ? found.place.unit : cut?.index;
      const own = targetOf(found.rule, target, input);
      return isRefusal(own) ? own : buffers.bufferFor(own);
    }
    input.canonicalPolicy = found.preset?.policy ?? DEFAULT_POLICY;
    if (found.preset === undefined) return buffers.bufferFor(target);
    // The paths of a target begin at the decoded event, and not at the point that the preset made of it.
    const { root, target: rules } = found.preset;
    const own = targetOf(rules, target, { ...scopeOf(input), event: root, root });
    return isRefusal(own) ? own : buffers.bufferFor(own);
  }

  #encode(found: ConvertedEvent, buffer: LineBuffer, conversion: Conversion): Refusal | undefined {
    const { decoded, input, next } = conversion;
    if (found.kind === 'mapped')
      return (this.#encoders.get(found.rule) as LineEncoder).encode(input, buffer, decoded.index, next);
    if (found.kind === 'canonical') return this.#canonical.encode(input, buffer, decoded.index, next);
    const point = linePoint(found.text, input, this.#options.linePrecision);
    return isRefusal(point) ? point : appendPoint(point, buffer, decoded.index, next);
  }
}

/** Codes of refusals because a value is absent. */
const ABSENT: ReadonlySet<RefusalCode> = new Set([
  'no-fields',
  'measurement-missing',
  'tag-missing',
  'timestamp-missing',
]);

/** Returns the refusal of an event that is no object, and that no path of the mapping reads. */
const withKind = (refusal: Refusal, found: ConvertedEvent): Refusal =>
  found.kind === 'mapped' && !isObject(found.event) && ABSENT.has(refusal.code) && !readsElement(found.rule)
    ? refuse(
        'undecodable',
        `expected an object, found ${kindOf(found.event)}; in a mapping, $value is the element itself (${refusal.code})`,
      )
    : refusal;

/** An event that becomes a line. */
type ConvertedEvent = Exclude<FoundEvent, { kind: 'refused' | 'dropped' }>;

const refuseEvent = (conversion: Conversion, refusal: Refusal, measurement: string | undefined): void => {
  const { index: messageIndex } = conversion.decoded;
  const eventIndex = conversion.next++;
  conversion.observer.refused({ messageIndex, eventIndex, refusal, measurement, partlyStored: false });
};

const measurementHint = (found: FoundEvent): string | undefined =>
  found.kind === 'mapped' && 'constant' in found.rule.measurement ? found.rule.measurement.constant : undefined;
