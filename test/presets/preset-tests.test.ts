/** Runs the tests of all presets, `presets/*.test.yaml`, as a user does, with both converters. */

import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { PRESETS } from '../../src/sink/presets/presets.ts';
import { run } from '../cli/running.ts';

const FOLDER = fileURLToPath(new URL('../../presets/', import.meta.url));
const FILES = readdirSync(FOLDER).filter((file) => file.endsWith('.test.yaml'));

test('every preset has a file with tests', () => {
  expect(FILES.map((file) => file.replace('.test.yaml', '')).sort()).toEqual(Object.keys(PRESETS).sort());
});

test.each(['line', 'point'])('the tests of all presets pass with the converter "%s"', async (converter) => {
  const { code, out, err } = await run(['test', ...FILES.map((file) => FOLDER + file)], '', {
    SINK_CONVERTER: converter,
  });
  expect([code, err]).toEqual([0, '']);
  expect(out).toMatch(/^(\d{2,}) tests in 12 files: \1 passed, 0 failed\.$/m);
});
