/** Texts with characters that line protocol escapes, strips, or cannot express. */

import fc from 'fast-check';

const odd = fc.constantFrom(
  ...['\\', '"', ' ', ',', '=', '\n', '\r', '\t', '\u0000', '\u0001', '#', 'é', '日', '😀', '\ud800', '\udc00'],
  ...['time', '/', ';', '.', '\\\\"', '=,', "'"],
);

/** Generates text: ordinary, binary, or made of odd characters. */
export const oddText: fc.Arbitrary<string> = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.array(odd, { maxLength: 24 }).map((parts) => parts.join('')),
);
