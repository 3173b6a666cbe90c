/** Segments that released versions stored stay readable. Covers `src/checkpoint/format/stored-segment.ts`. */

import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readSegment, SEGMENT_FORMAT, writeSegment } from '../../../src/checkpoint/format/stored-segment.ts';
import { contentOf } from '../make.ts';
import { goldenUrl, readGolden } from './golden-segments.ts';

const FORMATS = Array.from({ length: SEGMENT_FORMAT }, (_, index) => index + 1);

describe.each(FORMATS)('stored format %i', (format) => {
  describe.each(readGolden(format))('$about', ({ about, stored, expected }) => {
    test(`reads the golden segment of format ${format} unchanged: ${about}`, () => {
      expect(stored.format).toBe(format);
      expect(contentOf(readSegment(stored))).toEqual(contentOf(expected));
    });
    test(`rewrites the golden segment of format ${format} in the newest format without loss: ${about}`, () => {
      expect(contentOf(readSegment(writeSegment(readSegment(stored))))).toEqual(contentOf(expected));
    });
    test.each(FORMATS.filter((other) => other !== format))(
      `does not read the golden segment of format ${format} as format %i: ${about}`,
      (other) => {
        expect(() => readSegment({ ...stored, format: other })).toThrow();
      },
    );
  });
});

test('has a golden file for each readable format', () => {
  const files = readdirSync(new URL('.', goldenUrl(1))).filter((name) => name.startsWith('segment-format-'));
  expect(files.sort()).toEqual(FORMATS.map((format) => `segment-format-${format}.json`));
});
