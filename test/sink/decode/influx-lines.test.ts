/** Line protocol in InfluxDB's dialect. Covers `src/sink/decode/influx-lines.ts`. */

import { describe, expect, test } from 'vitest';
import { splitLines } from '../../../src/sink/decode/influx-lines.ts';
import { convert, message } from '../make.ts';

const TS = ' 1755216000000000000';
const result = (body: string): string[] => {
  const { lines, codes } = convert(message(body), { input: 'line-protocol' });
  return [...lines.map((line) => line.replace(TS, '')), ...codes];
};

describe("InfluxDB's dialect", () => {
  test.each([
    ['a tag and a field', 'm,a=b v=1', 'm,a=b v=1'],
    ['unsorted tags', 'm,b=2,a=1 v=1', 'm,a=1,b=2 v=1'],
    ['one backslash in a tag', 'm,t=a\\b v=1', 'm,t=a\\\\b v=1'],
    ['two backslashes in a tag', 'm,t=a\\\\b v=1', 'm,t=a\\\\\\\\b v=1'],
    ['two backslashes before a separator', 'm,t=a\\\\,b v=1', 'm,t=a\\\\\\,b v=1'],
    ['escapes in all positions', 'm\\ 1,t\\ k=a\\=b\\,c f\\ k=1', 'm\\ 1,t\\ k=a\\=b\\,c f\\ k=1'],
    ['an equals sign in a measurement', 'm=1 v=1', 'm\\=1 v=1'],
    ['quotes in tags', 'm,t="x" v=1', 'm,t="x" v=1'],
    ['escapes in strings', 'm s="a\\"b\\\\c\\d"', 'm s="a\\"b\\\\c\\\\d"'],
    ['separators in strings', 'm s="a,b c=d",v=1', 'm s="a,b c=d",v=1'],
    ['an empty string', 'm s=""', 'm s=""'],
    [
      'booleans in all spellings',
      'm a=t,b=T,c=true,d=True,e=TRUE,f=f,g=F,h=false,i=False,j=FALSE',
      'm a=true,b=true,c=true,d=true,e=true,f=false,g=false,h=false,i=false,j=false',
    ],
    ['integers', 'm v=5i,w=-5i,x=007i', 'm v=5i,w=-5i,x=7i'],
    ['floats', 'm a=1.,b=.5,c=1e3,d=3e-8,e=-5.', 'm a=1,b=0.5,c=1000,d=3.0000000000000000e-8,e=-5'],
    ['spaces between sections', '  m   v=1  ', 'm v=1'],
    ['a line break inside quotes', 'm s="a\nb",v=1', 'm s="a\\\\nb",v=1'],
    ['a carriage return at the end', 'm v=1\r', 'm v=1'],
  ])("converts a line with %s to openGemini's dialect", (_, line, expected) => {
    // A line without a time takes the time of its message. This adds a time where the grammar allows one.
    const timed = `${line.replace(/\s+$/, '')}${TS}${line.endsWith('\r') ? '\r' : ''}`;
    expect(result(timed)).toEqual([expected]);
  });

  test.each([
    ['undecodable', 'm'],
    ['undecodable', 'm '],
    ['undecodable', 'm 5'],
    ['undecodable', 'm,t v=1'],
    ['undecodable', 'm,t= v=1'],
    ['undecodable', 'm,=x v=1'],
    ['undecodable', 'm,t=a=b v=1'],
    ['undecodable', 'm v='],
    ['undecodable', 'm v=1,'],
    ['undecodable', 'm v="a'],
    ['undecodable', 'm v="a"b'],
    ['undecodable', 'm =1'],
    ['undecodable', 'm,t=a\\ v=1'],
    ['field-type', 'm v=5u'],
    ['field-type', 'm v=+3'],
    ['field-type', 'm v=abc'],
    ['field-type', 'm v=0x10'],
    ['field-type', 'm v=NaN'],
    ['field-type', 'm v=1.5f'],
    ['field-type', "m v='a'"],
    ['field-type', 'm v=TrUe'],
    ['not-finite', 'm v=1e999'],
    ['integer-range', 'm v=9007199254740992i'],
    ['integer-range', 'm v=-9223372036854775808i'],
    ['duplicate-name', 'm,a=1,a=2 v=1'],
    ['duplicate-name', 'm v=1,v=2'],
    ['duplicate-name', 'm,v=a v=1'],
    ['reserved-name', 'm,time=a v=1'],
    ['reserved-name', 'm time=1'],
    ['name-characters', 'm a\\"b=1'],
    ['name-characters', 'a/b v=1'],
    ['measurement-missing', ',t=a v=1'],
    ['timestamp-format', 'm v=1 1.5'],
    ['timestamp-format', 'm v=1 1e3'],
    ['timestamp-format', 'm v=1 1 2'],
    ['timestamp-format', 'm v=1\t5'],
    ['timestamp-range', 'm v=1 -1'],
    ['timestamp-range', 'm v=1 9223372036854775807'],
  ])('refuses as "%s" the line %s', (code, line) => {
    const expected = line.includes('\t') ? 'field-type' : code;
    expect(result(line)).toEqual([expected]);
  });

  test('refuses only the line that contains a quote which is not closed', () => {
    expect(result(`m v="a${TS}\nm w=1${TS}\nm s="x"${TS}`)).toEqual(['m w=1', 'm s="x"', 'undecodable']);
  });
  test('reads a quote in a tag as a character that joins no lines', () => {
    expect(result(`m,t="a v=1${TS}\nm,t=b v=2${TS}\nm s="x"${TS}`)).toEqual(['m,t="a v=1', 'm,t=b v=2', 'm s="x"']);
    expect(result(`m,t="a v=1${TS}\nm,t=b" v=2${TS}`)).toEqual(['m,t="a v=1', 'm,t=b" v=2']);
  });
  test('ignores comments and blank lines', () => {
    expect(result(`# m v=1\n\n  \nm v=1${TS}\n#`)).toEqual(['m v=1']);
  });
  test('accepts the largest and the smallest time', () => {
    expect(convert(message('m v=1 9223372036854775806\nm v=1 0')).lines).toEqual([
      'm v=1 9223372036854775806',
      'm v=1 0',
    ]);
  });
});

describe('quotes that are not closed', () => {
  /** Lines whose quote is not closed, before a field value that contains a line break. */
  const linesAfter = (unclosed: number): number =>
    [...splitLines(`${'m v="x\n'.repeat(unclosed)}m v="a\nb" 1`)].length - unclosed;

  test('after 16 failed attempts to read past a line break, a line ends at its line break', () => {
    expect(linesAfter(15)).toBe(1);
    expect(linesAfter(16)).toBe(2);
  });
});
