/**
 * The summary of `convert`: `cli/analysis/`, `cli/message-options.ts`. It names everything that a mapping loses without a
 * refusal.
 */

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ConversionSummary, SummaryCollector } from '../../cli/analysis/conversion-summary.ts';
import { summaryLines } from '../../cli/analysis/summary-text.ts';
import { parseMapping } from '../../src/sink/mapping/parse-mapping.ts';
import { createInspectedConverter } from '../../src/testing/convert-messages.ts';
import { buildMessage } from '../../src/testing/messages.ts';
import { folderWith } from './folder.ts';
import { MAIN, run } from './running.ts';

const TS = 1_780_000_000_000;

/** Returns the summary of bodies, each in a line of its own. */
const summarize = (declared: object | undefined, ...bodies: readonly unknown[]): ConversionSummary => {
  const parsed = declared === undefined ? { mapping: undefined } : parseMapping({ version: 1, ...declared });
  if ('faults' in parsed) throw new Error(parsed.faults.join('\n'));
  const collector = new SummaryCollector(parsed.mapping);
  const convert = createInspectedConverter(parsed, collector.inspect);
  for (const [index, body] of bodies.entries()) collector.add(convert(buildMessage(body)), `line ${index + 1}`);
  return collector.summary();
};

const ROOM = { measurement: 'room', timestamp: 'at', tags: { room: 'room' }, fields: { temperature: 'temperature' } };

describe('times that are probably wrong', () => {
  const wrong = '1 event with a time that is probably wrong.';
  test('line protocol is referred to SINK_LINE_PRECISION, and a mapping to its timestamp', () => {
    const ofLines = `${wrong} Times of line protocol are nanoseconds by default. Set SINK_LINE_PRECISION to auto, s, ms, or us.`;
    const ofMapping = `${wrong} Check the precision of the timestamp.`;
    expect(summaryLines(summarize(undefined, 'm v=1 1780000000'))).toEqual(['1 event: 1 line.', ofLines]);
    const lines = summaryLines(summarize(ROOM, { at: 1, room: 'a', temperature: 1 }, 'm v=1 1780000000'));
    expect(lines).toEqual(expect.arrayContaining([ofLines, ofMapping]));
  });
});

describe('columns and rules that matched no event', () => {
  const unmatched = (declared: object, ...bodies: readonly unknown[]): readonly unknown[] =>
    summarize(declared, ...bodies).unmatched;

  test('a column is reported with the name that was probably meant', () => {
    const bodies = [1, 2, 3].map((at) => ({ at, room: 'hall', Temperature: 21 }));
    expect(unmatched(ROOM, ...bodies)).toEqual([
      { place: 'fields.temperature', path: 'temperature', events: 3, found: ['Temperature'] },
    ]);
    expect(summaryLines(summarize(ROOM, ...bodies))[1]).toBe(
      'fields.temperature matched none of 3 events; they have Temperature.',
    );
  });
  test('a column whose name differs from its path is reported with both', () => {
    const declared = { ...ROOM, tags: { place: 'romo' } };
    const [, first] = summaryLines(summarize(declared, { at: 1, room: 'hall', temperature: 1 }));
    expect(first).toBe('tags.place (path romo) matched none of 1 event; they have room.');
  });
  test.each([
    ['sensor.temperature', { sensor: { temp_c: 1, tempratur: 2 } }, ['tempratur']],
    ['Sensor-Id', { sensor_id: 1, sensorid: 2, other: 3 }, ['sensor_id', 'sensorid']],
    ['zzz', { b: 1, a: 2 }, ['a', 'at', 'b', 'room']],
  ])('the path %s of %j gets the names %j', (path, event, found) => {
    const declared = { ...ROOM, fields: { v: path, '*': '$root' } };
    expect(unmatched(declared, { at: 1, room: 'hall', ...event })).toMatchObject([{ place: 'fields.v', path, found }]);
  });
  test('a member around the events is reported with the path to it', () => {
    const body = { site: 'x', devices: [{ id: 'a', rows: [{ v: 1 }] }] };
    const declared = (device: unknown) => ({
      measurement: 'm',
      events: [device, 'rows'],
      tags: { site: 'site', id: 'id' },
      fields: { v: 'v' },
    });
    const hints = (device: unknown) => unmatched(declared(device), body).map((one) => (one as { hint?: string }).hint);
    const root = 'The body around the events has it. Write "$root.site".';
    expect(hints({ path: 'devices', as: 'device' })).toEqual(['An outer level has it. Write "$device.id".', root]);
    expect(hints('devices')).toEqual([
      'An outer level has it. Give that level a name with "as", and write "$NAME.id".',
      root,
    ]);
  });
  test('a path through an array is reported with the remedy', () => {
    const [found] = unmatched({ ...ROOM, fields: { v: 'readings.v' } }, { at: 1, room: 'a', readings: [{ v: 1 }] });
    expect(found).toMatchObject({
      hint: expect.stringMatching(/^"readings" is an array of 1\. Open it with "events"/),
    });
  });
  test('a path whose steps are one name with dots is reported with its JSON Pointer', () => {
    const [found] = unmatched({ ...ROOM, fields: { v: 'a.b' } }, { at: 1, room: 'a', 'a.b': 1 });
    expect(found).toMatchObject({ hint: 'They have a member with the name "a.b". Write "/a.b".' });
  });
  test('a column that matched once, by any of its paths, even with null, is not reported', () => {
    const declared = { ...ROOM, tags: { room: ['place', 'room'] } };
    expect(unmatched(declared, { at: 1, room: null, temperature: 1 }, { at: 2, temperature: null })).toEqual([]);
  });
  test('a column with a default is reported, because the default hides the mistake', () => {
    const declared = { ...ROOM, tags: { room: { path: 'Room', default: 'none' } } };
    expect(unmatched(declared, { at: 1, room: 'hall', temperature: 1 })).toMatchObject([{ place: 'tags.room' }]);
  });
  test('a rule that no event reached is reported, with the columns of the others', () => {
    const declared = {
      mappings: [
        { when: { path: 'kind', equals: 'a' }, ...ROOM },
        { when: { path: 'kind', equals: 'b' }, measurement: 'b', fields: { v: 'V' } },
      ],
    };
    expect(unmatched(declared, { kind: 'b', v: 1 }, { kind: 'c' })).toEqual([
      { place: 'mappings[0]', events: 2, found: [] },
      { place: 'mappings[1].fields.v', path: 'V', events: 1, found: ['v'] },
    ]);
  });
  test('a wildcard whose "only" takes no member of its object is reported with the names of the members', () => {
    const only = (names: string): object => ({ ...ROOM, tags: { '*': { path: 'labels', only: [names] } } });
    const event = { at: 1, temperature: 1, labels: { rack: 'r1', zone: 'z1' } };
    const place = { place: 'tags.*', path: 'labels', events: 2 };
    expect(unmatched(only('y*'), event, event)).toEqual([{ ...place, found: ['rack', 'zone'] }]);
    expect(unmatched(only('Rack'), event, event)).toEqual([{ ...place, found: ['rack'] }]);
    expect(unmatched(only('z*'), event, event)).toEqual([]);
    expect(unmatched(only('z*'), { ...event, labels: {} }, event)).toEqual([]);
  });
  test('pairs whose "only" takes no name are reported with the names', () => {
    const pairs = { pairs: 'list', name: 'k', value: 'v', only: ['y*'], prefix: 'p_' };
    const event = { at: 1, temperature: 1, list: [{ k: 'a', v: 1 }, { k: 'b' }] };
    expect(unmatched({ ...ROOM, tags: { '*': pairs } }, event)).toMatchObject([{ place: 'tags.*', found: ['a'] }]);
  });
  test.each([
    ['labels', 'x', '"labels" has the type string. The wildcard needs an object.'],
    ['labels', ['x'], '"labels" is an array of 1. Open it with "events", or name an index like "labels.0".'],
    [{ pairs: 'labels', name: 'k', value: 'v' }, { k: 1 }, '"labels" has the type object. "pairs" needs an array.'],
  ])('the wildcard %j is reported if its path always leads to %j', (wildcard, labels, hint) => {
    const declared = { ...ROOM, tags: { '*': wildcard } };
    expect(unmatched(declared, { at: 1, temperature: 1, labels })).toEqual([
      { place: 'tags.*', path: 'labels', events: 1, found: [], hint },
    ]);
    expect(unmatched(declared, { at: 1, temperature: 1, labels: null })).toEqual([]);
  });
  test('nothing is reported without events', () => {
    expect(unmatched(ROOM)).toEqual([]);
    expect(unmatched(ROOM, '{')).toEqual([]);
  });
});

describe('members that are left out', () => {
  const leftOut = (declared: object, ...bodies: readonly unknown[]): unknown => summarize(declared, ...bodies).leftOut;

  test('members that no path leads to are counted, most first, with the outermost name', () => {
    const event = { at: 1, room: 'a', temperature: 1, humidity: 2, device: { id: 1, name: 'x' }, none: null };
    expect(Object.entries(leftOut(ROOM, event, { ...event, device: undefined }) as object)).toEqual([
      ['humidity', 2],
      ['device', 1],
    ]);
  });
  test('members next to a member that is taken are named with their path', () => {
    const declared = { ...ROOM, fields: { v: 'device.values.1' } };
    expect(leftOut(declared, { at: 1, room: 'a', device: { name: 'x', values: [1, 2, 3] } })).toEqual({
      'device.name': 1,
      'device.values.0': 1,
      'device.values.2': 1,
    });
  });
  test('nested objects and arrays that a wildcard leaves out are counted', () => {
    const declared = { ...ROOM, fields: { '*': 'values' } };
    expect(leftOut(declared, { at: 1, room: 'a', values: { a: 1, b: { c: 1 }, d: [1] } })).toEqual({
      'values.b': 1,
      'values.d': 1,
    });
    const others = { ...ROOM, otherFields: 'include' };
    expect(leftOut(others, { at: 1, room: 'a', temperature: 1, x: 1, y: { z: 1 } })).toEqual({ y: 1 });
  });
  test('members around the events are counted once for each message', () => {
    const declared = { ...ROOM, events: 'readings', tags: { room: '$root.room' } };
    const readings = [
      { at: 1, temperature: 1, x: 1 },
      { at: 2, temperature: 2 },
    ];
    expect(leftOut(declared, { room: 'a', site: 'b', readings }, { room: 'a', readings })).toEqual({
      x: 2,
      '$root.site': 1,
    });
  });
  test('the elements of two rules that open different objects of one event are not left out', () => {
    const rule = (path: string): object => ({
      measurement: path,
      events: { path, each: 'member' },
      tags: { line: '$key' },
      fields: { v: '$value' },
    });
    const declared = { mappings: [{ also: true, ...rule('volt') }, rule('amp')] };
    const event = { volt: { L1: 230 }, amp: { L1: 1 } };
    expect(leftOut(declared, event)).toEqual({});
    expect(leftOut(declared, { ...event, watt: { L1: 230 } })).toEqual({ '$root.watt': 1 });
  });
  test('what one rule reads of the whole event and another of its elements is not left out', () => {
    const opened = { also: true, measurement: 'a', events: 'a', fields: { v: 'v' } };
    const declared = { mappings: [opened, { measurement: 'b', fields: { b: 'b' } }] };
    expect(leftOut(declared, { a: [{ v: 1 }], b: 2 })).toEqual({});
    expect(leftOut(declared, { a: [], b: 2 })).toEqual({});
    expect(
      leftOut(declared, {
        a: [
          { v: 1, x: 2 },
          { v: 1, x: 2 },
        ],
        b: 2,
        c: 3,
      }),
    ).toEqual({ x: 2, c: 1 });
  });
  test('members of an outer element have the name of its level, and are counted once', () => {
    const declared = { measurement: 'm', events: [{ path: 'devices', as: 'device' }, 'list'], fields: { v: 'v' } };
    const list = [{ v: 1 }, { v: 2, x: 1 }];
    expect(
      leftOut(declared, {
        devices: [
          { id: 1, list },
          { id: 2, list: [] },
        ],
      }),
    ).toEqual({ '$device.id': 1, x: 1 });
    expect(leftOut({ ...declared, tags: { id: '$device.id' } }, { devices: [{ id: 1, list }] })).toEqual({ x: 1 });
  });
  test('an element that is no object is left out if no path takes it', () => {
    const declared = { measurement: 'm', events: 'list', fields: { id: '$root.id' } };
    expect(leftOut(declared, { id: 1, list: [1, 2] })).toEqual({ $value: 2 });
    expect(leftOut({ ...declared, tags: { v: '$value' } }, { id: 1, list: [1, 2] })).toEqual({});
  });
  test('only elements of the rule that applies to them are compared with its paths', () => {
    const rules = ['a', 'b'].map((kind) => ({
      when: { path: 'kind', equals: kind },
      measurement: kind,
      fields: { v: kind },
    }));
    const list = [
      { kind: 'a', a: 1, b: 1 },
      { kind: 'b', a: 1, b: 1, c: 1 },
      { kind: 'none', d: 1 },
    ];
    expect(leftOut({ events: 'list', mappings: rules }, { list })).toEqual({ a: 1, b: 1, c: 1 });
  });
  test('a member that is opened is not left out, and the members inside it are compared with the paths', () => {
    const open = [{ path: 'p', decode: ['json'], as: 'd' }];
    const declared = { measurement: 'm', open, fields: { v: '$d.a' } };
    expect(leftOut(declared, { p: '{"a":1}' })).toEqual({});
    expect(leftOut(declared, { p: '{"a":1,"b":{"c":1}}', q: 1 })).toEqual({ '$d.b': 1, q: 1 });
    const elements = { ...declared, events: '$d.list', fields: { v: 'v', id: '$d.id' } };
    expect(leftOut(elements, { p: '{"id":1,"list":[{"v":1,"w":2}]}', q: 1 })).toEqual({ '$root.q': 1, w: 1 });
  });
  test('what a level opens is followed in each of its elements', () => {
    const records = { path: 'list', as: 'record', open: [{ path: 'p.q', decode: ['json'], as: 'd' }] };
    const event = {
      list: [
        { id: 1, p: { q: '{"a":1,"b":2}' } },
        { id: 2, p: { q: '{"a":3,"b":4}', r: 5 } },
      ],
      more: 6,
    };
    const one = { measurement: 'm', events: records, fields: { v: '$d.a', id: '$record.id' } };
    expect(leftOut(one, event)).toEqual({ '$d.b': 2, 'p.r': 1, '$root.more': 1 });
    const shared = { events: records, mappings: [{ measurement: 'm', fields: { v: '$d.a', w: '$d.b' } }] };
    expect(leftOut(shared, event)).toEqual({ id: 2, 'p.r': 1, '$root.more': 1 });
    const inner = { ...one, events: [records, '$d.rows'], fields: { v: 'v' } };
    const rows = { list: [{ p: { q: '{"rows":[{"v":1,"w":2}],"s":3}' } }, { p: { q: '{"rows":[]}' } }] };
    expect(leftOut(inner, rows)).toEqual({ w: 1, '$d.s': 1 });
  });
  test('an opened text that no rule takes is left out under its name', () => {
    const open = [{ path: 'p', decode: ['hex', 'text'], as: 'd' }];
    expect(leftOut({ measurement: 'm', open, fields: { v: 'v' } }, { p: '6f6e', v: 1 })).toEqual({ $d: 1 });
  });
  test('members next to a named member that a flattened object contains are not left out', () => {
    const event = { o: { a: { x: 1, y: 2 }, b: 3 } };
    const flattened = { path: 'o', flatten: '_' };
    expect(leftOut({ measurement: 'm', fields: { px: 'o.a.x', '*': flattened } }, event)).toEqual({});
    const others = { measurement: 'm', fields: { px: 'o.a.x' }, otherFields: { flatten: '_' } };
    expect(leftOut(others, event)).toEqual({});
    expect(leftOut(others, { o: { a: { x: 1, list: [1] } } })).toEqual({ 'o.a.list': 1 });
  });
  test('an object that a condition names is left out, because no wildcard takes it', () => {
    const rule = { when: { path: 'o', exists: true }, measurement: 'm', fields: { v: 'v' } };
    const event = { v: 1, o: { a: 1 } };
    expect(leftOut({ mappings: [{ ...rule, otherFields: { flatten: '_' } }] }, event)).toEqual({ o: 1 });
    expect(leftOut({ mappings: [{ ...rule, fields: { a: 'o.a' } }] }, { ...event, o: { a: 1, b: 1 } })).toEqual({
      v: 1,
      'o.b': 1,
    });
  });
  test.each(['x', ['x'], 5])('the value %j, of which a wildcard takes no member, is left out', (labels) => {
    const declared = { measurement: 'm', tags: { '*': 'labels' }, fields: { v: 'v' } };
    expect(leftOut(declared, { labels, v: 1 })).toEqual({ labels: 1 });
  });
  describe('elements of pairs', () => {
    const pairs = { pairs: 'attributes', name: 'key', value: ['value.stringValue'] };
    const declared = { measurement: 'm', tags: { '*': pairs }, fields: { v: 'v' } };
    const taken = { key: 'a', value: { stringValue: 'x' } };
    const number = { key: 'n', value: { doubleValue: 1.5 } };

    test('elements without a name or without a value are left out, counted once for each event', () => {
      const attributes = [taken, number, number, { value: { stringValue: 'noname' } }];
      expect(leftOut(declared, { attributes, v: 1 }, { attributes: [number], v: 1 })).toEqual({
        'attributes: element without a value': 2,
        'attributes: element without a name': 1,
      });
    });
    test('further members of an element that is taken are left out', () => {
      expect(leftOut(declared, { attributes: [{ ...taken, unit: 'C' }, taken], v: 1 })).toEqual({
        'attributes.*.unit': 1,
      });
    });
    test('an element is not left out if another wildcard takes it, or "except" excludes it', () => {
      const numbers = { ...pairs, value: 'value.doubleValue' };
      const both = { measurement: 'm', tags: { '*': { ...pairs, except: ['a'] } }, fields: { '*': numbers } };
      expect(leftOut(both, { attributes: [taken, number] })).toEqual({});
    });
    test('an object instead of an array is left out', () => {
      expect(leftOut(declared, { attributes: { a: { N: '1' } }, v: 1 })).toEqual({ attributes: 1 });
    });
    test('elements around several events are counted once for the message', () => {
      const shared = { measurement: 'm', events: 'list', tags: { '*': { ...pairs, pairs: '$root.attributes' } } };
      const body = { attributes: [taken, number], list: [{ v: 1 }, { v: 2 }] };
      expect(leftOut({ ...shared, fields: { v: 'v' } }, body)).toEqual({
        '$root.attributes: element without a value': 1,
      });
    });
  });
  test('a member that only a condition or the time reads is not left out', () => {
    const declared = { mappings: [{ ...ROOM, when: { path: 'kind', equals: 'a' } }] };
    expect(leftOut(declared, { at: 1, kind: 'a', room: 'x', temperature: 1 })).toEqual({});
  });
  test('nothing is reported without a mapping', () => {
    expect(leftOut({ ...ROOM, otherFields: 'include', tags: {} }, 'm v=1 1')).toEqual({});
    expect(summarize(undefined, { measurement: 'm', fields: { v: 1 } })).toMatchObject({ leftOut: {}, unmatched: [] });
  });
  test('no member is left out if the mapping takes every scalar, whatever the event is', () => {
    const name = fc.stringMatching(/^[b-z]{1,3}$/);
    fc.assert(
      fc.property(fc.dictionary(name, fc.oneof(fc.integer(), fc.boolean())), (members) => {
        const declared = { measurement: 'm', timestamp: { path: 'a', missing: 'message' }, otherFields: 'include' };
        expect(leftOut(declared, { a: 1, ...members })).toEqual({});
      }),
    );
  });
});

describe('values that the mapping leaves out or alters', () => {
  const declared = { measurement: 'm', fields: { v: 'v', w: 'w' }, mismatch: ['coerce', 'omit'] };
  const leaves =
    '. The mapping leaves out such values: check "type", "lookup", "nullTexts", "mismatch", and "nonFinite".';

  test('omitted fields are counted, and a field that is in no line is reported', () => {
    const summary = summarize(declared, { v: '21.5 C', w: 1 }, { v: '22 C', w: '1' });
    expect(summary).toMatchObject({
      fieldsOmitted: 2,
      valuesAltered: 1,
      branchesIgnored: 0,
      leftOut: {},
      unmatched: [],
    });
    expect(summary.neverWritten).toEqual([{ place: 'fields.v', path: 'v', events: 2 }]);
    expect(summaryLines(summary)).toEqual([
      '2 events: 2 lines.',
      `fields.v is in no line, although 2 events have a value for it${leaves}`,
      '2 fields left out: of another type, not finite, or not in a "lookup".',
      '1 value altered as the mapping requires: nulls left out, values coerced, line breaks escaped, or times replaced.',
    ]);
  });
  test.each([
    ['nonFinite omits', { nonFinite: 'omit' }, '{"v":NaN,"w":1}'],
    ['nullTexts contains', { nullTexts: ['n/a'] }, { v: 'n/a', w: 1 }],
    [
      'a lookup does not have',
      { fields: { v: { path: 'v', lookup: { on: 1 }, otherwise: 'omit' }, w: 'w' } },
      { v: 'off', w: 1 },
    ],
    [
      'byType does not have',
      { fields: { v: { path: 'v', byType: { number: 'v' } }, w: 'w' }, mismatch: 'omit' },
      { v: true, w: 1 },
    ],
  ])('a field is reported if all of its values are those that %s', (_, members, body) => {
    const { neverWritten } = summarize({ ...declared, mismatch: 'refuse', ...members }, body);
    expect(neverWritten).toEqual([{ place: 'fields.v', path: 'v', events: 1 }]);
  });
  test('a field that one line has, under any of its names, is not reported', () => {
    expect(summarize(declared, { v: 'x', w: 1 }, { v: 1 }, { v: 'x', w: 1 }).neverWritten).toEqual([]);
    const fields = { v: { path: 'v', byType: { number: 'n', string: 's' } }, w: 'w' };
    expect(summarize({ ...declared, fields }, { v: 'x', w: 1 }, { v: true, w: 1 }).neverWritten).toEqual([]);
  });
  test('a field without a value, with null, or with an incomplete text is not reported', () => {
    expect(summarize(declared, { w: 1 }, { v: null, w: 1 }).neverWritten).toEqual([]);
    const fields = { v: { text: '{a}-{b}', type: 'string' }, w: 'w' };
    expect(summarize({ ...declared, fields }, { a: 1, w: 1 }).neverWritten).toEqual([]);
  });
  test('a field is reported with its rule', () => {
    const mappings = [{ ...declared, when: { path: 'v', type: 'string' } }, declared];
    expect(summarize({ mappings }, { v: 'x', w: 1 }, { v: 1, w: 1 }).neverWritten).toEqual([
      { place: 'mappings[0].fields.v', path: 'v', events: 1 },
    ]);
  });
  test('absent arrays of events that the mapping ignores are counted', () => {
    const events = { path: 'list', missing: 'ignore' };
    const summary = summarize({ measurement: 'm', events, fields: { v: 'v' } }, {}, { list: [{ v: 1 }] }, {});
    expect(summary.branchesIgnored).toBe(2);
    expect(summaryLines(summary).at(-1)).toBe(
      'Absent arrays and objects of events that the mapping ignores ("missing"): 2.',
    );
  });
});

describe('points that replace each other', () => {
  const event = (temperature: unknown, at = TS, room = 'hall'): object => ({ at, room, temperature });

  test('points of one series and time with different values are counted over the whole input', () => {
    const { replaced, replacements } = summarize(ROOM, event(1), [event(1, TS + 1), event(2)], event(3));
    expect(replaced).toBe(2);
    expect(replacements).toEqual([
      { measurement: 'room', fields: ['temperature'], first: 'line 1, event 0', second: 'line 2, event 1' },
      { measurement: 'room', fields: ['temperature'], first: 'line 1, event 0', second: 'line 3, event 0' },
    ]);
  });
  test('points with equal values, other fields, another time, tag, or target replace nothing', () => {
    const declared = { ...ROOM, otherFields: 'include', database: { path: 'db', allow: ['a', 'b'] } };
    const more = (members: object): object => ({ ...event(undefined), db: 'a', ...members });
    expect(summarize(declared, more({ a: 1 }), more({ a: 1 }), more({ b: 2 })).replaced).toBe(0);
    expect(summarize(declared, more({ a: 1 }), more({ a: 2, at: TS + 1 }), more({ a: 2, room: 'x' })).replaced).toBe(0);
    expect(summarize(declared, more({ a: 1 }), more({ a: 2, db: 'b' })).replaced).toBe(0);
    expect(summarize(declared, more({ a: 1 }), more({ a: 2 })).replaced).toBe(1);
  });
  test('values of different types are different', () => {
    expect(summarize(undefined, 'm v=1 1', 'm v=1i 1').replaced).toBe(1);
  });
});

describe('counts', () => {
  test('refusals are counted by reason, and implausible times are counted', () => {
    const summary = summarize(
      ROOM,
      '{',
      { at: TS, room: 'a', temperature: 'x' },
      { at: 1_780_000_000, temperature: 1 },
      '{',
    );
    expect(summary).toMatchObject({
      events: 4,
      lines: 1,
      refusals: { undecodable: 2, 'field-type': 1 },
      dropped: 0,
      implausible: 1,
    });
    expect(Object.keys(summary.refusals)).toEqual(['undecodable', 'field-type']);
    expect(summaryLines(summary)[0]).toBe('4 events: 1 line, 3 refused (undecodable 2, field-type 1).');
  });
  test('the values of each tag are counted, and a tag with a new value in nearly every point is reported', () => {
    const declared = { ...ROOM, tags: { room: 'room', id: 'id' } };
    const events = Array.from({ length: 20 }, (_, id) => ({
      at: TS,
      room: `r${id % 2}`,
      id: Math.min(id, 18),
      temperature: 1,
    }));
    const summary = summarize(declared, events);
    expect(summary.tags).toEqual([
      { measurement: 'room', tag: 'id', points: 20, values: 19, grows: true },
      { measurement: 'room', tag: 'room', points: 20, values: 2, grows: false },
    ]);
    expect(summaryLines(summary).at(-1)).toBe('Values of each tag: room,id 19; room,room 2.');
    expect(summarize(declared, events.slice(0, 9)).tags[0]).toMatchObject({ values: 9, grows: false });
  });
});

const MAPPING = JSON.stringify({ version: 1, ...ROOM });
const EVENT = `{"at":${TS},"room":"hall","Temperature":1,"temperature":2}\n`;
const LINE = `room,room=hall temperature=2 ${TS}000000\n`;
const TEXT = '1 event: 1 line.\n- Members that no rule takes: Temperature (1).\n- Values of each tag: room,room 1.\n';

describe('the output of the command', () => {
  test('a pipe gets no summary, except with --summary, which does not change standard output', async () => {
    const args = ['convert', '--mapping', MAPPING];
    const [plain, summary] = await Promise.all([run(args, EVENT), run([...args, '--summary'], EVENT)]);
    expect(plain).toEqual({ code: 0, out: LINE, err: '' });
    expect(summary).toEqual({ code: 0, out: LINE, err: TEXT });
  });
  test('--json prints the summary last on standard error, with the documented members in their order', async () => {
    const { err } = await run(['convert', '--mapping', MAPPING, '--json'], EVENT);
    expect(err).toMatch(/^\{.*\}\n$/);
    expect(Object.keys(JSON.parse(err))).toEqual([
      ...['events', 'lines', 'refusals', 'dropped', 'fieldsOmitted', 'valuesAltered', 'branchesIgnored'],
      ...['replaced', 'implausible', 'implausibleLines', 'leftOut', 'unmatched', 'neverWritten'],
      ...['replacements', 'tags'],
    ]);
  });
  const hasTerminal = spawnSync('script', ['--version']).status === 0;
  test.skipIf(!hasTerminal)('a terminal shows the summary (needs the program "script")', () => {
    const file = join(folderWith({ 'e.json': EVENT }), 'e.json');
    const call = `stty cols 100; "${process.execPath}" "${MAIN}" convert --mapping '${MAPPING}' ${file}`;
    const env = { PATH: process.env.PATH, TERM: 'xterm-256color', SHELL: '/bin/sh' };
    const { stdout } = spawnSync('script', ['-qec', call, '/dev/null'], { env, encoding: 'utf8' });
    expect(stripVTControlCharacters(stdout).replaceAll('\r', '')).toBe(LINE + TEXT);
  });
});

describe('members of the messages', () => {
  const declared = JSON.stringify({
    version: 1,
    measurement: 'm',
    tags: { region: '$message.attributes.region', count: '$message.attributes.n.x', group: '$message.groupId' },
    fields: { v: 'v' },
  });

  test('--attribute and --group give the messages attributes and a group', async () => {
    const args = ['--attribute', 'region=eu=1', '--attribute', 'n.x:Number.int=5', '--group', 'g', '--sent-at', '1'];
    const { code, out } = await run(['convert', '--mapping', declared, ...args], '{"v":1}\n');
    expect([code, out.split(' ')[0]]).toEqual([0, 'm,count=5,group=g,region=eu\\=1']);
  });
  test('--sent-at accepts ISO 8601 with a zone', async () => {
    const [iso, ms] = await Promise.all(
      ['2026-06-01T12:00:00+02:00', '1780308000000'].map((at) =>
        run(['convert', '--mapping', declared, '--sent-at', at], '{"v":1}\n'),
      ),
    );
    expect(iso).toMatchObject({ code: 0, out: expect.stringMatching(/ 1780308000000\d{6}\n$/) });
    expect(ms).toEqual(iso);
  });
  test.each([
    [['--attribute', 'region'], '--attribute must be NAME=VALUE or NAME:TYPE=VALUE'],
    [['--attribute', 'a:Integer=1'], 'with the type String, Number, or Binary, got "a:Integer=1".'],
    [['--attribute', 'a=1', '--attribute', 'a=2'], '--attribute a is given twice.'],
    [
      ['--sent-at', '2026-06-01T12:00:00'],
      '--sent-at must be a whole number from 0 to 9007199254740991 (milliseconds since 1970), or ISO 8601 with a zone',
    ],
    [['--sent-at', '-1'], '--sent-at must be a whole number from 0 to 9007199254740991 (milliseconds since 1970),'],
  ])('%j is a fault in the call', async (args, text) => {
    const { code, out, err } = await run(['convert', ...args], '{}\n');
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(text);
  });
});
