/** Bodies of any format, read by mappings of every kind. */

import { convert } from '../../sink/make.ts';
import {
  BODY_BYTES_MAX,
  checkConversion,
  checkServerGrammar,
  delivered,
  MAPPINGS,
  sampleBodies,
  settingOf,
} from '../conversion.ts';
import { inputOf, selected, type Target } from '../target.ts';

const INPUTS = ['auto', 'auto', 'json', 'ndjson', 'canonical'] as const;

export const target: Target = {
  meaning: 'bodies of JSON, NDJSON, and canonical events, by mappings of every kind',
  selectors: 2,
  seeds: () => sampleBodies().flatMap((body) => MAPPINGS.map((_, index) => inputOf([index, 0], body))),
  run: (input) => {
    const setting = settingOf(input[0] ?? 0, selected(INPUTS, input[1]));
    const one = delivered(Buffer.from(input.subarray(2)).toString('utf8'));
    checkConversion(one, setting);
    const { mapping, input: format } = setting;
    checkServerGrammar(convert(one, { mapping, input: format, messageBytesMax: BODY_BYTES_MAX }).lines);
  },
};
