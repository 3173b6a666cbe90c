/** The port of both converters: event in, line out. */

import type { LineBuffer } from '../lines/line-buffer.ts';
import type { MappingRule } from '../mapping/mapping.ts';
import { isRefusal, type Refusal } from '../refusal.ts';
import type { EventInput } from './event-context.ts';
import { appendPoint, createPointConverter, type PointConverter } from './point-converter.ts';

/** Writes the line of one event behind what `out` holds, or says why not. Nothing is left behind by a refusal. */
export interface LineEncoder {
  encode(input: EventInput, out: LineBuffer, messageIndex: number, eventIndex: number): Refusal | undefined;
}

/** The readable converter in the place of the quick one. */
export const createPointEncoder = (rule: MappingRule): LineEncoder => pointEncoder(createPointConverter(rule));

export const pointEncoder = (convert: PointConverter): LineEncoder => ({
  encode(input, out, messageIndex, eventIndex) {
    const point = convert(input);
    return isRefusal(point) ? point : appendPoint(point, out, messageIndex, eventIndex);
  },
});
