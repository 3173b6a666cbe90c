/** Interface of the fast path and the point converter. Each encodes one event as one line. */

import type { LineBuffer } from '../lines/line-buffer.ts';
import type { MappingRule } from '../mapping/mapping.ts';
import { isRefusal, type Refusal } from '../refusal.ts';
import type { EventInput } from './event-context.ts';
import { appendPoint, createPointConverter, type PointConverter } from './point-converter.ts';

/** Turns events into lines. */
export interface LineEncoder {
  /**
   * Appends the line of one event to `out`, or returns a refusal. After a refusal `out` is unchanged.
   *
   * @param messageIndex - Index of the message in this invocation.
   * @param eventIndex - Index of the event in its message.
   * @throws SourceNeeded if the message must be parsed again with source texts.
   */
  encode(input: EventInput, out: LineBuffer, messageIndex: number, eventIndex: number): Refusal | undefined;
}

/** Creates an encoder that converts every event with the point converter, without a fast path. */
export const createPointEncoder = (rule: MappingRule): LineEncoder => pointEncoder(createPointConverter(rule));

/** Creates an encoder that writes the points of a point converter. */
export const pointEncoder = (convert: PointConverter): LineEncoder => ({
  encode(input, out, messageIndex, eventIndex) {
    const point = convert(input);
    return isRefusal(point) ? point : appendPoint(point, out, messageIndex, eventIndex);
  },
});
