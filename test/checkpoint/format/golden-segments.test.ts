import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readSegment, SEGMENT_FORMAT, writeSegment } from '../../../src/checkpoint/format/stored-segment.ts';
import { contentOf } from '../make.ts';
import { goldenUrl, readGolden } from './golden-segments.ts';

const FORMATS = Array.from({ length: SEGMENT_FORMAT }, (_, index) => index + 1);

describe.each(FORMATS)('what was stored in format %i, when it was new', (format) => {
  describe.each(readGolden(format))('$about', ({ stored, expected }) => {
    test('is read to exactly what it was', () => {
      expect(stored.format).toBe(format);
      expect(contentOf(readSegment(stored))).toEqual(contentOf(expected));
    });
    test('is written in the newest format without a loss', () => {
      expect(contentOf(readSegment(writeSegment(readSegment(stored))))).toEqual(contentOf(expected));
    });
    test.each(FORMATS.filter((other) => other !== format))('is not read as format %i', (other) => {
      expect(() => readSegment({ ...stored, format: other })).toThrow();
    });
  });
});

test('there is a file for each format that is read', () => {
  const files = readdirSync(new URL('.', goldenUrl(1))).filter((name) => name.startsWith('segment-format-'));
  expect(files.sort()).toEqual(FORMATS.map((format) => `segment-format-${format}.json`));
});
