/** Faults of mappings, with their places and remedies. Covers `src/sink/mapping/parse-*.ts`. */

import { describe, expect, test } from 'vitest';
import { parseMapping } from '../../../src/sink/mapping/parse-mapping.ts';

const faultsOf = (declared: object): readonly string[] => {
  const read = parseMapping({ version: 1, ...declared });
  return 'faults' in read ? read.faults : [];
};

describe('faults of a field', () => {
  test.each<[unknown, readonly string[]]>([
    [{ path: 'a', byType: {} }, ['f.byType must name a field for at least one of number, string, boolean']],
    [{ path: 'a', byText: {} }, ['f.byText must name a field for at least one of number, other']],
    [{ path: 'a', byType: { number: 5 } }, ['f.byType.number must be a field name, got 5']],
    [{ path: 'a', byType: 'x' }, ['f.byType must be {"number", "string", "boolean"} with a field name each, got "x"']],
    [
      { path: 'a', byType: { integer: 'x' } },
      ['f.byType.integer is not a known member. Known members: number, string, boolean.'],
    ],
    [
      { path: 'a', byText: { number: 'n', other: 'time' } },
      ['f.byText.other: openGemini reserves the name "time" for itself'],
    ],
    [{ path: 'a', type: 'float', byType: { number: 'n' } }, ['f has "type" and "byType". Choose one of them.']],
    [{ path: 'a', scale: 2, lookup: { a: 1 } }, ['f has "scale" and "lookup". Choose one of them.']],
    [{ path: 'a', otherwise: 'omit' }, ['f.otherwise is only for a "lookup"']],
    [{ path: 'a', lookup: {} }, ['f.lookup must contain at least one text and its value']],
    [{ path: 'a', lookup: { x: [1], y: 2 } }, ['f.lookup.x must be text, a number or a boolean, got [1]']],
    [{ path: 'a', lookup: 5 }, ['f.lookup must be an object of texts and values, got 5']],
    [{ path: 'a', lookup: { x: 1 }, otherwise: 'x' }, ['f.otherwise must be one of refuse, omit; got "x"']],
    [{ path: 'a', lookup: { x: 1 }, offset: 2 }, ['f.offset has no effect, because the "lookup" contains the values']],
    [
      { path: 'a', type: 'integer', lookup: { x: 1.5 } },
      ['f.lookup.x must be an integer up to 2^53-1, as the type of the field, got 1.5'],
    ],
    [{ path: 'a', lookup: { x: 1, y: 'z' } }, ['f.lookup.y must be a number, as the type of the field, got "z"']],
    [{ path: 'a', scale: 'x' }, ['f.scale must be a number, got "x"']],
    [{ path: 'a', scale: 0 }, ['f.scale must not be 0, because every value would become the same']],
    [{ path: 'a', offset: null }, ['f.offset must be a number, got null']],
    [
      { path: 'a', type: 'string', scale: 2 },
      ['f has "scale" or "offset", which need the type float or integer, got string'],
    ],
    [{ path: 'a', exact: 'x' }, ['f.exact must be true or false, got "x"']],
    [{ path: 'a', type: 'integer', exact: true }, ['f.exact is only for fields of type float, got integer']],
    [{ path: 'a', default: {} }, ['f.default must be text, a number or a boolean, got {}']],
    [{ path: 'a', default: 'x' }, ['f.default must be a number, as the type of the field, got "x"']],
    [
      { path: 'a', type: 'integer', default: 1.5 },
      ['f.default must be an integer up to 2^53-1, as the type of the field, got 1.5'],
    ],
    [{ path: 'a', type: 'boolean', default: 1 }, ['f.default must be true or false, as the type of the field, got 1']],
    [
      { path: 'a', type: 'string', default: 'a\nb' },
      ['f.default must not contain a line break or a lone surrogate, which line protocol cannot express'],
    ],
    [{ path: 'a', byType: { number: 'n' }, default: 'x' }, ['f.default must have a type of "byType", got "x"']],
    [{ path: 'a', byText: { number: 'n' }, default: 'x' }, ['f.default must have a type of "byText", got "x"']],
    [{ value: 1, default: 2 }, ['f.default has no effect, because the field is always the same ("value")']],
    [{ value: 1, lookup: { a: 1 } }, ['f.lookup has no effect, because the field is always the same ("value")']],
    [{ value: [1] }, ['f.value must be text, a number or a boolean, got [1]']],
    [{ value: 'x', type: 'float' }, ['f.value must be a number, as the type of the field, got "x"']],
    [{ value: 1, decode: 'text' }, ['f.decode is only for a "path"']],
    [{ path: 'a', value: 1 }, ['f has "path" and "value". Choose one of them.']],
    [{ text: '{a}', type: 'float' }, ['f has a "text", whose result is text. Set "type": "string"']],
    [{}, ['f.path must be a path (text), got nothing']],
    [5, ['f must be a path or {"path", "type"}, got 5']],
    [{ path: 'a', type: 'int' }, ['f.type must be one of float, integer, boolean, string; got "int"']],
    [{ path: 'a', tpye: 'float' }, ['f.tpye is not a known member. Did you mean "type"?']],
    [
      { text: 'x', type: 'string' },
      ['f.text contains no path in braces, got "x". Use "value" for a text that is always the same'],
    ],
    [{ text: '', type: 'string' }, ['f.text must be text such as "{site}-{line}", got ""']],
    [{ text: 5, type: 'string' }, ['f.text must be text such as "{site}-{line}", got 5']],
    [{ text: [], type: 'string' }, ['f.text must contain at least one text']],
    [
      { text: '{a', type: 'string' },
      [
        'f.text has a brace without its counterpart, got "{a". Write {{ or }} for a brace',
        'f.text contains no path in braces, got "{a". Use "value" for a text that is always the same',
      ],
    ],
    [
      { text: 'a}{b}', type: 'string' },
      ['f.text has a brace without its counterpart, got "a}{b}". Write {{ or }} for a brace'],
    ],
    [
      { text: '{a..b}', type: 'string' },
      [
        'f.text has an empty step between two dots. If a member really has this name, write "/a//b"; got "a..b"',
        'f.text contains no path in braces, got "{a..b}". Use "value" for a text that is always the same',
      ],
    ],
    [{ text: '{a}', decode: 'text', type: 'string' }, ['f.decode is only for a "path"']],
    [{ path: 'a', decode: [] }, ['f.decode must list steps out of base64, hex, gzip, zlib, json, text; got []']],
    [
      { path: 'a', decode: ['base46'] },
      ['f.decode must list steps out of base64, hex, gzip, zlib, json, text; got ["base46"]'],
    ],
    [
      { path: 'a', decode: ['gzip', 'text'] },
      ['f.decode has the step gzip where there is text. Begin with base64 or hex; got ["gzip","text"]'],
    ],
    [
      { path: 'a', decode: ['json', 'text'] },
      ['f.decode has a step after json, which must be the last one; got ["json","text"]'],
    ],
    [
      { path: 'a', decode: ['base64'] },
      ['f.decode ends with base64, which gives bytes. End with json or text; got ["base64"]'],
    ],
    [
      { path: 'a', decode: 'text' },
      ['f.decode changes nothing, because the value is text already. Name the step before, such as "base64"'],
    ],
  ])('%j', (field, faults) => {
    const found = faultsOf({ measurement: 'm', fields: { f: field } });
    expect(found.map((fault) => fault.replace('mapping.fields.f', 'f'))).toEqual(faults);
  });
});

describe('faults next to a field', () => {
  test.each<[object, readonly string[]]>([
    [{ tags: { t: { path: 't', required: 1 } } }, ['mapping.tags.t.required must be true or false, got 1']],
    [
      { tags: { t: { path: 't', required: true, default: 'x' } } },
      ['mapping.tags.t has a default and is required. Choose one of them.'],
    ],
    [{ tags: { t: { value: '' } } }, ['mapping.tags.t.value must not be empty, because openGemini has no empty tags']],
    [
      { tags: { t: { value: 'x', required: true } } },
      ['mapping.tags.t has a "value", so it needs no default and is never absent'],
    ],
    [
      { tags: { t: { value: 'x\ny' } } },
      ['mapping.tags.t.value: a tag value cannot contain line breaks or other control characters'],
    ],
    [
      { tags: { t: { path: 't', default: 'x\ny' } } },
      ['mapping.tags.t.default: a tag value cannot contain line breaks or other control characters'],
    ],
    [{ tags: { time: 't' } }, ['mapping.tags.time: openGemini reserves the name "time" for itself']],
    [{ tags: { $t: 't' } }, ['mapping.tags.$t must not begin with "$", which begins paths. Write "t": "$t"']],
    [{ tags: 'x' }, ['mapping.tags must be an object of names and paths, got "x"']],
    [{ tags: { v: 'x' } }, ['mapping.fields.v is also the name of a tag. Each column needs its own name.']],
    [{ mismatch: [] }, ['mapping.mismatch must list at least one of refuse, coerce, omit']],
    [
      { mismatch: ['omit', 'coerce'] },
      ['mapping.mismatch has a step after "omit", which is always the last one; got ["omit","coerce"]'],
    ],
    [
      { mismatch: ['coerce', 'refuse', 'omit'] },
      ['mapping.mismatch has a step after "refuse", which is always the last one; got ["coerce","refuse","omit"]'],
    ],
    [{ mismatch: 'x' }, ['mapping.mismatch must be one of refuse, coerce, omit; got "x"']],
    [{ nullTexts: 'x' }, ['mapping.nullTexts must be an array of texts, got "x"']],
    [{ nullTexts: [5] }, ['mapping.nullTexts must be an array of texts, got [5]']],
    [
      { timestamp: { path: 't', zone: 'UTC' } },
      ['mapping.timestamp.zone is only for texts. Set "precision" to "iso8601" or "auto", got "ms"'],
    ],
    [
      { timestamp: { path: 't', precision: 'iso8601', zone: 'CEST' } },
      ['mapping.timestamp.zone must be an offset such as "+02:00" or a name such as "Europe/Berlin", got "CEST"'],
    ],
    [{ timestamp: { path: 't', plus: 5 } }, ['mapping.timestamp.plus must be a path or {"path", "precision"}, got 5']],
    [
      { timestamp: { path: 't', plus: { path: 'p', precision: 'auto' } } },
      ['mapping.timestamp.plus.precision must be one of s, ms, us, ns; got "auto"'],
    ],
    [{ timestamp: 5 }, ['mapping.timestamp must be a path or {"path", "precision", "missing"}, got 5']],
    [
      { timestamp: { path: 't', precision: 'sec' } },
      ['mapping.timestamp.precision must be one of s, ms, us, ns, iso8601, auto; got "sec"'],
    ],
    [{ timestamp: { path: 't', spread: 'x' } }, ['mapping.timestamp.spread must be true or false, got "x"']],
    [{ timestamp: { precision: 's' } }, ['mapping.timestamp.path must be a path (text), got nothing']],
    [{ database: '' }, ['mapping.database must not be empty, got ""']],
    [{ database: { path: 'd' } }, ['mapping.database.allow must list the names that events may choose, got nothing']],
    [
      { database: { path: 'd', allow: [] } },
      ['mapping.database.allow must list the names that events may choose, got []'],
    ],
    [
      { database: { path: 'd', allow: ['a/b'] } },
      ['mapping.database.allow must not contain any of , : ; . / \\ or unprintable characters, got "a/b"'],
    ],
    [{ database: { path: 'd', allow: ['a'], default: 5 } }, ['mapping.database.default must be text, got 5']],
    [
      { retentionPolicy: 5 },
      [
        'mapping.retentionPolicy must be a name or {"path", "allow", "default"}, got 5',
        'mapping.retentionPolicy.allow must list the names that events may choose, got nothing',
      ],
    ],
    [
      { when: { path: 'a', exists: true } },
      ['mapping.when must be in an entry of "mappings", because it chooses the events of one rule'],
    ],
    [{ also: true }, ['mapping.also must be in an entry of "mappings", because it chooses the events of one rule']],
    [{ onlyDefaults: 'x' }, ['mapping.onlyDefaults must be one of refuse, write; got "x"']],
    [{ noFields: 'x' }, ['mapping.noFields must be one of refuse, drop; got "x"']],
    [{ conflict: 'x' }, ['mapping.conflict must be one of refuse, coerce, suffix; got "x"']],
    [{ nope: 1 }, ['mapping.nope is not a known member. Did you mean "open"?']],
    [{ version: 2 }, ['mapping.version must be 1, got 2']],
    [
      { version: undefined, mapping: 'mapping.json', tests: [] },
      ['mapping.tests is only in files of tests, which the command "test" runs'],
    ],
    [{ events: [] }, ['mapping.events must name at least one array']],
    [{ events: 5 }, ['mapping.events must be a path or {"path", "each", "as", "missing", "open"}, got 5']],
    [{ events: { path: 'a', each: 'x' } }, ['mapping.events.each must be one of element, member; got "x"']],
    [{ events: { path: 'a', as: 'root' } }, ['mapping.events.as must not be $root, which has a fixed meaning']],
    [
      { events: { path: 'a', as: 'a b' } },
      ['mapping.events.as must be a name of letters, digits, "_" and "-", without "$", got "a b"'],
    ],
    [
      {
        events: [
          { path: 'a', as: 'x' },
          { path: 'b', as: 'x' },
        ],
      },
      ['mapping.events[1].as uses the name "x" a second time. Each level and opened value needs its own name'],
    ],
    [{ events: '$message.id' }, ['mapping.events must lead to an array of the event itself, got "$message.id"']],
    [{ open: 5 }, ['mapping.open must be an array of {"path", "decode", "as"}, got 5']],
    [
      { open: [{ path: 'a', decode: 'json' }] },
      ['mapping.open[0].as must be a name, by which paths reach the value ($NAME.member)'],
    ],
    [{ open: [{ decode: 'json', as: 'x' }] }, ['mapping.open[0].path must be a path (text), got nothing']],
    [
      { open: [{ path: '$root', decode: 'json', as: 'x' }] },
      ['mapping.open[0].path leads to $root, which is an object, not a value. Name a member: $root.NAME'],
    ],
    [
      { open: [{ path: 'a', decode: 'json', as: 'x', optional: 5 }] },
      ['mapping.open[0].optional must be true or false, got 5'],
    ],
    [{ events: { path: 'a', open: 5 } }, ['mapping.events.open must be an array of {"path", "decode", "as"}, got 5']],
    [
      { events: { path: 'a', as: 'x', open: [{ path: 'b', decode: 'json', as: 'x' }] } },
      ['mapping.events.open[0].as uses the name "x" a second time. Each level and opened value needs its own name'],
    ],
  ])('%j', (members, faults) => {
    expect(faultsOf({ measurement: 'm', fields: { v: 'v' }, ...members })).toEqual(faults);
  });
});

describe('faults of a mapping', () => {
  test.each<[object, readonly string[]]>([
    [
      { measurement: 'm', fields: { f: 'x' }, otherFields: 'all' },
      ['mapping.otherFields must be one of ignore, include; got "all"'],
    ],
    [
      { measurement: 'm', fields: { f: 'x' }, otherFields: { path: 'a' } },
      ['mapping.otherFields.path is not a known member. Known members: flatten, arrays, except, only, prefix.'],
    ],
    [
      { measurement: 'm', fields: { f: 'x' }, otherFields: { arrays: 'index' } },
      ['mapping.otherFields.arrays needs "flatten", the text between the name of the array and the index'],
    ],
    [
      { measurement: 'm', fields: { '*': { path: 'a', only: 'a*b' } } },
      ['mapping.fields.*.only must list names, or beginnings with one "*" at the end, got "a*b"'],
    ],
    [
      { measurement: 'm', fields: { '*': { path: 'a', except: [''] } } },
      ['mapping.fields.*.except must list names, or beginnings with one "*" at the end, got ""'],
    ],
    [
      { measurement: 'm', fields: { '*': { path: 'a', except: 5 } } },
      ['mapping.fields.*.except must be an array of texts, got 5'],
    ],
    [
      { measurement: 'm', fields: { '*': { path: 'a', prefix: 'a\n' } } },
      ['mapping.fields.*.prefix: a field name cannot contain line breaks or other control characters'],
    ],
    [
      { measurement: 'm', fields: { '*': { pairs: 'a', name: '$root.k', value: 'v' } } },
      ['mapping.fields.*.name must begin in the pair itself, got "$root.k"'],
    ],
    [
      { measurement: 'm', fields: { '*': { pairs: 'a', name: 'k' } } },
      ['mapping.fields.*.value must be a path (text), got nothing'],
    ],
    [
      { measurement: 'm', fields: { '*': { pairs: 'a', name: 'k', value: 'v', path: 'b' } } },
      [
        'mapping.fields.* has "path" and "pairs". Choose one of them.',
        'mapping.fields.*.path is not a known member. Known members: pairs, name, value, except, only, prefix.',
      ],
    ],
    [
      { measurement: 'm', fields: { '*': [] } },
      [
        'mapping.fields.* must name at least one path',
        'mapping.fields must name at least one field (or set "otherFields": "include")',
      ],
    ],
    [
      { measurement: 'm', fields: { '*': 5 } },
      [
        'mapping.fields.* must be a path (text), got 5',
        'mapping.fields must name at least one field (or set "otherFields": "include")',
      ],
    ],
    [{ fields: { v: 'v' } }, ['mapping.measurement must be text or {"path", "prefix", "default"}, got nothing']],
    [{ measurement: '', fields: { v: 'v' } }, ['mapping.measurement: the measurement is empty']],
    [{ measurement: 'a/b', fields: { v: 'v' } }, ['mapping.measurement: a measurement cannot contain any of , ; / \\']],
    [
      { measurement: { path: 'a', prefix: 'x/' }, fields: { v: 'v' } },
      ['mapping.measurement.prefix: a measurement cannot contain any of , ; / \\'],
    ],
    [
      { measurement: { path: 'a', default: 'x/y' }, fields: { v: 'v' } },
      ['mapping.measurement.default: a measurement cannot contain any of , ; / \\'],
    ],
    [
      { measurement: { path: 'a', default: 'x/y', replace: { '/': ',' } }, fields: { v: 'v' } },
      ['mapping.measurement.default with its replacements: a measurement cannot contain any of , ; / \\'],
    ],
    [
      { measurement: { path: 'a', replace: { '': 'x' } }, fields: { v: 'v' } },
      ['mapping.measurement.replace must not replace an empty text'],
    ],
    [
      { measurement: { path: 'a', replace: { x: 5 } }, fields: { v: 'v' } },
      ['mapping.measurement.replace.x must be text, got 5'],
    ],
    [
      { measurement: { path: 'a', replace: 5 }, fields: { v: 'v' } },
      ['mapping.measurement.replace must be an object of texts and replacements, got 5'],
    ],
    [
      { measurement: { value: 'x' }, fields: { v: 'v' } },
      [
        'mapping.measurement.value is not a known member. Known members: path, text, decode, prefix, default, replace.',
        'mapping.measurement.path must be a path (text), got nothing',
      ],
    ],
    [{ mappings: [] }, ['mapping.mappings must be an array of at least one mapping, got []']],
    [{ mappings: 5 }, ['mapping.mappings must be an array of at least one mapping, got 5']],
    [{ mappings: [5] }, ['mapping.mappings[0] must be an object, got 5']],
    [
      {
        mappings: [
          { measurement: 'm', fields: { v: 'v' } },
          { measurement: 'm', fields: { v: 'v' } },
        ],
      },
      [
        'mapping.mappings[0] has no "when", so it takes every event. It must come last or have a "when" or "also": true.',
      ],
    ],
    [
      { events: 'a', mappings: [{ measurement: 'm', fields: { v: 'v' }, events: 'b' }] },
      ['mapping.mappings[0].events is already set at the top for all mappings. Set it in one of the two places.'],
    ],
    [
      { mappings: [{ when: { path: 'a', exists: true }, drop: 'x' }] },
      ['mapping.mappings[0].drop must be true or false, got "x"'],
    ],
    [
      { mappings: [{ drop: true, fields: { v: 'v' } }] },
      ['mapping.mappings[0].fields has no effect, because the rule drops its events ("drop": true)'],
    ],
    [
      { measurement: 'm', mappings: [{ measurement: 'm', fields: { v: 'v' } }] },
      ['mapping.measurement must be in each entry of "mappings", because it belongs to one rule'],
    ],
    [
      { measurement: 'm', fields: {} },
      ['mapping.fields must name at least one field (or set "otherFields": "include")'],
    ],
    [{ measurement: 'm' }, ['mapping.fields must name at least one field (or set "otherFields": "include")']],
    [{ preset: 'telegraph' }, ['mapping.preset is not a known preset, got "telegraph". Did you mean "telegraf"?']],
    [
      { preset: 'nope' },
      [
        'mapping.preset is not a known preset, got "nope". Known presets: telegraf, cloudwatch-metric-stream, cloudwatch-alarm, otlp-metrics, chirpstack-v4, ttn-v3, iot-sitewise, greengrass-telemetry, cloudevents, senml, vector, homeassistant.',
      ],
    ],
    [
      { preset: 'telegraf', events: 'a' },
      [
        'mapping.events belongs to the rules, and a preset has its own. Write own rules, which are tried first, in "mappings"',
      ],
    ],
    [
      { preset: 'telegraf', mappings: [{ measurement: 'm', fields: { v: 'v' } }] },
      [
        'mapping.mappings[0] has no "when", so it takes every event from the preset. Give it a "when", or "also": true.',
      ],
    ],
    [
      { mappings: [{ measurement: 'm', fields: { v: 'v' }, when: {} }] },
      [
        'mapping.mappings[0].when.path must be a path (text), got nothing',
        'mapping.mappings[0].when must have exactly one of "equals", "in", "exists", "type", "startsWith", got 0',
      ],
    ],
    [
      { mappings: [{ measurement: 'm', fields: { v: 'v' }, when: { path: 'a' } }] },
      ['mapping.mappings[0].when must have exactly one of "equals", "in", "exists", "type", "startsWith", got 0'],
    ],
    [
      { mappings: [{ measurement: 'm', fields: { v: 'v' }, when: { path: 'a', equals: 1, exists: true } }] },
      ['mapping.mappings[0].when must have exactly one of "equals", "in", "exists", "type", "startsWith", got 2'],
    ],
    [
      { mappings: [{ measurement: 'm', fields: { v: 'v' }, when: { all: [] } }] },
      ['mapping.mappings[0].when.all must be an array of at least one condition, got []'],
    ],
    [
      { mappings: [{ measurement: 'm', fields: { v: 'v' }, when: { all: [{}], any: [{}] } }] },
      ['mapping.mappings[0].when has "all" and "any". Put each into an object of one list: {"all": [{...}, {...}]}'],
    ],
    [
      { mappings: [{ measurement: 'm', fields: { v: 'v' }, when: { not: 5 } }] },
      [
        'mapping.mappings[0].when.not must be {"path"} with one of "equals", "in", "exists", "type", "startsWith", or one of "all", "any", "not", got 5',
        'mapping.mappings[0].when.not must have exactly one of "equals", "in", "exists", "type", "startsWith", got 0',
      ],
    ],
    [
      { mappings: [{ measurement: 'm', fields: { v: 'v' }, when: { path: 'a', startsWith: '' } }] },
      ['mapping.mappings[0].when.startsWith must be text that is not empty, got ""'],
    ],
    [
      { mappings: [{ measurement: 'm', fields: { v: 'v' }, when: { path: 'a', in: [] } }] },
      ['mapping.mappings[0].when.in must contain at least one value, because no event matches an empty list'],
    ],
    [
      { mappings: [{ measurement: 'm', fields: { v: 'v' }, when: { path: 'a', equals: {} } }] },
      ['mapping.mappings[0].when.equals must contain only text, numbers, booleans or null, got {}'],
    ],
    [
      { mappings: [{ measurement: 'm', fields: { v: 'v' }, when: { path: 'a', in: 5 } }] },
      ['mapping.mappings[0].when.in must contain only text, numbers, booleans or null, got 5'],
    ],
    [
      { mappings: [{ measurement: 'm', fields: { v: 'v' }, when: { path: 'a', type: 'int' } }] },
      ['mapping.mappings[0].when.type must be one of string, number, boolean, null, object, array; got "int"'],
    ],
    [
      { mappings: [{ measurement: 'm', fields: { v: 'v' }, when: { path: '$root', equals: 1 } }] },
      ['mapping.mappings[0].when.path leads to $root, which is an object, not a value. Name a member: $root.NAME'],
    ],
  ])('%j', (declared, faults) => {
    expect(faultsOf(declared)).toEqual(faults);
  });
});
