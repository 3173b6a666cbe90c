/** Runs presets that are code, without the rest of the sink. */

import { readFileSync } from 'node:fs';
import { canonicalPoint } from '../../../src/sink/convert/canonical-point.ts';
import { pointLine } from '../../../src/sink/convert/point-converter.ts';
import type { MessageInfo } from '../../../src/sink/custom/hooks.ts';
import { MESSAGE_BYTES_MAX } from '../../../src/sink/decode/decode-options.ts';
import { type Json, parseJson, SourceText } from '../../../src/sink/json/json.ts';
import { DEFAULT_POLICY } from '../../../src/sink/mapping/mapping.ts';
import type { PresetConverter, PresetEvent } from '../../../src/sink/presets/preset.ts';
import { isRefusal, type Refusal } from '../../../src/sink/refusal.ts';
import { SENT_AT_MS } from '../make.ts';

const MESSAGE: MessageInfo = { id: 'message-1', sentAtMs: SENT_AT_MS, groupId: undefined, attributes: {} };

const refusalText = ({ code, detail }: Refusal): string => `${code}: ${detail}`;

const outcomeOf = (event: PresetEvent, eventIndex: number): string => {
  if (event.kind === 'dropped') return 'dropped';
  if (event.kind === 'refused') return refusalText(event.refusal);
  const point = canonicalPoint({
    event: event.event,
    root: event.event,
    envelope: undefined,
    position: undefined,
    unitIndex: undefined,
    opened: undefined,
    messageView: () => ({}),
    source: new SourceText('', true),
    altered: 0,
    omitted: 0,
    isGiven: false,
    canonicalPolicy: DEFAULT_POLICY,
    messageBytesMax: MESSAGE_BYTES_MAX,
    messageId: MESSAGE.id,
    sentAtMs: MESSAGE.sentAtMs,
    eventIndex,
    implausibleTimes: 0,
  });
  return isRefusal(point) ? refusalText(point) : pointLine({ ...point, fields: point.fields.toSorted(byBound) });
};

/** Bounds last, in ascending order. JavaScript puts members with the names of integers first. */
const byBound = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number => boundOf(a) - boundOf(b);
const boundOf = (name: string): number => (Number.isNaN(Number(name)) ? -Number.MAX_VALUE : Number(name));

/** Converts a unit. Returns the line of each event, `dropped`, or the code and detail of its refusal. */
export const outcomes = (convert: PresetConverter, body: unknown): readonly string[] => {
  const root = parseJson(typeof body === 'string' ? body : JSON.stringify(body), true) as Json;
  return convert(root, MESSAGE).map(outcomeOf);
};

const sampleLines = (file: string): readonly string[] =>
  readFileSync(new URL(`../../presets/samples/${file}`, import.meta.url), 'utf8')
    .trimEnd()
    .split('\n');

/** Returns the bodies of a sample, and the lines that its preset gives. */
export const sample = (name: string): { readonly bodies: readonly string[]; readonly lines: readonly string[] } => ({
  bodies: sampleLines(`${name}.ndjson`),
  lines: sampleLines(`${name}.lines`),
});
