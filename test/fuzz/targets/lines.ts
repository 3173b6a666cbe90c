/** Line protocol of producers. */

import { canonicalText } from '../../../src/sink/convert/canonical-point.ts';
import { LINE_PRECISIONS } from '../../../src/sink/convert/influx-point.ts';
import { parseOwnLine } from '../../../src/sink/lines/parse-own-line.ts';
import type { Point } from '../../../src/sink/lines/point.ts';
import { convert } from '../../sink/make.ts';
import { BODY_BYTES_MAX, checkConversion, checkServerGrammar, delivered, settingOf } from '../conversion.ts';
import { inputOf, mustEqual, selected, type Target } from '../target.ts';

const SEEDS = [
  'm,t=a v=1 1780000000000000000',
  'm v=1i,s="a b",b=true,f=-1.5e3 1780000000000',
  'a\\ b,t\\=x=y\\,z f\\ 1="q\\"\\\\" 1780000000',
  'm v="line\nbreak",w=1',
  '# comment\n\nm v=1\r\n  m w=2u',
  'm,a=1,a=2 v=1',
  'm v=1,v=2',
  'm,t=\\ v=1',
  'm v="',
  'm v=NaN',
  'm v=9223372036854775807i 9223372036854775807',
  'm time=1',
];

/** Returns a point with its fields in an order that does not depend on how they were written. */
const sorted = (point: Point): unknown => ({ ...point, fields: point.fields.toSorted(([a], [b]) => (a < b ? -1 : 1)) });

export const target: Target = {
  meaning: 'line protocol of producers',
  selectors: 2,
  seeds: () => SEEDS.flatMap((body) => LINE_PRECISIONS.map((_, precision) => inputOf([precision, 0], body))),
  run: (input) => {
    const linePrecision = selected(LINE_PRECISIONS, input[0]);
    const setting = settingOf(0, (input[1] ?? 0) % 4 === 1 ? 'auto' : 'line-protocol', { linePrecision });
    const one = delivered(Buffer.from(input.subarray(2)).toString('utf8'));
    checkConversion(one, setting);
    const { lines } = convert(one, { input: setting.input, messageBytesMax: BODY_BYTES_MAX, linePrecision });
    checkServerGrammar(lines);
    // The dead letter of a stored line becomes the same point.
    for (const line of lines) {
      const again = convert(delivered(canonicalText(parseOwnLine(line))), { input: 'canonical' });
      mustEqual(again.codes, [], 'the sink refuses the canonical event of a written line');
      mustEqual(
        again.lines.map(parseOwnLine).map(sorted),
        [sorted(parseOwnLine(line))],
        'a written line is another point when it is written again',
      );
    }
  },
};
