/**
 * Mappings: paths, conditions, values and faults, with both converters. Covers `src/sink/mapping` and
 * `src/sink/convert`.
 */

import { describe, expect, test } from 'vitest';
import { parseMapping } from '../../../src/sink/mapping/parse-mapping.ts';
import { convert, mapping, message } from '../make.ts';

const TIME = 1_755_216_000_000;
const ONE = { measurement: 'm', fields: { v: 'v' } };
const faults = (declared: Record<string, unknown>): readonly string[] => {
  const read = parseMapping(
    JSON.parse(JSON.stringify({ version: 1, measurement: 'm', fields: { v: 'v' }, ...declared })),
  );
  return 'faults' in read ? read.faults : [];
};

describe('paths', () => {
  const both = (declared: Record<string, unknown>, body: unknown, more = {}): readonly string[] => {
    const rules = mapping({ timestamp: 'ts', ...declared });
    const line = convert(message(body, more), { mapping: rules });
    const point = convert(message(body, more), { mapping: rules, converter: 'point' });
    expect(point.lines).toEqual(line.lines);
    expect(point.codes).toEqual(line.codes);
    return line.lines;
  };

  test.each([
    ['a member', 'a', { a: 1 }],
    ['a nested member', 'a.b.c', { a: { b: { c: 1 } } }],
    ['an array index', 'a.1', { a: [0, 1] }],
    ['a digit key of an object', 'a.1', { a: { 1: 1 } }],
    ['a JSON Pointer', '/a.b/c', { 'a.b': { c: 1 } }],
    ['an escaped JSON Pointer', '/a~1b/~0', { 'a/b': { '~': 1 } }],
    ['the root', '$root.a', { a: 1 }],
    ['a pointer from the root', '$root./a.b', { 'a.b': 1 }],
    ['the first present member of a list', ['x', 'y.z', 'a'], { y: {}, x: null, a: 1 }],
  ])('finds the value at the path of %s', (_, path, event) => {
    expect(both({ fields: { v: { path } } }, { ts: TIME, ...event })).toEqual(['m v=1 1755216000000000000']);
  });

  test.each([
    'toString',
    'constructor',
    '__proto__',
    '__proto__.constructor',
    'length',
    'a.length',
    'b.length',
    's.length',
  ])('does not treat the inherited %s as a member', (path) => {
    const event = { ts: TIME, a: [1, 2], b: { c: 1 }, s: 'text', w: 1 };
    expect(both({ fields: { v: { path, type: 'string' }, w: 'w' } }, event)).toEqual(['m w=1 1755216000000000000']);
  });

  test.each(['a.length', 'b.constructor.length', 's.length', 'a.map.length'])(
    'does not treat the inherited number %s as a member',
    (path) => {
      const event = { ts: TIME, a: [1, 2], b: { c: 1 }, s: 'text', w: 1 };
      expect(both({ fields: { v: path, w: 'w' } }, event)).toEqual(['m w=1 1755216000000000000']);
    },
  );

  test('treats an own member that is named like an inherited one as a member', () => {
    const body = `{"ts":${TIME},"__proto__":{"constructor":7},"toString":3}`;
    const declared = { fields: { v: '__proto__.constructor', w: 'toString' } };
    expect(both(declared, body)).toEqual(['m v=7,w=3 1755216000000000000']);
  });

  test('reads the id, time, group and attributes of a message by $message', () => {
    const more = {
      groupId: 'g',
      attributes: { 'a.b': { type: 'String', value: 'x' }, n: { type: 'Number', value: '1.50' } },
    };
    const declared = {
      tags: { id: '$message.id', group: '$message.groupId', a: '$message.attributes.a.b', n: '$message.attributes.n' },
      fields: { v: '$message.sentAt', n2: '$message.attributes.n' },
    };
    expect(both(declared, { ts: TIME }, more)).toEqual([
      'm,a=x,group=g,id=message-1,n=1.50 v=1755216000000,n2=1.5 1755216000000000000',
    ]);
  });

  test('opens a list of events and reads the root of each event', () => {
    const declared = { events: 'r.list', tags: { d: '$root.d' }, fields: { v: 'v' } };
    const body = {
      d: 'x',
      ts: 1,
      r: {
        list: [
          { ts: TIME, v: 1 },
          { ts: TIME + 1, v: 2 },
        ],
      },
    };
    expect(both(declared, body)).toEqual(['m,d=x v=1 1755216000000000000', 'm,d=x v=2 1755216000001000000']);
  });
});

describe('several mappings', () => {
  const rules = mapping({
    measurement: undefined,
    mappings: [
      { when: { path: 'kind', equals: 'a' }, measurement: 'a', fields: { v: 'v' } },
      { when: { path: 'kind', in: ['b', 7] }, measurement: 'b', fields: { v: 'v' } },
      { when: { path: 'list', type: 'array' }, measurement: 'c', events: 'list', fields: { v: 'v' } },
      { when: { path: 'late', exists: true }, measurement: 'd', fields: { v: 'v' }, database: 'other' },
    ],
  });
  test.each([
    [{ kind: 'a', v: 1 }, 'a v=1'],
    [{ kind: 'b', v: 1 }, 'b v=1'],
    [{ kind: 7, v: 1 }, 'b v=1'],
    [{ list: [{ v: 1 }] }, 'c v=1'],
    [{ late: false, v: 1 }, 'd v=1'],
  ])('converts %j by the first mapping whose condition it meets', (event, line) => {
    expect(convert(message(event), { mapping: rules }).lines[0]?.startsWith(`${line} `)).toBe(true);
  });

  test('refuses an event that meets no condition', () => {
    expect(convert(message({ v: 1 }), { mapping: rules }).codes).toEqual(['no-mapping']);
  });

  test('opens a common list of events before choosing a mapping for each event', () => {
    const shared = mapping({
      measurement: undefined,
      events: 'list',
      mappings: [
        { when: { path: 't', equals: 'x' }, measurement: 'x', fields: { v: 'v' } },
        { measurement: 'y', fields: { v: 'v' } },
      ],
    });
    const { lines } = convert(message({ list: [{ t: 'x', v: 1 }, { v: 2 }] }), { mapping: shared });
    expect(lines.map((line) => line.slice(0, 5))).toEqual(['x v=1', 'y v=2']);
  });
});

describe('targets', () => {
  const rules = mapping({
    fields: { v: 'v' },
    database: { path: 'tenant', allow: ['one', 'two'] },
    retentionPolicy: 'short',
  });
  test('writes an event to the database that it names if that database is allowed', () => {
    const { targets } = convert(
      message([
        { tenant: 'one', v: 1 },
        { tenant: 'two', v: 2 },
      ]),
      { mapping: rules },
    );
    expect(Object.keys(targets)).toEqual(['one/short', 'two/short']);
  });
  test.each([{ tenant: 'three', v: 1 }, { v: 1 }, { tenant: 5, v: 1 }])('refuses %j for its database', (event) => {
    expect(convert(message(event), { mapping: rules }).codes).toEqual(['database-not-allowed']);
  });
});

describe('wildcards', () => {
  const lineAndPoint = (
    declared: Record<string, unknown>,
    event: unknown,
  ): { lines: readonly string[]; codes: readonly string[] } => {
    const rules = mapping({ timestamp: 'ts', ...declared });
    const line = convert(message(event), { mapping: rules });
    expect(convert(message(event), { mapping: rules, converter: 'point' }).lines).toEqual(line.lines);
    return line;
  };

  test('takes by "*" every own scalar member that has no rule', () => {
    const declared = { tags: { '*': 'labels', dev: 'labels.device' }, fields: { '*': 'values' } };
    const event = {
      ts: TIME,
      labels: { zone: 'z', device: 'd', n: 5, deep: {} },
      values: { b: true, a: 1.5, s: 'x', skip: [1], no: null },
    };
    expect(lineAndPoint(declared, event).lines).toEqual(['m,dev=d,n=5,zone=z b=true,a=1.5,s="x" 1755216000000000000']);
  });
  test('takes by otherFields every member that no rule names', () => {
    const declared = { tags: { dev: 'device' }, fields: { t: 'temperature' }, otherFields: 'include' };
    const event = { ts: TIME, device: 'd', temperature: 1, humidity: 2, ok: false };
    expect(lineAndPoint(declared, event).lines).toEqual(['m,dev=d t=1,humidity=2,ok=false 1755216000000000000']);
  });
  test('excludes from otherFields the members that conditions, targets and $root name', () => {
    const declared = {
      measurement: undefined,
      fields: undefined,
      mappings: [
        {
          when: { path: 'kind', equals: 'a' },
          measurement: 'm',
          timestamp: 'ts',
          database: { path: 'db', allow: ['x'] },
          tags: { site: '$root.site' },
          otherFields: 'include',
        },
      ],
    };
    const { lines } = convert(message({ ts: TIME, kind: 'a', db: 'x', site: 's', v: 1 }), {
      mapping: mapping(declared),
    });
    expect(lines).toEqual(['m,site=s v=1 1755216000000000000']);
  });
  test.each([
    ['duplicate-name', { tags: { host: 'h' }, otherFields: 'include', fields: {} }, { h: 'a', host: 'b', v: 1 }],
    ['reserved-name', { otherFields: 'include', fields: {} }, { time: 1 }],
    ['name-characters', { otherFields: 'include', fields: {} }, { 'a"b': 1 }],
  ])('refuses with "%s" the wildcard mapping %j for the event %j', (code, declared, event) => {
    expect(lineAndPoint(declared, { ts: TIME, ...event }).codes).toEqual([code]);
  });
  test('refuses an event that has more than 200 members for a wildcard', () => {
    const members = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`f${i}`, i]));
    const codesOf = (count: number) =>
      lineAndPoint({ otherFields: 'include', fields: {} }, { ts: TIME, ...members(count) }).codes;
    expect([codesOf(200), codesOf(201)]).toEqual([[], ['too-large']]);
  });
});

test('compares no integer beyond 2^53 as equal in a condition', () => {
  const rules = mapping({
    measurement: undefined,
    mappings: [{ when: { path: 'id', in: [1, 9007199254740991] }, measurement: 'm', fields: { v: 'v' } }],
  });
  const codes = (id: string): readonly string[] => convert(message(`{"id":${id},"v":1}`), { mapping: rules }).codes;
  expect([codes('1'), codes('9007199254740991'), codes('9007199254740992'), codes('9007199254740993')]).toEqual([
    [],
    [],
    ['no-mapping'],
    ['no-mapping'],
  ]);
});

test('converts an integer in text to a float only if a float represents it exactly', () => {
  const rules = mapping({ mismatch: 'coerce', fields: { v: 'v' } });
  const become = (text: string): string[] => {
    const { lines, codes } = convert(message({ v: text }), { mapping: rules });
    return [...lines.map((line) => line.replace(/ \d+$/, '')), ...codes];
  };
  expect(become('9007199254740993')).toEqual(['field-type']);
  expect(become('9007199254740992')).toEqual(['m v=9007199254740992']);
  expect(become('0.10000000000000001')).toEqual(['m v=0.1']);
});

test('refuses a time that is too small for a double, with and without a number that needs exact digits next to it', () => {
  const rules = mapping({ timestamp: { path: 'ts', precision: 'ms' }, tags: { t: 't' }, fields: { v: 'v' } });
  for (const neighbor of ['', ',"t":1.50']) {
    const codes = (time: string): readonly string[] =>
      convert(message(`{"ts":${time},"v":1${neighbor}}`), { mapping: rules }).codes;
    expect([codes('1e-400'), codes('1e1000'), codes('0')]).toEqual([['timestamp-format'], ['timestamp-range'], []]);
  }
});

describe('types', () => {
  const declared = {
    f: { path: 'v', type: 'float' },
    i: { path: 'v', type: 'integer' },
    b: { path: 'v', type: 'boolean' },
    s: { path: 'v', type: 'string' },
  };
  const result = (type: keyof typeof declared, source: string, options = {}): string => {
    const rules = mapping({ timestamp: 'ts', fields: { v: declared[type] }, ...options });
    const body = `{"ts":${TIME},"v":${source}}`;
    const line = convert(message(body), { mapping: rules });
    const point = convert(message(body), { mapping: rules, converter: 'point' });
    expect([point.lines, point.codes, point.valuesAltered]).toEqual([line.lines, line.codes, line.valuesAltered]);
    return line.codes[0] ?? (line.lines[0] as string).slice(4, -20);
  };

  test.each([
    ['f', '21.5', '21.5'],
    ['f', '3', '3'],
    ['f', '3.0', '3'],
    ['f', '-0', '-0'],
    ['f', '1e400', 'not-finite'],
    ['f', '"21.5"', 'field-type'],
    ['f', 'true', 'field-type'],
    ['f', '{}', 'field-type'],
    ['f', '[]', 'field-type'],
    ['f', 'null', 'no-fields'],
    ['i', '3', '3i'],
    ['i', '-3', '-3i'],
    ['i', '-0', '0i'],
    ['i', '3.0', 'field-type'],
    ['i', '3e0', 'field-type'],
    ['i', '3.5', 'field-type'],
    ['i', '"7"', 'field-type'],
    ['i', '9007199254740991', '9007199254740991i'],
    ['i', '-9007199254740991', '-9007199254740991i'],
    ['i', '9007199254740992', 'integer-range'],
    ['i', '9007199254740993', 'integer-range'],
    ['i', '1e400', 'field-type'],
    ['b', 'true', 'true'],
    ['b', 'false', 'false'],
    ['b', '"true"', 'field-type'],
    ['b', '1', 'field-type'],
    ['s', '"a"', '"a"'],
    ['s', '""', '""'],
    ['s', '"a\\nb"', '"a\\\\nb"'],
    ['s', '"a\\tb\\r"', '"a\tb\r"'],
    ['s', '5', 'field-type'],
    ['s', '"\\ud800"', 'name-characters'],
  ] as const)('a field of type %s converts %s with the result %s', (type, source, expected) => {
    expect(result(type, source)).toBe(expected);
  });

  test.each([
    ['f', '"21.5"', '21.5'],
    ['f', '"1e3"', '1000'],
    ['f', '"0x10"', 'field-type'],
    ['f', '"NaN"', 'field-type'],
    ['f', '" 1"', '1'],
    ['f', '"1e999"', 'not-finite'],
    ['f', 'true', 'field-type'],
    ['i', '3.0', '3i'],
    ['i', '"7"', '7i'],
    ['i', '3e2', '300i'],
    ['i', '30e-1', '3i'],
    ['i', '3.5', 'field-type'],
    ['i', '"7.5"', 'field-type'],
    ['i', '"x"', 'field-type'],
    ['i', '9007199254740993.0', 'integer-range'],
    ['b', '"true"', 'true'],
    ['b', '"false"', 'false'],
    ['b', '"yes"', 'field-type'],
    ['b', '2', 'field-type'],
    ['b', '1', 'true'],
    ['s', '5', '"5"'],
    ['s', '1.10', '"1.10"'],
    ['s', '12345678901234567890', '"12345678901234567890"'],
    ['s', 'true', '"true"'],
    ['s', '{}', 'field-type'],
  ] as const)('a coercing field of type %s converts %s with the result %s', (type, source, expected) => {
    expect(result(type, source, { mismatch: 'coerce' })).toBe(expected);
  });

  test('counts altered values only for events that are written', () => {
    const rules = mapping({
      timestamp: 'ts',
      mismatch: 'coerce',
      fields: { a: 'a', s: { path: 's', type: 'string' } },
    });
    const events = [
      { ts: TIME, a: '1', s: 'x\ny' },
      { ts: TIME, a: null, s: 'z' },
      { ts: 'bad', a: '1', s: '\n' },
    ];
    expect(convert(message(events), { mapping: rules }).valuesAltered).toBe(3);
  });

  test('refuses nulls and line breaks if the mapping requires it', () => {
    expect(result('f', 'null', { nulls: 'refuse' })).toBe('field-type');
    expect(result('s', '"a\\nb"', { newlines: 'refuse' })).toBe('name-characters');
  });

  test('chooses the field of a byType column by the type of the value', () => {
    const rules = mapping({
      timestamp: 'ts',
      fields: { v: { path: 'v', byType: { number: 'value', string: 'text' } } },
    });
    const lines = [1, 'x', true].map((v) => convert(message({ ts: TIME, v }), { mapping: rules }));
    expect(lines.map((one) => one.codes[0] ?? one.lines[0]?.slice(2, -20))).toEqual([
      'value=1',
      'text="x"',
      'field-type',
    ]);
  });

  test.each([
    ['"x y,=\\\\"', 'x\\ y\\,\\=\\\\'],
    ['5', '5'],
    ['1.10', '1.10'],
    ['1e3', '1e3'],
    ['-0', '-0'],
    ['0.0000001', '0.0000001'],
    ['12345678901234567890', '12345678901234567890'],
    ['true', 'true'],
    ['"a\\nb"', 'name-characters'],
    ['"\\ud800"', 'name-characters'],
    ['"\\u0000"', 'name-characters'],
    ['{}', 'field-type'],
    ['[1]', 'field-type'],
  ])('a tag converts %s with the result %s', (source, expected) => {
    const rules = mapping({ timestamp: 'ts', tags: { t: 't' }, fields: { v: 'v' } });
    const body = `{"ts":${TIME},"v":1,"t":${source}}`;
    const { lines, codes } = convert(message(body), { mapping: rules });
    expect(codes[0] ?? lines[0]?.slice(4, -24)).toBe(expected);
    expect(convert(message(body), { mapping: rules, converter: 'point' }).lines).toEqual(lines);
  });

  test.each(['""', 'null'])('treats a tag of %s as absent, with its default or a refusal', (source) => {
    const body = `{"ts":${TIME},"v":1,"t":${source}}`;
    const line = (tag: unknown): string | undefined => {
      const { lines, codes } = convert(message(body), {
        mapping: mapping({ timestamp: 'ts', tags: { t: tag }, fields: { v: 'v' } }),
      });
      return codes[0] ?? lines[0]?.slice(0, -24);
    };
    expect([line('t'), line({ path: 't', default: 'd' }), line({ path: 't', required: true })]).toEqual([
      'm',
      'm,t=d',
      'tag-missing',
    ]);
  });
});

describe('faults', () => {
  test('reports all faults of a mapping together, each with its place and the correct form', () => {
    const found = faults({
      version: 2,
      measurment: 'x',
      measurement: 'a/b',
      tags: { time: 't', ok: 5 },
      fields: { a: { path: 't', type: 'int' }, b: {} },
      timestamp: { path: '$foo.x', precision: 'm', extra: 1 },
      nulls: 'drop',
    });
    for (const place of [
      'version',
      'measurment',
      'measurement:',
      'tags.time',
      'tags.ok',
      'fields.a.type',
      'fields.b.path',
      'timestamp.path',
      'timestamp.precision',
      'timestamp.extra',
      'nulls',
    ]) {
      expect(
        found.filter((fault) => fault.includes(`mapping.${place}`)),
        place,
      ).toHaveLength(1);
    }
  });
  test.each([
    ['one name for a tag and a field', { tags: { v: 'x' } }, /^mapping\.fields\.v is also the name of a tag\./],
    ['no fields', { fields: {} }, /must name at least one field/],
    ['a database path without a list of allowed names', { database: { path: 'x' } }, /database.allow must list/],
    [
      'a default of a required tag',
      { tags: { t: { path: 'x', default: 'd', required: true } } },
      /default and is required/,
    ],
    [
      'a condition with two tests',
      {
        measurement: undefined,
        fields: undefined,
        mappings: [{ when: { path: 'x', equals: 1, exists: true }, measurement: 'm', fields: { v: 'v' } }],
      },
      /exactly one of/,
    ],
    ['a list of events from an attribute', { events: '$message.attributes.x' }, /array of the event itself/],
    ['an unknown member of $message', { fields: { v: '$message.body' } }, /must be \$message\.id/],
    [
      'a column with different types in two mappings',
      {
        measurement: undefined,
        fields: undefined,
        mappings: [
          { when: { path: 'x', exists: true }, measurement: 'm', fields: { v: 'v' } },
          { measurement: 'm', fields: { v: { path: 'v', type: 'string' } } },
        ],
      },
      /one type only/,
    ],
    [
      'a prefix that no measurement can begin with',
      { measurement: { path: 'k', prefix: 'aws/' } },
      /cannot contain any of/,
    ],
    ['a prefix that makes the line a comment', { measurement: { path: 'k', prefix: '#' } }, /comment/],
    ['an empty default of a database', { database: { path: 'x', allow: ['a'], default: '' } }, /must not be empty/],
    ['a database that openGemini cannot have', { database: 'a/b' }, /must not contain any of/],
    ['an invalid allowed database', { database: { path: 'x', allow: ['a', 'b;c'] } }, /must not contain any of/],
    ['a path with an empty step', { fields: { v: 'a..b' } }, /empty step/],
    ['a path with an empty step after $root', { fields: { v: '$root.' } }, /empty step/],
    ['a JSON Pointer with a single tilde', { fields: { v: '/x~2' } }, /neither ~0/],
    [
      'a mapping that no event can reach',
      {
        measurement: undefined,
        fields: undefined,
        mappings: [
          { measurement: 'm', fields: { v: 'v' } },
          { when: { path: 'x', exists: true }, measurement: 'n', fields: { v: 'v' } },
        ],
      },
      /must come last/,
    ],
    [
      'a condition on an integer that JSON does not represent exactly',
      {
        measurement: undefined,
        fields: undefined,
        mappings: [{ when: { path: 'x', equals: 2 ** 60 }, measurement: 'm', fields: { v: 'v' } }],
      },
      /beyond 2\^53-1/,
    ],
  ])('reports %s as a fault', (_, declared, expected) => {
    expect(faults(declared).join('\n')).toMatch(expected);
  });
  test.each([
    ['$root', { fields: { v: '$root' } }, 'fields.v'],
    ['$root', { events: 'list', fields: { v: '$root' } }, 'fields.v'],
    ['$envelope', { fields: { v: { path: ['v', '$envelope'], type: 'string' } } }, 'fields.v.path'],
    ['$message.attributes', { tags: { t: '$message.attributes' } }, 'tags.t'],
    ['$message.attributes', { tags: { t: { path: '$message.attributes', required: true } } }, 'tags.t.path'],
    ['$root', { timestamp: '$root' }, 'timestamp.path'],
    ['$root', { measurement: { path: '$root' } }, 'measurement.path'],
    ['$envelope', { database: { path: '$envelope', allow: ['a'] } }, 'database.path'],
  ])('reports the whole object %s as no value in %j', (path, declared, place) => {
    expect(faults(declared)).toEqual([
      `mapping.${place} leads to ${path}, which is an object, not a value. Name a member: ${path}.NAME`,
    ]);
  });
  test('reports a whole object as a fault in a list of events and in a comparison', () => {
    expect(faults({ events: '$root' })).toEqual([
      'mapping.events must lead to an array of the event itself, got "$root". Write "$value" for the event itself',
    ]);
    const when = { path: '$envelope', equals: 1 };
    expect(faults({ measurement: undefined, fields: undefined, mappings: [{ when, ...ONE }] })).toEqual([
      expect.stringMatching(/^mapping\.mappings\[0\]\.when\.path leads to \$envelope, which is an object/),
    ]);
  });
  test('accepts a whole object as the source of "*" and in an existence condition', () => {
    const declared = {
      measurement: undefined,
      mappings: [
        { when: { path: '$envelope', exists: true }, ...ONE, measurement: 'enveloped' },
        { ...ONE, tags: { '*': '$message.attributes' } },
      ],
    };
    const { lines } = convert(message({ v: 1 }, { attributes: { region: { type: 'String', value: 'eu' } } }), {
      mapping: mapping(declared),
    });
    expect(lines).toEqual([expect.stringMatching(/^m,region=eu v=1 /)]);
  });
  test('reports a condition with two tests only once, and not as a mapping without "when"', () => {
    const when = { path: 'x', equals: 1, in: [1] };
    const mappings = [{ when, ...ONE }, ONE];
    expect(faults({ measurement: undefined, fields: undefined, mappings })).toEqual([
      'mapping.mappings[0].when must have exactly one of "equals", "in", "exists", "type", "startsWith", got 2',
    ]);
  });
  test('reports column conflicts together with all other faults, but none for a column whose type is itself a fault', () => {
    const mappings = [
      5,
      { when: { path: 'x', exists: true }, measurement: 'm', tags: { time: 't', v: 't' }, fields: { v: 'v', w: 'w' } },
      { measurement: 'm', fields: { w: { path: 'w', type: 'string' }, x: 'x' } },
    ];
    expect(faults({ measurement: undefined, fields: undefined, mappings })).toEqual([
      'mapping.mappings[0] must be an object, got 5',
      'mapping.mappings[1].tags.time: openGemini reserves the name "time" for itself',
      expect.stringMatching(/^mapping\.mappings\[1\]\.fields\.v is also the name of a tag\./),
      expect.stringMatching(/^mapping\.mappings\[2\] writes "w" .* as string field, but mapping\.mappings\[1\] /),
    ]);
    for (const mistaken of [{ path: 'v', type: 'text' }, 5]) {
      const fields = [{ v: mistaken }, { v: { path: 'v', type: 'string' } }];
      const when = { path: 'x', exists: true };
      expect(
        faults({
          measurement: undefined,
          fields: undefined,
          mappings: [
            { when, measurement: 'm', fields: fields[0] },
            { measurement: 'm', fields: fields[1] },
          ],
        }),
      ).toHaveLength(1);
    }
  });
  test('treats a database that one rule names and another inherits from the configuration as the same target', () => {
    const declared = {
      version: 1,
      mappings: [
        { when: { path: 'x', exists: true }, measurement: 'm', fields: { v: 'v' }, database: 'db' },
        { measurement: 'm', fields: { v: { path: 'v', type: 'string' } } },
      ],
    };
    const target = { database: 'db', retentionPolicy: undefined };
    expect(parseMapping(declared, target)).toMatchObject({ faults: [expect.stringContaining('one type only')] });
    expect(parseMapping(declared, { ...target, database: 'other' })).toHaveProperty('mapping');
  });
  test('suggests the nearest known name for an unknown member, or lists the known names', () => {
    expect(faults({ measurment: 'm', tags: { t: { paht: 'x', path: 'x' } }, colour: 1 })).toEqual([
      'mapping.measurment is not a known member. Did you mean "measurement"?',
      expect.stringMatching(
        /^mapping\.colour is not a known member\. Known members: \$schema, version, mappings, preset, open, events, .*\.$/,
      ),
      'mapping.tags.t.paht is not a known member. Did you mean "path"?',
    ]);
  });
  test('refuses an array as a mapping', () => {
    const sentence = 'mapping must be a JSON object, got []';
    expect(parseMapping([])).toEqual({ faults: [sentence], located: [{ place: 'mapping', sentence }] });
  });
});

test('distinguishes integers from other numbers of equal value, with any neighbors', () => {
  const rules = mapping({ fields: { n: { path: 'n', type: 'integer' } } });
  const codes = (n: string): readonly string[] =>
    convert(message(`{"version":"1.0","hex":"3e4","n":${n},"f":10.0625}`), { mapping: rules }).codes;
  for (const n of ['3', '-3', '0', '9007199254740991']) expect(codes(n), n).toEqual([]);
  for (const n of ['3.0', '3.00 ', '3e0', '3E0', '30e-1', '-3.0', '0.0', '3.0e0'])
    expect(codes(n), n).toEqual(['field-type']);
});
