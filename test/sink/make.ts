/** Messages, mappings, and conversions for tests, with defaults for everything that a test does not set. */

import { type ConverterKind, createConverter, type LineBuffers } from '../../src/sink/convert/converter.ts';
import { type ConversionExtensions, extendRules } from '../../src/sink/convert/extensions.ts';
import type { LinePrecision } from '../../src/sink/convert/influx-point.ts';
import { type Input, MESSAGE_BYTES_MAX } from '../../src/sink/decode/decode-options.ts';
import { LineBuffer } from '../../src/sink/lines/line-buffer.ts';
import type { Mapping } from '../../src/sink/mapping/mapping.ts';
import { parseMapping } from '../../src/sink/mapping/parse-mapping.ts';
import type { Message } from '../../src/sink/message.ts';
import { type Target, targetKey } from '../../src/sink/ports.ts';
import type { RefusedEvent } from '../../src/sink/refusal.ts';
import { CountingObserver } from '../../src/testing/counting-observer.ts';

/** When the messages of the tests were sent. */
export const SENT_AT_MS = 1_755_216_000_000;

/** Returns a message. A body that is not text becomes JSON. */
export const message = (body: unknown, more: Partial<Message> = {}): Message => ({
  id: 'message-1',
  body: typeof body === 'string' ? body : JSON.stringify(body),
  sentAtMs: SENT_AT_MS,
  firstReceivedAtMs: SENT_AT_MS + 5,
  receiveCount: 1,
  groupId: undefined,
  attributes: {},
  origin: undefined,
  ...more,
});

/** Returns the parsed mapping. Throws if the declaration has faults; tests of faults call `parseMapping` directly. */
export const mapping = (declared: Record<string, unknown>): Mapping => {
  const read = parseMapping(JSON.parse(JSON.stringify({ version: 1, measurement: 'm', ...declared })));
  if ('faults' in read) throw new Error(read.faults.join('\n'));
  return read.mapping;
};

/** The configured target. */
export const TARGET: Target = { database: 'db', retentionPolicy: undefined };

/** Keeps the lines of each target in a buffer that is never full. */
export class BuffersByTarget implements LineBuffers {
  readonly byTarget = new Map<string, LineBuffer>();

  bufferFor(target: Target): LineBuffer {
    const buffer = this.byTarget.get(targetKey(target)) ?? new LineBuffer(target);
    this.byTarget.set(targetKey(target), buffer);
    return buffer;
  }

  isFull(): boolean {
    return false;
  }

  takeFull(): [] {
    return [];
  }
}

/** Result of converting one message. */
export interface ConvertResult {
  readonly events: number;
  readonly valuesAltered: number;
  readonly implausibleTimes: number;
  readonly fieldsOmitted: number;
  readonly pointsReplaced: number;
  readonly branchesIgnored: number;
  readonly isControl: boolean;
  readonly dropped: number;
  readonly lines: readonly string[];
  /** Lines by database and retention policy. */
  readonly targets: Readonly<Record<string, readonly string[]>>;
  readonly refused: readonly RefusedEvent[];
  readonly codes: readonly string[];
}

/** Settings of a conversion. The defaults are those of the configuration. */
export interface ConvertOptions {
  readonly mapping?: Mapping | undefined;
  readonly converter?: ConverterKind;
  readonly input?: Input;
  readonly messageBytesMax?: number;
  readonly linePrecision?: LinePrecision | undefined;
  readonly extensions?: ConversionExtensions;
}

/** Converts one message and returns its lines, refusals and counts. */
export const convert = (one: Message, options: ConvertOptions = {}): ConvertResult => {
  const buffers = new BuffersByTarget();
  const decode = { input: options.input ?? 'auto', messageBytesMax: options.messageBytesMax ?? MESSAGE_BYTES_MAX };
  const rules = extendRules({ mapping: options.mapping, decode }, options.extensions ?? {});
  const converter = createConverter({
    ...rules,
    converter: options.converter ?? 'line',
    target: TARGET,
    linePrecision: options.linePrecision,
  });
  const decoded = converter.decode(one, 0);
  const observer = new CountingObserver();
  for (const { lines } of converter.convert(decoded, buffers, observer))
    throw new Error(`${lines} lines left a buffer that is never full`);
  const targets = Object.fromEntries([...buffers.byTarget].map(([key, buffer]) => [key, linesOf(buffer)]));
  const { refusedEvents: refused, valuesAltered, implausibleTimes, fieldsOmitted, pointsReplaced } = observer;
  const codes = refused.map(({ refusal }) => refusal.code);
  const { count: events, branchesIgnored, isControl } = decoded;
  return {
    events,
    valuesAltered,
    implausibleTimes,
    fieldsOmitted,
    pointsReplaced,
    branchesIgnored,
    isControl,
    dropped: observer.eventsDropped,
    lines: Object.values(targets).flat(),
    targets,
    refused,
    codes,
  };
};

/** Returns refusals as texts: code and detail. */
export const refusalTexts = (refused: readonly RefusedEvent[]): readonly string[] =>
  refused.map(({ refusal: { code, detail } }) => `${code}: ${detail}`);

/** Returns the lines of a buffer as text. */
export const linesOf = (buffer: LineBuffer): string[] =>
  buffer.bytes.subarray(0, buffer.length).toString('utf8').split('\n').slice(0, -1);

/** Returns printable text that cannot be compressed, the same text in every run. */
export const noise = (length: number): string => {
  let seed = 1;
  let text = '';
  while (text.length < length) {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    text += String.fromCharCode(33 + ((seed >>> 8) % 90));
  }
  return text;
};
