/**
 * Laws that hold for every mapping and every body: both converters agree, and a dead letter that is sent back becomes the
 * same point. `test/long/laws.test.ts` checks a million events. Covers `src/sink/decode`, `convert`, and `settle`.
 */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Checked, expectLaws, nothingChecked, pathCases } from './laws.ts';
import { presetCases } from './presets.ts';

/** Mutation testing sets fewer, because each mutant runs them. */
const RUNS = Number(process.env.LAWS_RUNS ?? 500);
/** Events of one message whose dead letters are sent back, at most. */
const SENT_BACK_MAX = 6;

/** Checks that the generated events are of every kind, and that many of them became lines. */
const expectVariety = ({ events, lines, refused, dropped }: Checked): void => {
  expect(lines).toBeGreaterThan(events / 4);
  expect(refused).toBeGreaterThan(0);
  expect(dropped).toBeGreaterThan(0);
};

test.each([
  ['paths', pathCases(4)],
  ['a preset', presetCases],
])(
  'a mapping of %s gives the same points, refusals and figures by both converters, with source texts, and from dead letters',
  (_, cases) => {
    const checked = nothingChecked();
    fc.assert(
      fc.property(cases, (one) => expectLaws(one, checked, SENT_BACK_MAX)),
      { numRuns: RUNS, interruptAfterTimeLimit: 300_000 },
    );
    expectVariety(checked);
  },
);
