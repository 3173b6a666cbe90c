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
    ['the first present of a list', ['x', 'y.z', 'a'], { y: {}, x: null, a: 1 }],
  ])('%s leads to its value', (_, path, event) => {
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
  ])('the inherited %s is not a member', (path) => {
    const event = { ts: TIME, a: [1, 2], b: { c: 1 }, s: 'text', w: 1 };
    expect(both({ fields: { v: { path, type: 'string' }, w: 'w' } }, event)).toEqual(['m w=1 1755216000000000000']);
  });

  test.each(['a.length', 'b.constructor.length', 's.length', 'a.map.length'])(
    'the inherited number %s is not a member',
    (path) => {
      const event = { ts: TIME, a: [1, 2], b: { c: 1 }, s: 'text', w: 1 };
      expect(both({ fields: { v: path, w: 'w' } }, event)).toEqual(['m w=1 1755216000000000000']);
    },
  );

  test('an own member named like an inherited one is a member', () => {
    const body = `{"ts":${TIME},"__proto__":{"constructor":7},"toString":3}`;
    const declared = { fields: { v: '__proto__.constructor', w: 'toString' } };
    expect(both(declared, body)).toEqual(['m v=7,w=3 1755216000000000000']);
  });

  test('message id, time, group and attributes are reached by $message', () => {
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

  test('events are opened, and reach their root', () => {
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
  ])('%j is taken by the first whose condition holds', (event, line) => {
    expect(convert(message(event), { mapping: rules }).lines[0]?.startsWith(`${line} `)).toBe(true);
  });

  test('an event that none takes is refused', () => {
    expect(convert(message({ v: 1 }), { mapping: rules }).codes).toEqual(['no-mapping']);
  });

  test('events at the top are opened before a mapping is chosen for each', () => {
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
  test('the event names its database out of the allowed ones', () => {
    const { targets } = convert(
      message([
        { tenant: 'one', v: 1 },
        { tenant: 'two', v: 2 },
      ]),
      { mapping: rules },
    );
    expect(Object.keys(targets)).toEqual(['one/short', 'two/short']);
  });
  test.each([{ tenant: 'three', v: 1 }, { v: 1 }, { tenant: 5, v: 1 }])('%j is refused', (event) => {
    expect(convert(message(event), { mapping: rules }).codes).toEqual(['database-not-allowed']);
  });
});

describe('members taken without naming each', () => {
  const lineAndPoint = (
    declared: Record<string, unknown>,
    event: unknown,
  ): { lines: readonly string[]; codes: readonly string[] } => {
    const rules = mapping({ timestamp: 'ts', ...declared });
    const line = convert(message(event), { mapping: rules });
    expect(convert(message(event), { mapping: rules, converter: 'point' }).lines).toEqual(line.lines);
    return line;
  };

  test('"*" takes every own scalar member that is not named by itself', () => {
    const declared = { tags: { '*': 'labels', dev: 'labels.device' }, fields: { '*': 'values' } };
    const event = {
      ts: TIME,
      labels: { zone: 'z', device: 'd', n: 5, deep: {} },
      values: { b: true, a: 1.5, s: 'x', skip: [1], no: null },
    };
    expect(lineAndPoint(declared, event).lines).toEqual(['m,dev=d,n=5,zone=z b=true,a=1.5,s="x" 1755216000000000000']);
  });
  test('otherFields takes what no rule names', () => {
    const declared = { tags: { dev: 'device' }, fields: { t: 'temperature' }, otherFields: 'include' };
    const event = { ts: TIME, device: 'd', temperature: 1, humidity: 2, ok: false };
    expect(lineAndPoint(declared, event).lines).toEqual(['m,dev=d t=1,humidity=2,ok=false 1755216000000000000']);
  });
  test('otherFields does not take what conditions, targets and $root name', () => {
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
    [
      'too-large',
      { otherFields: 'include', fields: {} },
      Object.fromEntries(Array.from({ length: 201 }, (_, i) => [`f${i}`, i])),
    ],
  ])('%s is refused', (code, declared, event) => {
    expect(lineAndPoint(declared, { ts: TIME, ...event }).codes).toEqual([code]);
  });
});

test('a condition is not met by a number that its double does not tell', () => {
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

test('text that is an integer becomes a float only if a float can hold it', () => {
  const rules = mapping({ mismatch: 'coerce', fields: { v: 'v' } });
  const become = (text: string): string[] => {
    const { lines, codes } = convert(message({ v: text }), { mapping: rules });
    return [...lines.map((line) => line.replace(/ \d+$/, '')), ...codes];
  };
  expect(become('9007199254740993')).toEqual(['field-type']);
  expect(become('9007199254740992')).toEqual(['m v=9007199254740992']);
  expect(become('0.10000000000000001')).toEqual(['m v=0.1']);
});

test('a time too small for a double is refused, whatever stands beside it', () => {
  const rules = mapping({ timestamp: { path: 'ts', precision: 'ms' }, tags: { t: 't' }, fields: { v: 'v' } });
  for (const beside of ['', ',"t":1.50']) {
    const codes = (time: string): readonly string[] =>
      convert(message(`{"ts":${time},"v":1${beside}}`), { mapping: rules }).codes;
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
  ] as const)('%s of %s is %s', (type, source, expected) => {
    expect(result(type, source)).toBe(expected);
  });

  test.each([
    ['f', '"21.5"', '21.5'],
    ['f', '"1e3"', '1000'],
    ['f', '"0x10"', 'field-type'],
    ['f', '"NaN"', 'field-type'],
    ['f', '" 1"', 'field-type'],
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
    ['b', '1', 'field-type'],
    ['s', '5', '"5"'],
    ['s', '1.10', '"1.10"'],
    ['s', '12345678901234567890', '"12345678901234567890"'],
    ['s', 'true', '"true"'],
    ['s', '{}', 'field-type'],
  ] as const)('coerced, %s of %s is %s', (type, source, expected) => {
    expect(result(type, source, { mismatch: 'coerce' })).toBe(expected);
  });

  test('what is altered is counted, and only for events that are written', () => {
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

  test('nulls and line breaks are refused where the mapping says so', () => {
    expect(result('f', 'null', { nulls: 'refuse' })).toBe('field-type');
    expect(result('s', '"a\\nb"', { newlines: 'refuse' })).toBe('name-characters');
  });

  test('byType chooses the field by the type of the value', () => {
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
  ])('a tag of %s is %s', (source, expected) => {
    const rules = mapping({ timestamp: 'ts', tags: { t: 't' }, fields: { v: 'v' } });
    const body = `{"ts":${TIME},"v":1,"t":${source}}`;
    const { lines, codes } = convert(message(body), { mapping: rules });
    expect(codes[0] ?? lines[0]?.slice(4, -24)).toBe(expected);
    expect(convert(message(body), { mapping: rules, converter: 'point' }).lines).toEqual(lines);
  });

  test.each(['""', 'null'])('a tag of %s is left out, takes its default, or is missing', (source) => {
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
  test('all are told at once, each with its place and what would be right', () => {
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
    ['one name as tag and field', { tags: { v: 'x' } }, /name "v" more than once/],
    ['no fields', { fields: {} }, /must name at least one field/],
    ['a path without allow', { database: { path: 'x' } }, /database.allow must list/],
    [
      'a default of a required tag',
      { tags: { t: { path: 'x', default: 'd', required: true } } },
      /default and is required/,
    ],
    [
      'two tests in one condition',
      {
        measurement: undefined,
        fields: undefined,
        mappings: [{ when: { path: 'x', equals: 1, exists: true }, measurement: 'm', fields: { v: 'v' } }],
      },
      /exactly one of/,
    ],
    ['events by attribute', { events: '$message.attributes.x' }, /array of the event itself/],
    ['a dangling dot of $message', { fields: { v: '$message.body' } }, /must be \$message\.id/],
    [
      'types that differ between mappings',
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
      /cannot hold any of/,
    ],
    ['a prefix that makes a comment', { measurement: { path: 'k', prefix: '#' } }, /comment/],
    ['an empty default of a database', { database: { path: 'x', allow: ['a'], default: '' } }, /must not be empty/],
    ['a database that openGemini cannot have', { database: 'a/b' }, /must not hold any of/],
    ['such a one among the allowed', { database: { path: 'x', allow: ['a', 'b;c'] } }, /must not hold any of/],
    ['an empty step', { fields: { v: 'a..b' } }, /empty step/],
    ['an empty step behind $root', { fields: { v: '$root.' } }, /empty step/],
    ['a pointer with a loose tilde', { fields: { v: '/x~2' } }, /neither ~0/],
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
      'a condition on an integer that JSON does not keep',
      {
        measurement: undefined,
        fields: undefined,
        mappings: [{ when: { path: 'x', equals: 2 ** 60 }, measurement: 'm', fields: { v: 'v' } }],
      },
      /beyond 2\^53-1/,
    ],
  ])('%s is a fault', (_, declared, expected) => {
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
  ])('a whole object, %s, is no value: %j', (path, declared, place) => {
    expect(faults(declared)).toEqual([
      `mapping.${place} leads to ${path}, which is an object and no value; name a member: ${path}.NAME`,
    ]);
  });
  test('a whole object is no array of events, and equals nothing', () => {
    expect(faults({ events: '$root' })).toEqual([
      'mapping.events must lead to an array of the event itself, got "$root"',
    ]);
    const when = { path: '$envelope', equals: 1 };
    expect(faults({ measurement: undefined, fields: undefined, mappings: [{ when, ...ONE }] })).toEqual([
      expect.stringMatching(/^mapping\.mappings\[0\]\.when\.path leads to \$envelope, which is an object/),
    ]);
  });
  test('members of a whole object are taken by "*", and a condition may ask whether it is there', () => {
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
  test('a condition with two tests is told once: it is no mapping without "when"', () => {
    const when = { path: 'x', equals: 1, in: [1] };
    const mappings = [{ when, ...ONE }, ONE];
    expect(faults({ measurement: undefined, fields: undefined, mappings })).toEqual([
      'mapping.mappings[0].when must have exactly one of "equals", "in", "exists", "type", got 2',
    ]);
  });
  test('between columns are told together with all others, and none is told for a type that is mistaken', () => {
    const mappings = [
      5,
      { when: { path: 'x', exists: true }, measurement: 'm', tags: { time: 't', v: 't' }, fields: { v: 'v', w: 'w' } },
      { measurement: 'm', fields: { w: { path: 'w', type: 'string' }, x: 'x' } },
    ];
    expect(faults({ measurement: undefined, fields: undefined, mappings })).toEqual([
      'mapping.mappings[0] must be an object, got 5',
      'mapping.mappings[1].tags.time: openGemini reserves the name "time" for itself',
      expect.stringMatching(/^mapping\.mappings\[1\] uses the name "v" more than once/),
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
  test('one database that is named in one rule and configured for the other is the same', () => {
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
  test('an array or text is no mapping', () => {
    expect(parseMapping([])).toEqual({ faults: ['mapping must be a JSON object, got []'] });
  });
});

test('integers are told from what only equals one, whatever stands around them', () => {
  const rules = mapping({ fields: { n: { path: 'n', type: 'integer' } } });
  const codes = (n: string): readonly string[] =>
    convert(message(`{"version":"1.0","hex":"3e4","n":${n},"f":10.0625}`), { mapping: rules }).codes;
  for (const n of ['3', '-3', '0', '9007199254740991']) expect(codes(n), n).toEqual([]);
  for (const n of ['3.0', '3.00 ', '3e0', '3E0', '30e-1', '-3.0', '0.0', '3.0e0'])
    expect(codes(n), n).toEqual(['field-type']);
});
