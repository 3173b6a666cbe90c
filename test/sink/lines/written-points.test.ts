/** Points that replace each other are found like in a list of series and times. Covers `src/sink/lines/written-points.ts`. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { pointLine } from '../../../src/sink/convert/point-converter.ts';
import { LineBuffer } from '../../../src/sink/lines/line-buffer.ts';
import type { Point } from '../../../src/sink/lines/point.ts';
import { WrittenPoints } from '../../../src/sink/lines/written-points.ts';
import { escapeName } from '../../../src/sink/mapping/name-rules.ts';
import type { Target } from '../../../src/sink/ports.ts';
import { convert, mapping, message } from '../make.ts';

const TARGETS: readonly Target[] = [
  { database: 'north', retentionPolicy: undefined },
  { database: 'south', retentionPolicy: undefined },
  { database: 'north', retentionPolicy: 'week' },
  { database: 'north', retentionPolicy: 'year' },
];

const buffersOf = (): LineBuffer[] => TARGETS.map((target) => new LineBuffer(target));

/** Appends the line of a point, as an encoder does. */
const append = (buffer: LineBuffer, point: Point): void => {
  const series = [point.measurement, ...point.tags.flat()].map(escapeName);
  const tags = point.tags.length;
  buffer.reserve(0);
  // Each tag has a comma and an equals sign.
  buffer.seriesEnd = buffer.length + Buffer.byteLength(series.join('')) + 2 * tags;
  buffer.commit(buffer.length + buffer.bytes.write(`${pointLine(point)}\n`, buffer.length), 0, 0);
};

/** Whether each point has the target, series and time of an earlier one. */
const replacedIn = (points: readonly (readonly [number, Point])[]): boolean[] => {
  const seen = new Set<string>();
  return points.map(([target, { measurement, tags, time }]) => {
    const key = JSON.stringify([target, measurement, tags, time]);
    const isKnown = seen.has(key);
    seen.add(key);
    return isKnown;
  });
};

const word = fc.constantFrom('a', 'a b', 'a,b', 'a=b', 'a\\', 'ä 1', '1', '12', 'a1', '😀');
const point: fc.Arbitrary<Point> = fc.record({
  measurement: fc.constantFrom('m', 'm 1', 'm,t=a'),
  tags: fc.array(word, { maxLength: 2 }).map((values) => values.map((value, index) => [`t${index}`, value] as const)),
  fields: fc.constantFrom('a', 'b c', '1 1').map((value) => [['v', { type: 'string' as const, value }] as const]),
  time: fc.record({ seconds: fc.constantFrom(0, 1, 1_780_000_000), nanos: fc.constantFrom(0, 1, 2, 11, 21, 12) }),
});

describe('WrittenPoints', () => {
  test('finds the same points as a list of targets, series and times, for any names and any number of targets', () => {
    const list = fc.array(fc.tuple(fc.nat({ max: TARGETS.length - 1 }), point), { minLength: 2, maxLength: 200 });
    fc.assert(
      fc.property(list, (points) => {
        const buffers = buffersOf();
        const written = new WrittenPoints(points.length);
        const found = points.map(([target, one]) => {
          const buffer = buffers[target] as LineBuffer;
          append(buffer, one);
          return written.add(buffer);
        });
        expect(found).toEqual(replacedIn(points));
      }),
      { numRuns: 500 },
    );
  });

  test('finds no replaced point among 100,000 different ones, and each of them a second time', { tags: 'slow' }, () => {
    const count = 100_000;
    const written = new WrittenPoints(2 * count);
    const buffer = new LineBuffer(TARGETS[0] as Target);
    const replaced = Array.from({ length: 2 * count }, (_, index) => {
      const n = index % count;
      const fields = [['v', { type: 'integer', value: index }]] as const;
      append(buffer, {
        measurement: 'm',
        tags: [['device', `device-${n % 1_000}`]],
        fields,
        time: { seconds: 1_780_000_000 + Math.floor(n / 1_000), nanos: 0 },
      });
      return written.add(buffer);
    });
    expect(replaced.indexOf(true)).toBe(count);
    expect(replaced.filter(Boolean)).toHaveLength(count);
  });
});

test.each(['line', 'point'] as const)(
  'counts points of one target only, for names of the same length, with the converter "%s"',
  (converter) => {
    const rules = mapping({
      timestamp: 'ts',
      database: { path: 'db', allow: ['north', 'south'] },
      fields: { v: 'v' },
    });
    const events = ['north', 'south', 'north'].map((db) => ({ db, ts: 1_780_000_000_000, v: 1 }));
    expect(convert(message(events), { mapping: rules, converter }).pointsReplaced).toBe(1);
  },
);
