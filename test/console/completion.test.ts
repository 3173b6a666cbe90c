/** Tests of `cli/console/page/completion/`: suggestions from the schema while a mapping is being typed. */

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { cursorPlace } from '../../cli/console/page/completion/cursor-place.ts';
import { insertSuggestion } from '../../cli/console/page/completion/insertion.ts';
import { type Schema, suggestionsAt } from '../../cli/console/page/completion/schema.ts';
import type { MappingFormat } from '../../cli/console/protocol.ts';

const SCHEMA: Schema = JSON.parse(readFileSync(new URL('../../mapping.schema.json', import.meta.url), 'utf8'));

/** Splits a text at its cursor, `|`. */
const at = (marked: string): [text: string, cursor: number] => [marked.replace('|', ''), marked.indexOf('|')];

const placeOf = (marked: string, format: MappingFormat) => {
  const place = cursorPlace(...at(marked), format);
  return place === undefined ? undefined : `${place.kind} ${place.path.join('/')} "${place.prefix}"`;
};

const suggested = (marked: string, format: MappingFormat): readonly string[] => {
  const place = cursorPlace(...at(marked), format);
  return place === undefined ? [] : suggestionsAt(SCHEMA, place).map(({ text }) => text);
};

describe('cursorPlace', () => {
  test.each([
    ['|', 'name  ""'],
    ['ver|', 'name  "ver"'],
    ['version: 1\nmea|', 'name  "mea"'],
    ['fields:\n  a: a\n  b:\n    ty|', 'name fields/b "ty"'],
    ['fields:\n  b:\n    path: x\n    type: int|', 'value fields/b/type "int"'],
    ['fields:\n  b:\n    path: x\nta|', 'name  "ta"'],
    ['mappings:\n  - measurement: a\n    fie|', 'name mappings/* "fie"'],
    ['mappings:\n- measurement: a\n- wh|', 'name mappings/* "wh"'],
    ['mappings:\n- measurement: a\n  when:\n    pa|', 'name mappings/*/when "pa"'],
    ['events:\n  - a\n  - |', 'name events/* ""'],
    ['timestamp: { path: a, prec|', 'name timestamp "prec"'],
    ['timestamp: { path: a, precision: i|', 'value timestamp/precision "i"'],
    ['# comment: x\nfields:\n  # a: b\n\n  te|', 'name fields "te"'],
    ['"quoted name": { "ty|', 'name quoted name "ty"'],
    ['measurement: cpu # a comm|', undefined],
  ])('finds the place in the YAML %j', (marked, expected) => {
    expect(placeOf(marked, 'yaml')).toBe(expected);
  });

  test.each([
    ['{|', 'name  ""'],
    ['{"version": 1, "me|', 'name  "me"'],
    ['{"fields": {"a": {"type": "in|', 'value fields/a/type "in"'],
    ['{"fields": {"a": "x"}, "ta|"', 'name  "ta"'],
    ['{"mappings": [{"measurement": "a"}, {"wh|', 'name mappings/* "wh"'],
    ['{"a": "{\\"b\\": ", "c|', 'name  "c"'],
    ['|', undefined],
    ['{"version": 1}|', undefined],
  ])('finds the place in the JSON %j', (marked, expected) => {
    expect(placeOf(marked, 'json')).toBe(expected);
  });
});

describe('suggestionsAt', () => {
  test('the members of a mapping, of a rule, of a field, and of a time are suggested', () => {
    expect(suggested('me|', 'yaml')).toEqual(['measurement']);
    expect(suggested('|', 'yaml')).toEqual(expect.arrayContaining(['version', 'mappings', 'preset', 'fields', 'tags']));
    expect(suggested('mappings:\n  - |', 'yaml')).toEqual(expect.arrayContaining(['when', 'drop', 'measurement']));
    expect(suggested('fields:\n  a: { |', 'yaml')).toEqual(expect.arrayContaining(['path', 'type', 'scale']));
    expect(suggested('{"timestamp": {"pre|', 'json')).toEqual(['precision']);
  });

  test('the values of a member are suggested, and each name once with its description', () => {
    expect(suggested('fields:\n  a: { path: a, type: |', 'yaml')).toEqual(
      expect.arrayContaining(['integer', 'string', 'boolean']),
    );
    expect(suggested('preset: tel|', 'yaml')).toEqual(['telegraf']);
    const place = cursorPlace('me', 2, 'yaml');
    const [measurement, ...others] = place === undefined ? [] : suggestionsAt(SCHEMA, place);
    expect(others).toEqual([]);
    expect(measurement?.description).toMatch(/measurement/i);
  });

  test('nothing is suggested for an unknown member', () => {
    expect(suggested('measurement:\n  unknown:\n    |', 'yaml')).toEqual([]);
    expect(suggested('constructor:\n  |', 'yaml')).toEqual([]);
  });
});

describe('insertSuggestion', () => {
  test.each<[string, MappingFormat, string, string]>([
    ['ver|', 'yaml', 'version', 'version: |'],
    ['version: 1\nme|: cpu', 'yaml', 'measurement', 'version: 1\nmeasurement|: cpu'],
    ['a: { type: in| }', 'yaml', 'integer', 'a: { type: integer| }'],
    ['{"ver|', 'json', 'version', '{"version": |'],
    ['{"ver|"}', 'json', 'version', '{"version": |}'],
    ['{"type": "in|"}', 'json', 'integer', '{"type": "integer"|}'],
    ['{"drop": |}', 'json', 'true', '{"drop": true|}'],
  ])('completes %j (%s) with %s', (marked, format, suggestion, expected) => {
    const [text, cursor] = at(marked);
    const place = cursorPlace(text, cursor, format);
    if (place === undefined) throw new Error('There is no place.');
    const edited = insertSuggestion(text, cursor, place, suggestion, format);
    expect(`${edited.text.slice(0, edited.cursor)}|${edited.text.slice(edited.cursor)}`).toBe(expected);
  });
});
