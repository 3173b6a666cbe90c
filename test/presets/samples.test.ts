/** Converts the samples of each preset with both converters. */

import { describe, expect, test } from 'vitest';
import { parseMapping } from '../../src/sink/mapping/parse-mapping.ts';
import { PRESETS } from '../../src/sink/presets/presets.ts';
import { createMessageConverter } from '../../src/testing/convert-messages.ts';
import { buildMessage } from '../../src/testing/messages.ts';
import { sample } from '../sink/presets/outcomes.ts';

/** Events of the samples that are dropped on purpose. */
const DROPPED: Readonly<Record<string, number>> = {
  'chirpstack-v4': 1,
  'ttn-v3': 1,
  'iot-sitewise': 1,
  'otlp-metrics': 1,
  vector: 1,
  homeassistant: 3,
};

/** Sorts the fields, whose order is free. No text of the samples contains a comma. */
const sorted = (line: string): string => {
  const [series = '', fields = '', time = ''] = line.split(/(?<!\\) (?=[^ ]+=)|(?<!\\) (?=\d+$)/);
  return [series, fields.split(',').toSorted().join(','), time].join(' ');
};

describe.each(Object.keys(PRESETS))('preset %s', (name) => {
  test.each(['line', 'point'] as const)(`converts the samples of ${name} with the converter "%s"`, (converter) => {
    const read = parseMapping({ version: 1, preset: name });
    if ('faults' in read) throw new Error(read.faults.join('\n'));
    const convert = createMessageConverter({ mapping: read.mapping, converter });
    const { bodies, lines } = sample(name);
    const converted = bodies.map((body, index) => convert(buildMessage(body, { id: `message-${index}` })));
    expect(converted.flatMap(({ refusals }) => refusals)).toEqual([]);
    expect(converted.flatMap((one) => one.lines.map(({ text }) => sorted(text)))).toEqual(lines.map(sorted));
    expect(converted.reduce((sum, { counters }) => sum + counters.dropped, 0)).toBe(DROPPED[name] ?? 0);
  });
});
