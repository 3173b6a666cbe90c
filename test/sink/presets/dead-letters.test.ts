/** Dead letters of the events of presets become the same points when they are sent back. */

import { describe, expect, test } from 'vitest';
import { PRESETS } from '../../../src/sink/presets/presets.ts';
import { outcomesOf, sendBack } from '../laws/outcomes.ts';
import { mapping, message } from '../make.ts';
import { sample } from './outcomes.ts';

describe.each(Object.keys(PRESETS))('dead letters of the preset %s', (preset) => {
  test(`each event of the samples of ${preset} becomes the same point from its dead letter`, () => {
    const setting = { mapping: mapping({ measurement: undefined, preset }), input: 'auto' as const };
    for (const body of sample(preset).bodies) {
      const one = message(body, { sentAtMs: 1_780_000_000_000 });
      const { events } = outcomesOf(one, setting);
      const back = sendBack(one, setting, [...events.keys()]);
      expect(back.map((letter) => outcomesOf(letter, setting).events)).toEqual(events.map((event) => [event]));
    }
  });
});
