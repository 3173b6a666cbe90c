/** The place and the problem of a text that is not JSON. Covers `src/sink/json/json-fault.ts`. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { describeJsonFault, jsonFault } from '../../../src/sink/json/json-fault.ts';
import { mayHaveNonFinite, parseNonFinite } from '../../../src/sink/json/non-finite.ts';
import { valueEnd } from '../../../src/sink/json/source-spans.ts';
import { skipSpace } from '../../../src/sink/json/tokens.ts';

const faultOf = (text: string): string | undefined => {
  const fault = jsonFault(text);
  return fault && describeJsonFault(text, fault);
};

describe('the first fault of a text', () => {
  test.each([
    ['{"a":1,}', 'character 8: expected a name in double quotes after the comma, found "}"'],
    ['{"a":1 "b":2}', 'character 8: expected "," or "}", found a double quote'],
    ['{a:1}', 'character 2: expected a name in double quotes or "}", found a letter'],
    ["{'a':1}", 'character 2: expected a name in double quotes or "}", found a single quote'],
    ['{"a" 1}', 'character 6: expected ":" after the name, found a digit'],
    ['{"a":}', 'character 6: expected a value, found "}"'],
    ['{"a":1', 'character 7: expected "," or "}", found the end of the text'],
    ['{"a":', 'character 6: expected a value, found the end of the text'],
    ['{"a', 'character 4: the text ends in a string'],
    ['{"a":"b\\', 'character 8: a string contains a backslash that begins no escape; JSON writes a backslash as \\\\'],
    ['[1,]', 'character 4: expected a value after the comma, found "]"'],
    ['[1,2}', 'character 5: expected "," or "]", found "}"'],
    ['[1 2]', 'character 4: expected "," or "]", found a digit'],
    ['[,1]', 'character 2: expected a value or "]", found ","'],
    ['[', 'character 2: expected a value or "]", found the end of the text'],
    ['{"a":1}}', 'character 8: expected the end of the text, found "}"'],
    ['{"a":1} x', 'character 9: expected the end of the text, found a letter'],
    ['{"a":01}', 'character 6: a number has a leading zero'],
    ['{"a":-01}', 'character 6: a number has a leading zero'],
    ['{"a":1.}', 'character 8: a digit is expected after the dot of a number'],
    ['{"a":.5}', 'character 6: a number must begin with a digit, or "-" and a digit'],
    ['{"a":+1}', 'character 6: a number must begin with a digit, or "-" and a digit'],
    ['{"a":-}', 'character 6: expected a value, found "-"'],
    ['{"a":1e}', 'character 7: expected "," or "}", found a letter'],
    ['{"a":0x1F}', 'character 7: expected "," or "}", found a letter'],
    ['{"a":True}', 'character 6: expected a value, found True, which JSON writes as true'],
    ['{"a":FALSE}', 'character 6: expected a value, found FALSE, which JSON writes as false'],
    ['[None]', 'character 2: expected a value, found None, which JSON writes as null'],
    ['[undefined]', 'character 2: expected a value, found undefined, which JSON writes as null'],
    ['{"a":tru}', 'character 6: expected a value, found a letter'],
    ['{"a":nulls}', 'character 6: expected a value, found a letter'],
    ['{"a":/* b */1}', 'character 6: expected a value, found a comment, which JSON does not have'],
    ['{"a":1}// b', 'character 8: expected the end of the text, found a comment, which JSON does not have'],
    ['{"a":"b\nc"}', 'line 1, character 8: a string contains a line break, which JSON writes as \\n'],
    ['{"a":"b\rc"}', 'character 8: a string contains a carriage return, which JSON writes as \\r'],
    ['{"a":"b\tc"}', 'character 8: a string contains a tab, which JSON writes as \\t'],
    ['{"a":"\u0001"}', 'character 7: a string contains the control character U+0001, which JSON writes as \\u0001'],
    [
      '{"a":"C:\\data"}',
      'character 9: a string contains a backslash that begins no escape; JSON writes a backslash as \\\\',
    ],
    [
      '{"a":"\\u12G4"}',
      'character 7: a string contains a backslash that begins no escape; JSON writes a backslash as \\\\',
    ],
    ['{\n  "a": 1,\n  "b": é\n}', 'line 3, character 8: expected a value, found the character U+00E9'],
    ['{\n"a":1,\n}', 'line 3, character 1: expected a name in double quotes after the comma, found "}"'],
    ['{"😀":"é"\\}', 'character 9: expected "," or "}", found a backslash'],
    ['{"a":1}\u00a0', 'character 8: expected the end of the text, found the character U+00A0'],
    ['', 'character 1: expected a value, found the end of the text'],
    ['{"a":1}\n{"b":}', 'line 2, character 6: expected a value, found "}"'],
    ['1 {"a":1}', 'character 3: expected the end of the text, found "{"'],
    ['{"a":1} 1', 'character 9: expected the end of the text, found a digit'],
  ])('%j', (text, expected) => {
    expect(faultOf(text)).toBe(expected);
  });

  test.each([
    ['{"a":1},{"a":2}', true],
    ['[1] , [2]', true],
    ['1,2', false],
    ['{"a":1}}', false],
    ['{"a":1,}', false],
  ])('of %j is a comma between documents: %s', (text, expected) => {
    expect(jsonFault(text)?.isCommaBetween).toBe(expected);
  });

  test.each([
    '{"a":[1,-2.5e+3,true,false,null,"b\\n\\u00e9"],"c":{},"d":[]}',
    '{"a":NaN,"b":-inf,"c":Infinity,"d":nan}',
    ' [ ] ',
    '"a"',
    '{"a":1}{"b":2}\n[3]',
  ])('does not exist in %j', (text) => {
    expect(jsonFault(text)).toBeUndefined();
  });
});

/** Whether a text is a value, or objects and arrays that follow each other, by the functions that read bodies. */
const isReadable = (text: string): boolean => {
  for (let at = skipSpace(text, 0), first = true; first || at < text.length; first = false) {
    const isContainer = text[at] === '{' || text[at] === '[';
    const end = isContainer ? valueEnd(text, at) : text.length;
    if (!isContainer && !first) return false;
    const part = text.slice(at, end);
    try {
      JSON.parse(part);
    } catch {
      if (!mayHaveNonFinite(part)) return false;
      try {
        parseNonFinite(part);
      } catch {
        return false;
      }
    }
    at = skipSpace(text, end);
  }
  return true;
};

test('exists in a text exactly if the functions that read bodies refuse it', () => {
  const piece = fc.constantFrom(
    ...['{', '}', '[', ']', ',', ':', '"a"', '"', '\\', '\\n', '\\u00e9', '\\x', ' ', '\n', '\t', '\u0001', '\u00a0'],
    ...['0', '1', '-', '.', 'e', '+', '1.5', '-0', 'true', 'null', 'tru', 'NaN', '-inf', 'x', '/', "'", '{}', '[]'],
    ...['"a":1', '"b":[1,2]', '{"c":"d"}'],
  );
  const pieces = fc.array(piece, { maxLength: 12 }).map((parts) => parts.join(''));
  const json = fc.json({ maxDepth: 3 });
  const changed = fc.tuple(json, fc.nat(), fc.nat({ max: 2 }), piece).map(([text, place, drop, part]) => {
    const at = place % (text.length + 1);
    return text.slice(0, at) + part + text.slice(at + drop);
  });
  let readable = 0;
  let broken = 0;
  fc.assert(
    fc.property(fc.oneof(pieces, json, changed), (text) => {
      const expected = isReadable(text);
      expect(jsonFault(text) === undefined).toBe(expected);
      if (expected) readable += 1;
      else broken += 1;
    }),
    { numRuns: 5_000 },
  );
  expect(readable).toBeGreaterThan(1_000);
  expect(broken).toBeGreaterThan(1_000);
});

test('is found in a text of a million brackets, and in a million documents, each read once', () => {
  const million = 1_000_000;
  expect(faultOf('['.repeat(million))).toBe(
    `character ${million + 1}: expected a value or "]", found the end of the text`,
  );
  expect(faultOf(`${'{}\n'.repeat(million)}}`)).toBe(
    `line ${million + 1}, character 1: expected the end of the text, found "}"`,
  );
});
