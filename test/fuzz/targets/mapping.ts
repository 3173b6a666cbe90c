/** Declarations of mappings. */

import { parseMapping } from '../../../src/sink/mapping/parse-mapping.ts';
import { BODY_BYTES_MAX, checkConversion, delivered, sampleBodies } from '../conversion.ts';
import { mappingDeclarations } from '../declarations.ts';
import { inputOf, must, type Target } from '../target.ts';

/** Characters of a fault, at most, besides names of the declaration. */
const FAULT_MAX = 1_000;

const EVENTS = [
  ...sampleBodies().slice(-6),
  '{"v":1,"a":{"b":[1,"x",{"c":null}]},"list":[{"v":2,"rows":[{"v":3}]},{"v":"4"}],"ts":"2026-05-28T20:26:40Z","b64":"eyJ2IjoxfQ=="}',
].map((body) => delivered(body));

const declarationOf = (input: Uint8Array): unknown => {
  try {
    return JSON.parse(Buffer.from(input).toString('utf8'));
  } catch {
    return undefined;
  }
};

export const target: Target = {
  meaning: 'declarations of mappings, and conversions by those that are valid',
  selectors: 0,
  seeds: () => mappingDeclarations().map((declared) => inputOf([], JSON.stringify(declared))),
  run: (input) => {
    const declared = declarationOf(input);
    if (declared === undefined) return;
    const result = parseMapping(declared);
    if ('faults' in result) {
      must(result.faults.length > 0, 'a declaration has neither a mapping nor faults');
      for (const { place, sentence } of result.located) {
        must(
          sentence.startsWith(place) && sentence.length > place.length,
          'a fault does not begin with its place',
          sentence,
        );
        must(sentence.length <= FAULT_MAX + 2 * place.length, 'a fault is too long', sentence);
      }
      return;
    }
    const setting = { mapping: result.mapping, input: 'auto' as const, messageBytesMax: BODY_BYTES_MAX };
    for (const event of EVENTS) checkConversion(event, setting);
  },
};
