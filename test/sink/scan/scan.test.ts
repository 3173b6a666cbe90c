import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { createConverter } from '../../../src/sink/convert/converter.ts';
import { LineBuffer } from '../../../src/sink/lines/line-buffer.ts';
import type { Mapping } from '../../../src/sink/mapping/mapping.ts';
import { parseMapping } from '../../../src/sink/mapping/parse-mapping.ts';
import type { Message } from '../../../src/sink/message.ts';
import { SCAN_CHARACTERS_MAX } from '../../../src/sink/scan/json-scanner.ts';
import { CountingObserver } from '../../../src/testing/counting-observer.ts';
import { linesOf, mapping, message, TARGET } from '../make.ts';
import { BothPaths, type Comparison } from './both-paths.ts';
import { compareBodies } from './scan-laws.ts';

const MAPPING = mapping({
  version: 1,
  measurement: 'm',
  timestamp: { path: 'ts', precision: 'ms' },
  tags: { a: 'a' },
  fields: {
    v: 'v',
    n: { path: 'n', type: 'integer' },
    text: { path: 'text', type: 'string' },
    deep: 'x.y',
    ok: { path: 'ok', type: 'boolean' },
  },
});

const compare = (body: string, one: Partial<Message> = {}): Comparison =>
  new BothPaths(MAPPING).compare({ ...message(body), ...one });

/** Expects equal results, and returns whether the body was scanned. */
const isScanned = (body: string, one: Partial<Message> = {}): boolean => {
  const { isScanned: found, scanned, decoded } = compare(body, one);
  expect(scanned).toEqual(decoded);
  return found;
};

const lineOf = (body: string): unknown => {
  const { isScanned: found, scanned, decoded } = compare(body);
  expect(scanned).toEqual(decoded);
  expect(found).toBe(true);
  return scanned.at(-1);
};

describe('scanned events', () => {
  test('gives the line of an event', () => {
    const body = '{"a":"b","v":4.20,"text":"c \\"d\\" \\\\","x":{"y":-0.5,"z":[1,{}]},"other":null,"ts":1780000000001}';
    expect(lineOf(body)).toBe('m,a=b v=4.2,text="c \\"d\\" \\\\",deep=-0.5 1780000000001000000\n');
  });

  test.each([
    ['spaces between tokens', '{ "a" : "b" ,\t"v" : 1 ,\r\n "ts" : 1780000000001 }\n', 'm,a=b v=1 '],
    ['another order of members', '{"ts":1780000000001,"v":1,"a":"b"}', 'm,a=b v=1 '],
    ['an absent tag', '{"v":1,"ts":1780000000001}', 'm v=1 '],
    ['an empty tag', '{"a":"","v":1,"ts":1780000000001}', 'm v=1 '],
    ['a tag to escape', '{"a":"b, c=\\\\ \\"d\\"","v":1,"ts":1780000000001}', 'm,a=b\\,\\ c\\=\\\\\\ "d" v=1 '],
    ['a number as a tag, as it is written', '{"a":1.50e1,"v":1,"ts":1780000000001}', 'm,a=1.50e1 v=1 '],
    ['booleans', '{"v":1,"ok":true,"ts":1780000000001}', 'm v=1,ok=true '],
    ['false', '{"v":1,"ok":false,"ts":1780000000001}', 'm v=1,ok=false '],
    [
      'text with characters above ASCII',
      '{"a":"é漢","v":1,"text":"😀 ü","ts":1780000000001}',
      'm,a=é漢 v=1,text="😀 ü" ',
    ],
    ['an exponent', '{"v":1.5e3,"ts":1780000000001}', 'm v=1500 '],
    [
      'a float that JavaScript prints with an exponent',
      '{"v":0.00000015,"ts":1780000000001}',
      'm v=1.5000000000000000e-7 ',
    ],
    ['a double of 17 digits', '{"v":0.30000000000000004,"ts":1780000000001}', 'm v=0.30000000000000004 '],
    ['a number with more digits than its double', '{"v":0.10000000000000000555,"ts":1780000000001}', 'm v=0.1 '],
    ['16 digits that are not the shortest', '{"v":0.1000000000000000,"ts":1780000000001}', 'm v=0.1 '],
    ['an integer', '{"n":-12,"ts":1780000000001}', 'm n=-12i '],
    ['an integer that is minus zero', '{"n":-0,"ts":1780000000001}', 'm n=0i '],
    ['minus zero', '{"v":-0.0,"ts":1780000000001}', 'm v=-0 '],
    ['a scalar on the way to a value', '{"x":1,"v":1,"ts":1780000000001}', 'm v=1 '],
  ])('writes %s', (_name, body, beginning) => {
    expect(lineOf(body)).toBe(`${beginning}1780000000001000000\n`);
  });

  test('counts nulls and implausible times as the ordinary path does', () => {
    expect(compare('{"a":null,"v":1,"text":null,"ts":1780000000}').scanned[0]).toEqual(['changed', 2, 0, 1]);
    expect(isScanned('{"a":null,"v":1,"text":null,"ts":1780000000}')).toBe(true);
  });
});

describe('a brace instead of a comma', () => {
  const INVALID = [
    ['after a value that the mapping does not read', '{"other":1{"other":2,"v":1,"ts":1780000000001}'],
    ['after a value that the mapping reads', '{"v":1{"other":2,"ts":1780000000001}'],
    ['after an object', '{"other":{}{"other":{},"v":1,"ts":1780000000001}'],
    ['in an object on the way to a value', '{"v":1,"x":{"z":1{"z":2,"y":1},"ts":1780000000001}'],
    ['at the end', '{"v":1,"ts":1780000000001,"x":{"z":1{"z":2}}'],
    ['after a space', '{"other":1 {"other":2,"v":1,"ts":1780000000001}'],
  ];

  test.each(INVALID)('is refused %s', (_name, body) => {
    const both = new BothPaths(MAPPING);
    // The scanner has seen these members at the beginning of an object, and recognizes them with the brace.
    for (const first of ['{"other":1,"v":1,"ts":1780000000001}', '{"x":{"z":1},"v":1,"ts":1780000000001}'])
      expect(both.compare(message(first)).isScanned).toBe(true);
    const { isScanned: found, scanned, decoded } = both.compare(message(body));
    expect(scanned).toEqual(decoded);
    expect(scanned[0]).toMatchObject(['refused', 0, { code: 'undecodable' }, undefined]);
    expect(found).toBe(false);
  });
});

describe('members that become fields', () => {
  const paths = (more: object = {}): BothPaths =>
    new BothPaths(
      mapping({
        timestamp: { path: 'meta.ts', precision: 'ms' },
        tags: { room: 'room' },
        fields: { count: { path: 'count', type: 'integer' } },
        otherFields: 'include',
        ...more,
      }),
    );

  test.each([
    [
      'scalar members in their order',
      '{"room":"a","z":1.50,"count":2,"b":"x","ok":true,"meta":{"ts":1780000000001}}',
      true,
    ],
    [
      'members that are left out',
      '{"a":1,"list":[1,{"b":2}],"object":{"a":2},"none":null,"meta":{"ts":1780000000001}}',
      true,
    ],
    ['names with special characters', '{"a b,c=d":1,"é":2,"meta":{"ts":1780000000001}}', true],
    ['spaces', '{ "a" : 1 , "b" : [ 1 , 2 ] , "meta" : { "ts" : 1780000000001 } }', true],
    ['no member at all', '{"meta":{"ts":1780000000001}}', true],
    ['a member with the name of a column', '{"room":"a","x":1,"meta":{"ts":1780000000001}}', true],
    ['an invalid name', '{"":1,"meta":{"ts":1780000000001}}', true],
    ['a number beyond all doubles', '{"a":1e999,"meta":{"ts":1780000000001}}', true],
    ['an index, which comes first', '{"a":1,"0":2,"meta":{"ts":1780000000001}}', false],
    ['a repeated member', '{"a":1,"a":2,"meta":{"ts":1780000000001}}', false],
    ['a scalar instead of the object on the way', '{"a":1,"meta":5}', false],
    ['another escape', '{"a":"\\n","meta":{"ts":1780000000001}}', false],
  ])('gives the same result for %s', (_name, body, isScannedNow) => {
    const { isScanned: found, scanned, decoded } = paths().compare(message(body));
    expect(scanned).toEqual(decoded);
    expect(found).toBe(isScannedNow);
  });

  test('gives the same result when names are repaired, when nulls are refused, and when a tag has the name of a member', () => {
    for (const more of [{ names: 'repair' }, { nulls: 'refuse' }, { tags: { x: 'room' } }])
      for (const body of ['{"a;b":1,"x":null,"room":"r"}', '{"x":1,"room":"r"}', '{"a\\u000ab":1,"room":"r"}']) {
        const given = body.replace('}', ',"meta":{"ts":1780000000001}}');
        const { scanned, decoded } = paths(more).compare(message(given));
        expect(scanned).toEqual(decoded);
      }
  });

  test.each([{ otherFields: 'include' }, { fields: { '*': '$root' } }])('reads nullTexts with %j alone', (columns) => {
    const both = new BothPaths(mapping({ ...columns, nullTexts: ['unavailable'] }));
    const { isScanned: found, scanned, decoded } = both.compare(message('{"state":"unavailable","t":1}'));
    expect(scanned).toEqual(decoded);
    expect(scanned).toContainEqual(['changed', 1, 0, 0]);
    expect(found).toBe(false);
  });

  test('gives the same result for more members than a scan collects, and scans on', () => {
    const both = paths();
    const bodyOf = (members: number, from: number): string => {
      const names = Array.from({ length: members }, (_, index) => `"m${from + index}":${index}`);
      return `{${names.join(',')},"meta":{"ts":1780000000001}}`;
    };
    const scannedOf = [100, 20, 20, 150, 250, 20, 20].map((members, index) => {
      const { isScanned: found, scanned, decoded } = both.compare(message(bodyOf(members, 1_000 * index)));
      expect(scanned).toEqual(decoded);
      return found;
    });
    expect(scannedOf).toEqual([true, true, false, false, false, true, true]);
  });

  test('writes long lines up to the limit, as the ordinary path does', () => {
    for (const length of [12_200, 15_000]) {
      const text = '漢'.repeat(length / 3);
      const members = Array.from({ length: 3 }, (_, index) => `"m${index}":"${text}"`).join(',');
      const { scanned, decoded } = paths().compare(message(`{${members},"n":1,"meta":{"ts":1780000000001}}`));
      expect(scanned).toEqual(decoded);
    }
  });
});

describe('events that are decoded', () => {
  const EVENT = '"v":1,"ts":1780000000001';
  test.each([
    ['a repeated key', `{${EVENT},"v":2}`],
    ['a repeated object on the way', `{"x":{"y":1},"x":{},${EVENT}}`],
    ['an escape in a key', `{"\\u0061":"b",${EVENT}}`],
    ['an escaped quote in a key', `{"k\\"":1,${EVENT}}`],
    ['an array as a value', `{"text":[1],${EVENT}}`],
    ['an object as a value', `{"text":{"b":1},${EVENT}}`],
    ['an array on the way', `{"x":[1],${EVENT}}`],
    ['another escape in text', `{"text":"a\\tb",${EVENT}}`],
    ['a lone surrogate', `{"text":"\ud800",${EVENT}}`],
    ['an array of events', `[{${EVENT}}]`],
    ['several events', `{${EVENT}}\n{${EVENT}}`],
    ['a byte order mark', `\ufeff{${EVENT}}`],
    ['NaN', '{"v":NaN,"ts":1780000000001}'],
    ['a control character', `{"text":"\x01",${EVENT}}`],
    ['what SNS may have sent', `{"Type":"Notification",${EVENT}}`],
    ['what EventBridge may have sent', `{"detail-type":"a",${EVENT}}`],
    ['what S3 may have sent', `{"Event":"s3:TestEvent",${EVENT}}`],
    ['what CloudWatch Logs may have sent', `{"messageType":"CONTROL_MESSAGE","logEvents":[],${EVENT}}`],
    ['a notification of S3', `{"Records":[{"eventSource":"aws:s3"}],${EVENT}}`],
    ['nothing', ''],
    ['an object that does not end', `{${EVENT}`],
    ['text after the object', `{${EVENT}}x`],
    ['a misspelled constant', `{"other":falze,${EVENT}}`],
    ['another one', `{"other":trux,${EVENT}}`],
    ['one that is cut', `{${EVENT},"other":nul}`],
    ['a deep value', `{"other":${'['.repeat(65)}${']'.repeat(65)},${EVENT}}`],
  ])('decodes %s', (_name, body) => {
    expect(isScanned(body)).toBe(false);
  });

  test('accepts the deepest value', () => {
    expect(isScanned(`{"other":${'['.repeat(64)}${']'.repeat(64)},${EVENT}}`)).toBe(true);
  });

  test('decodes an event whose line cannot be written, with the same refusal', () => {
    for (const body of [
      '{"a":"b","ts":1780000000001}',
      '{"v":1}',
      '{"v":1,"ts":"x"}',
      '{"v":1e999,"ts":1780000000001}',
    ])
      expect(isScanned(body)).toBe(true);
  });

  test('decodes dead letters that were sent back, and pointers of extended clients', () => {
    const attribute = { type: 'Number', value: '1' };
    expect(isScanned(`{${EVENT}}`)).toBe(true);
    expect(isScanned(`{${EVENT}}`, { attributes: { ExtendedPayloadSize: attribute } })).toBe(false);
    expect(isScanned(`{${EVENT}}`, { attributes: { SQSLargePayloadSize: attribute } })).toBe(false);
    const origin = { messageId: 'm', sentAtMs: 1, eventIndex: 3, groupId: undefined, attributes: {}, form: 'text' };
    expect(isScanned(`{${EVENT}}`, { origin: origin as unknown as Message['origin'] })).toBe(false);
  });

  test('decodes bodies that are too long for the scanner or for the sink', () => {
    const bodyOf = (characters: number): string => {
      const body = `{"other":"",${EVENT}}`;
      return body.replace('""', `"${'é'.repeat(characters - body.length)}"`);
    };
    expect(isScanned(bodyOf(SCAN_CHARACTERS_MAX))).toBe(true);
    expect(isScanned(bodyOf(SCAN_CHARACTERS_MAX + 1))).toBe(false);
    const small = new BothPaths(MAPPING, { decode: { input: 'auto', messageBytesMax: 300 } });
    expect(small.compare(message(bodyOf(100))).isScanned).toBe(true);
    expect(small.compare(message(bodyOf(101))).isScanned).toBe(false);
  });

  test.each([
    ['arrays of events', { events: 'list' }],
    ['nested members as fields', { otherFields: 'include', fields: { '*': { path: 'x', flatten: '_' } } }],
    ['members of another object as fields', { fields: { '*': 'x' } }],
    ['members as tags', { tags: { '*': 'x' } }],
    ['spread times', { timestamp: { path: 'ts', precision: 'ms', spread: true } }],
    ['templates', { tags: { a: { text: '{a}-{v}' } } }],
    ['defaults of fields', { fields: { v: { path: 'v', default: 1 } } }],
    ['calculations', { fields: { v: { path: 'v', scale: 2 } } }],
    ['other paths than plain ones', { fields: { v: ['v', 'w'] } }],
    ['values of the message', { fields: { v: 'v', id: '$message.id' } }],
    ['elements of arrays', { fields: { v: 'list.0' } }],
    ['a value inside of another one', { fields: { v: 'v', w: 'v.w' } }],
    ['keys above ASCII', { fields: { v: 'é' } }],
    ['a database per event', { database: { path: 'a', allow: ['b'] } }],
    ['a measurement of the event', { measurement: { path: 'a' } }],
    ['texts that count as null', { nullTexts: ['-'] }],
    ['times as text', { timestamp: { path: 'ts', precision: 'iso8601' } }],
  ])('decodes all events of a mapping with %s', (_name, declared) => {
    const given = { measurement: 'm', timestamp: { path: 'ts', precision: 'ms' }, fields: { v: 'v' } };
    const paths = new BothPaths(mapping({ ...given, ...declared }));
    const { isScanned: found, scanned, decoded } = paths.compare(message(`{"a":"b",${EVENT}}`));
    expect(scanned).toEqual(decoded);
    expect(found).toBe(false);
  });
});

test.each([
  ['a condition', [{ when: { path: 'v', exists: true }, measurement: 'm', fields: { v: 'v' } }]],
  [
    'several rules',
    [
      { when: { path: 'w', exists: true }, drop: true },
      { measurement: 'm', fields: { v: 'v' } },
    ],
  ],
])('decodes all events of a mapping with %s', (_name, mappings) => {
  const parsed = parseMapping({ version: 1, mappings });
  const paths = new BothPaths((parsed as { readonly mapping: Mapping }).mapping);
  const { isScanned: found, scanned, decoded } = paths.compare(message('{"v":1}'));
  expect(scanned).toEqual(decoded);
  expect(found).toBe(false);
});

describe('bounds of the scanner', () => {
  const EVENT = '{"v":1,"ts":1780000000001}';

  test('pauses after 32 bodies in a row that it does not accept, for 512 messages', () => {
    const paths = new BothPaths(MAPPING);
    const scan = (body: string): boolean => paths.compare(message(body)).isScanned;
    for (let i = 0; i < 31; i++) expect(scan('[]')).toBe(false);
    expect(scan(EVENT)).toBe(true);
    for (let i = 0; i < 32; i++) expect(scan('[]')).toBe(false);
    const later = Array.from({ length: 513 }, () => scan(EVENT));
    expect(later.indexOf(true)).toBe(512);
  });

  test('scans a message again if another one was scanned before it is converted', () => {
    const converter = createConverter({
      mapping: MAPPING,
      converter: 'line',
      decode: { input: 'auto', messageBytesMax: 1_000 },
      target: TARGET,
    });
    const buffer = new LineBuffer(TARGET);
    const bodies = ['{"v":1,"ts":1780000000001}', '{"v":2,"ts":1780000000002}'];
    const decoded = bodies.map((body, index) => converter.decode(message(body), index));
    for (const one of decoded) {
      expect(one.isScanned).toBe(true);
      const buffers = { bufferFor: () => buffer, isFull: () => false, takeFull: () => [] };
      expect([...converter.convert(one, buffers, new CountingObserver())]).toEqual([]);
    }
    expect(linesOf(buffer)).toEqual(['m v=1 1780000000001000000', 'm v=2 1780000000002000000']);
  });

  test('scans on when producers write more keys than it remembers', () => {
    const paths = new BothPaths(MAPPING);
    for (let i = 0; i < 1_000; i++) {
      const { isScanned: found, scanned, decoded } = paths.compare(message(`{"k${i}":1,"v":${i},"ts":1780000000001}`));
      expect(found).toBe(true);
      expect(scanned).toEqual(decoded);
    }
  });

  test('refuses lines and series that are too long, as the ordinary path does', () => {
    for (const length of [8_000, 12_000, 16_000])
      for (const letter of ['x', ',', '\\"'])
        expect(isScanned(`{"a":"${letter.repeat(length / letter.length)}","v":1,"ts":1780000000001}`)).toBe(true);
  });

  test('refuses members whose names pass the bytes that are reserved for a line', () => {
    const text = { path: 'text', type: 'string' };
    const converter = createConverter({
      mapping: mapping({ fields: { f: text, g: text }, otherFields: 'include' }),
      converter: 'line',
      decode: { input: 'auto', messageBytesMax: 1_000_000 },
      target: TARGET,
    });
    const buffer = new LineBuffer(TARGET);
    const buffers = { bufferFor: () => buffer, isFull: () => false, takeFull: () => [] };
    const name = ','.repeat(250);
    const body = `{"text":"${'漢'.repeat(10_200)}","${name}":1}`;
    // From one of these starts on, the reserved bytes end where the buffer ends.
    for (let start = 0; start < 5_000; start += 20) {
      buffer.length = start;
      const decoded = converter.decode(message(body), 0);
      expect(decoded.isScanned).toBe(true);
      const observer = new CountingObserver();
      expect([...converter.convert(decoded, buffers, observer)]).toEqual([]);
      expect(observer.refusedEvents).toMatchObject([{ refusal: { code: 'line-too-long' } }]);
    }
  });

  test('writes texts in several columns up to the limit of a line', () => {
    const texts = Object.fromEntries(['f', 'g', 'h', 'i', 'j'].map((name) => [name, { path: 'text', type: 'string' }]));
    const tags = { f: 'text', g: 'text', h: 'text', i: 'text' };
    for (const columns of [{ fields: texts }, { tags, fields: { v: 'v' } }]) {
      const paths = new BothPaths(mapping(columns));
      for (const letter of ['x', ',', '漢,'])
        for (const length of [5_000, 12_270, 12_280, 12_290, 16_000]) {
          const body = `{"v":1,"text":"${letter.repeat(length / letter.length)}"}`;
          const { isScanned: found, scanned, decoded } = paths.compare(message(body));
          expect(found).toBe(true);
          expect(scanned).toEqual(decoded);
        }
    }
  });
});

describe('the scanner accepts only JSON', () => {
  const suite = JSON.parse(readFileSync('test/fixture/json-test-suite.json', 'utf8')) as {
    readonly files: Readonly<Record<string, string>>;
  };
  const texts = [
    ...Object.entries(suite.files).map(([name, base64]) => [name, Buffer.from(base64, 'base64').toString()] as const),
    // The two files of the suite that are too large for a fixture.
    ['n_structure_100000_opening_arrays.json', '['.repeat(100_000)] as const,
    ['n_structure_open_array_object.json', `${'[{"":'.repeat(50_000)}\n`] as const,
  ];

  test('a text of JSONTestSuite has the same result on both paths, alone and as a part of an event', {
    tags: 'slow',
  }, () => {
    expect(texts).toHaveLength(318);
    const places = [
      (text: string) => text,
      (text: string) => `{"v":${text},"ts":1780000000001}`,
      (text: string) => `{"a":${text},"v":1,"ts":1780000000001}`,
      (text: string) => `{"v":1,"other":${text},"x":{"y":1},"ts":1780000000001}`,
      (text: string) => `{"v":1,"x":${text},"ts":1780000000001}`,
      (text: string) => `{"v":1,"ts":1780000000001}${text}`,
    ];
    const scannedNames = new Set<string>();
    for (const [name, text] of texts)
      for (const place of places) {
        const body = place(text);
        if (!isScanned(body)) continue;
        expect(() => JSON.parse(body), name).not.toThrow();
        scannedNames.add(name);
      }
    // Enough to know that the comparison compares.
    expect([...scannedNames].filter((name) => name.startsWith('y_')).length).toBeGreaterThan(80);
  });

  test('generated bodies have the same result on both paths', { tags: 'slow' }, () => {
    const report = compareBodies(20_000, 7);
    expect(report.differences).toEqual([]);
    expect(report.scanned).toBeGreaterThan(report.bodies / 5);
  });
});
