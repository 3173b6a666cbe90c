/** Interface of the fast path and the point converter. Each encodes one event as one line. */

import type { LineBuffer } from '../lines/line-buffer.ts';
import type { MappingRule } from '../mapping/mapping.ts';
import { isRefusal, type Refusal } from '../refusal.ts';
import type { EventInput } from './event-input.ts';
import { appendPoint, type ConvertToPoint, createPointConverter } from './point-converter.ts';

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

/** The fast path of one kind of events. */
export interface FastPath {
  /**
   * Writes the line of a plain event after the committed lines of `out`, commits nothing, and returns the end of the
   * line. Returns `NOT_PLAIN` for any other event.
   *
   * @throws SourceNeeded if the message must be parsed again with source texts.
   */
  write(input: EventInput, out: LineBuffer): number;
}

/** Creates an encoder that writes plain events by the fast path, and converts all others with the point converter. */
export const fastEncoder = (fast: FastPath, convert: ConvertToPoint): LineEncoder => {
  const points = pointEncoder(convert);
  return {
    encode(input, out, messageIndex, eventIndex) {
      const { altered, omitted, implausibleTimes } = input;
      const end = fast.write(input, out);
      if (end >= 0) {
        out.commit(end, messageIndex, eventIndex);
        return undefined;
      }
      // The point converter counts them again.
      input.altered = altered;
      input.omitted = omitted;
      input.implausibleTimes = implausibleTimes;
      return points.encode(input, out, messageIndex, eventIndex);
    },
  };
};

/** Creates an encoder that writes the points of a point converter. */
export const pointEncoder = (convert: ConvertToPoint): LineEncoder => ({
  encode(input, out, messageIndex, eventIndex) {
    const point = convert(input);
    return isRefusal(point) ? point : appendPoint(point, out, messageIndex, eventIndex);
  },
});
