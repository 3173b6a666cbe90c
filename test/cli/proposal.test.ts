/** Proposed mappings: `cli/proposal/`. Each is valid, and converts its samples without a refusal. */

import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type CheckedProposal, checkedProposal } from '../../cli/proposal/checked-proposal.ts';
import { eventsIn } from '../../cli/proposal/samples.ts';
import { PRESETS } from '../../src/sink/presets/presets.ts';
import { eventBridgeBody } from '../../src/testing/messages.ts';

/** When the samples were sent. */
const SENT_AT_MS = Date.UTC(2026, 0, 1);

const proposalFor = (...bodies: readonly string[]): CheckedProposal | string => {
  const events = bodies.flatMap((body) => {
    const found = eventsIn(body);
    if (typeof found === 'string') throw new Error(found);
    return found;
  });
  return checkedProposal({ bodies, events }, 'sample', SENT_AT_MS);
};

const proposedForTexts = (...bodies: readonly string[]): CheckedProposal => {
  const proposal = proposalFor(...bodies);
  if (typeof proposal === 'string') throw new Error(proposal);
  expect(proposal.summary.refusals).toEqual({});
  return proposal;
};

const proposed = (...events: readonly unknown[]): CheckedProposal =>
  proposedForTexts(...events.map((event) => JSON.stringify(event)));

/** The proposal without comments and blank lines. */
const plain = (...events: readonly unknown[]): readonly string[] =>
  proposed(...events)
    .yaml.split('\n')
    .map((line) => line.replace(/ ?#.*$/, ''))
    .filter((line) => line !== '');

describe('proposals', () => {
  test('a flat event becomes tags, fields, and a time', () => {
    const event = {
      room: 'hall',
      sensorId: 7,
      ts: 1_780_000_000_000,
      temperature: 21.5,
      on: true,
      message: 'ok',
      errorCount: 3,
    };
    expect(plain(event)).toEqual([
      'version: 1',
      'measurement: sample',
      'timestamp: { path: ts, precision: ms }',
      'tags:',
      '  room: room',
      '  sensorId: sensorId',
      'fields:',
      '  temperature: temperature',
      '  on: { path: on, type: boolean }',
      '  message: { path: message, type: string }',
      '  errorCount: { path: errorCount, type: integer }',
    ]);
    expect(proposed(event).lines).toEqual([
      ['sample,room=hall,sensorId=7 temperature=21.5,on=true,message="ok",errorCount=3i 1780000000000000000'],
    ]);
  });
  test('an array of objects becomes events, with the members around it', () => {
    const body = {
      site: 'a',
      meta: { id: 'x' },
      data: {
        readings: [
          { at: '2026-06-01T12:00:00Z', v: 1 },
          { at: '2026-06-01T12:00:01Z', v: 2 },
        ],
      },
    };
    expect(plain(body)).toEqual([
      'version: 1',
      'measurement: sample',
      'events: data.readings',
      'timestamp: { path: at, precision: iso8601 }',
      'tags:',
      '  site: $root.site',
      '  meta_id: $root.meta.id',
      'fields:',
      '  v: v',
    ]);
  });
  test('arrays inside one another become levels with names', () => {
    const readings = (v: number): object => ({
      readings: [
        { at: 1_780_000_000_000, v },
        { at: 1_780_000_001_000, v: 2 },
      ],
    });
    const body = {
      site: 'a',
      sensors: [
        { id: 'x', ...readings(1) },
        { id: 'y', ...readings(3) },
      ],
    };
    expect(plain(body)).toEqual([
      'version: 1',
      'measurement: sample',
      'events: [{ path: sensors, as: sensor }, readings]',
      'timestamp: { path: at, precision: ms }',
      'tags:',
      '  site: $root.site',
      '  id: $sensor.id',
      'fields:',
      '  v: v',
    ]);
    expect(proposed(body).lines[0]).toContain('sample,id=y,site=a v=3 1780000000000000000');
  });
  test('an array of names with values is no array of events', () => {
    expect(plain({ v: 1, attributes: [{ key: 'a', value: 1 }] }).join()).not.toContain('events:');
  });
  test.each<[string, readonly object[], readonly string[]]>([
    [
      'numbers become fields',
      [
        { id: 'a', list: [{ name: 'temp', value: 21.5 }] },
        {
          id: 'a',
          list: [
            { name: 'temp', value: 1 },
            { name: 'text', value: 'x' },
          ],
        },
      ],
      ['tags:', '  id: id', 'fields:', '  "*": { pairs: list, name: name, value: value }'],
    ],
    [
      'texts become tags',
      [{ v: 1, list: [{ Key: 'a', Value: 'x' }] }],
      ['tags:', '  "*": { pairs: list, name: Key, value: Value }', 'fields:', '  v: v'],
    ],
    [
      'long texts become fields',
      [{ list: [{ k: 'a', v: 'x'.repeat(65) }] }],
      ['fields:', '  "*": { pairs: list, name: k, value: v }'],
    ],
    [
      'a column gets another name than that of a pair',
      [{ temp: 5, list: [{ name: 'temp', value: 21.5 }] }],
      ['fields:', '  "*": { pairs: list, name: name, value: value }', '  temp_2: temp'],
    ],
    [
      'two lists with different names',
      [{ a: [{ name: 'x', value: 1 }], b: [{ name: 'y', value: 2 }] }],
      ['fields:', '  "*": [{ pairs: a, name: name, value: value }, { pairs: b, name: name, value: value }]'],
    ],
    [
      'the second of two lists with the same name is left out',
      [{ a: [{ name: 'x', value: 1 }], b: [{ name: 'x', value: 2 }] }],
      ['fields:', '  "*": { pairs: a, name: name, value: value }'],
    ],
    [
      'a list around the events',
      [{ meta: [{ key: 'site', value: 'x' }], readings: [{ v: 1 }, { v: 2 }] }],
      ['events: readings', 'tags:', '  "*": { pairs: $root.meta, name: key, value: value }', 'fields:', '  v: v'],
    ],
    [
      'a name that repeats',
      [
        {
          v: 1,
          list: [
            { name: 'x', value: 1 },
            { name: 'x', value: 2 },
          ],
        },
      ],
      ['fields:', '  v: v'],
    ],
    [
      'a name with two types',
      [
        { v: 1, list: [{ name: 'x', value: 1 }] },
        { v: 1, list: [{ name: 'x', value: 'y' }] },
      ],
      ['fields:', '  v: v'],
    ],
    ['a name that no field can have', [{ v: 1, list: [{ name: 'time', value: 1 }] }], ['fields:', '  v: v']],
    ['a name that is a number', [{ v: 1, list: [{ name: 5, value: 1 }] }], ['fields:', '  v: v']],
    ['a value that is an object', [{ v: 1, list: [{ name: 'x', value: { y: 1 } }] }], ['fields:', '  v: v']],
    ['two names and no value', [{ v: 1, list: [{ name: 'x', key: 'y' }] }], ['fields:', '  v: v']],
    [
      'other members in an element',
      [
        {
          v: 1,
          list: [
            { name: 'x', value: 1 },
            { value: 1, key: 'y' },
          ],
        },
      ],
      ['fields:', '  v: v'],
    ],
  ])('a list of names and values: %s', (_, events, expected) => {
    expect(plain(...events).slice(2)).toEqual(expected);
  });
  test('a list of names and values with more names than a point may have members is left out', () => {
    const list = (count: number) => Array.from({ length: count }, (_, index) => ({ name: `n${index}`, value: 1 }));
    expect(plain({ v: 1, list: list(200) }).join()).toContain('pairs: list');
    expect(plain({ v: 1, list: list(201) }).join()).not.toContain('pairs: list');
  });
  test('a list of names and values with a number that is not finite costs only that number', () => {
    const { lines } = proposedForTexts('{"list":[{"name":"a","value":NaN},{"name":"b","value":2}]}');
    expect(lines[0]?.[0]).toMatch(/^sample b=2 /);
  });
  test('an event whose list has no value needs another field', () => {
    const list = [{ name: 'x', value: 1 }];
    expect(plain({ id: 'a', list }, { id: 'b', list: [] }, { id: 'b', list: [{ name: 'x', value: null }] })).toContain(
      '  id: { path: id, type: string }',
    );
  });
  test('every line has a comment with its reason', () => {
    const { yaml } = proposed({ room: 'hall', t: 1, v: 2 });
    expect(yaml).toContain('# No member looks like a time');
    expect(yaml).toContain('room: room # text, 1 value in 1 event\n');
    expect(yaml).toContain('v: v # number, whole in all samples; use { type: integer } if it always is\n');
  });
  test.each([
    [1_780_000_000, 's'],
    [1_780_000_000.25, 's'],
    [1_780_000_000_000, 'ms'],
    ['1780000000000000', 'us'],
    ['1780000000000000000', 'ns'],
    ['1780000000.123', 's'],
    ['2026-06-01T12:00:00.5+02:00', 'iso8601'],
    ['2026-05-28T20:26:40+0000', 'iso8601'],
    ['2026-05-28 20:26:40.123456+00', 'iso8601'],
    ['2026-05-28 20:26:40 UTC', 'iso8601'],
    ['2026-05-28T20:26Z', 'iso8601'],
    ['2026-05-28 20:26:40,236+0000', 'iso8601'],
    ['2026-05-28T20:26:40.1234567890Z', 'iso8601'],
  ])('the time %j has the precision %s', (ts, precision) => {
    expect(plain({ ts, v: 1 })[2]).toBe(`timestamp: { path: ts, precision: ${precision} }`);
  });
  test('a text without a zone is a time whose zone is to be set', () => {
    const { yaml, lines } = proposed({ Time: '2026-05-28T20:26:40', v: 1 });
    expect(yaml).toContain(
      '# A text with date and time, but without a zone. Set "zone" to that of the sender, for example Europe/Berlin.\n' +
        'timestamp: { path: Time, precision: iso8601, zone: UTC }\n',
    );
    expect(lines).toEqual([['sample v=1 1780000000000000000']]);
  });
  test('a text with a zone is preferred to one without', () => {
    expect(plain({ time: '2026-05-28T22:26:40', sent: '2026-05-28T20:26:40Z', v: 1 })[2]).toBe(
      'timestamp: { path: sent, precision: iso8601 }',
    );
  });
  test.each(['clock', 'dt', 'epoch', 'uts', 'tst', 'utc', 'ts_ms', 'epochMillis'])(
    'a number in the member %s is a time',
    (name) => {
      expect(plain({ [name]: 1_780_000_000_000, v: 1 })[2]).toBe(`timestamp: { path: ${name}, precision: ms }`);
    },
  );
  test('the time of EventBridge is the time of events without one', () => {
    const members = { time: '2026-05-28T20:26:40Z' };
    const bodies = [eventBridgeBody({ v: 1 }, members), eventBridgeBody({ v: 2 }, members)];
    const { yaml, lines } = proposedForTexts(...bodies);
    expect(yaml).toContain('timestamp: { path: $envelope.time, precision: iso8601 }');
    expect(lines[1]).toEqual(['sample v=2 1780000000000000000']);
    expect(proposedForTexts(...bodies, '{"v":3}').yaml).toContain('iso8601, missing: message }');
    expect(proposedForTexts(eventBridgeBody({ ts: 1_780_000_000, v: 1 })).yaml).toContain('{ path: ts, precision: s }');
  });
  test('a number that fits a time but has another name is a field', () => {
    expect(plain({ value: 1_780_000_000 })).toContain('  value: value');
  });
  test('a time that some events do not have is the time of the message there', () => {
    expect(plain({ ts: 1_780_000_000, v: 1 }, { v: 2 })).toContain(
      'timestamp: { path: ts, precision: s, missing: message }',
    );
  });
  test.each<[string, readonly object[], string]>([
    ['numbers and texts', [{ ts: 1_780_000_000 }, { ts: '2026-05-28T20:26:40Z' }], '{ path: ts, precision: auto }'],
    ['numbers of two units', [{ ts: 1_780_000_000 }, { ts: 1_780_000_000_000 }], '{ path: ts, precision: auto }'],
    [
      'two members, of which each event has one',
      [{ ts: 1_780_000_000_000 }, { time: '2026-05-28T20:26:40Z' }],
      '{ path: [ts, time], precision: auto }',
    ],
    [
      'two members of the same form',
      [{ ts: 1_780_000_000_000 }, { ts: 1_780_000_000_000 }, { a: { time: 1_780_000_000_000 } }],
      '{ path: [ts, a.time], precision: ms }',
    ],
    [
      'a text without a zone in one of them',
      [{ ts: 1_780_000_000_000 }, { time: '2026-05-28 20:26' }],
      '{ path: [ts, time], precision: auto, zone: UTC }',
    ],
    [
      'a second member that events with the first have, too',
      [{ ts: 1_780_000_000_000, time: 1_780_000_000_000 }, { ts: 1_780_000_000_001 }, { time: 1_780_000_000_000 }],
      '{ path: ts, precision: ms, missing: message }',
    ],
    [
      'a second member that is another time',
      [{ ts: 1_780_000_000_000 }, { lastSeenAt: 1_780_000_000_000 }],
      '{ path: ts, precision: ms, missing: message }',
    ],
  ])('the time of %s', (_, events, expected) => {
    expect(plain(...events.map((event) => ({ ...event, v: 1 })))[2]).toBe(`timestamp: ${expected}`);
  });
  test('a text with a new value in nearly every event is a field, and one with few values a tag', () => {
    const events = Array.from({ length: 30 }, (_, index) => ({ a: `value ${index}`, b: `value ${index % 3}`, v: 1 }));
    expect(plain(...events)).toEqual(expect.arrayContaining(['  b: b', '  a: { path: a, type: string }']));
  });
  test.each<[string, readonly object[]]>([
    ['a time', [{ sentAt: '2026-03-01T10:00:00.250Z' }]],
    ['a date without a time', [{ day: '2026-03-01' }]],
    ['a time with a space', [{ updatedAt: '2026-03-01 10:00:00' }]],
    ['a time of RFC 1123', [{ since: 'Thu, 28 May 2026 20:26:40 GMT' }]],
    ['a time of C', [{ since: 'Thu May  8 20:26:40 2026' }]],
    ['a time in the log of a web server', [{ since: '28/May/2026:20:26:40 +0000' }]],
    ['a time with slashes', [{ since: '2026/05/28 22:26:40' }]],
    ['a date with dots', [{ since: '28.05.2026' }]],
    ['a time without separators', [{ since: '20260528T202640Z' }]],
    ['a time of the day', [{ since: '20:26:40' }]],
    ['a name of ever new values, even in one sample', [{ deduplicationId: '3ac7e3c4' }]],
    ['an identifier of an event', [{ orderId: 'a' }, { orderId: 'b' }]],
    ['a number that identifies an event', [{ reading_id: 1 }, { reading_id: 2 }]],
    ['base64 in a payload', [{ data: 'AQID' }]],
    ['base64 with padding', [{ values: 'AQIDBA==' }, { values: 'AQIDBAUG' }]],
    ['a long text in base64', [{ x: 'AQIDBAUGBwgJCgsM0x' + 'aZ' }]],
  ])('%s is a field', (_, events) => {
    const [name = ''] = Object.keys(events[0] ?? {});
    const ts = (index: number): object => ({ ts: 1_780_000_000 + index, room: 'hall', v: 1 });
    const lines = plain(...events.map((event, index) => ({ ...ts(index), ...event })));
    expect(lines.indexOf('fields:')).toBeLessThan(lines.findIndex((line) => line.startsWith(`  ${name}: `)));
    expect(lines).toContain('  room: room');
  });
  test.each(['2026.5.1', '10.2.13', 'room 12 marketing', '20260528'])('the text %j is a tag', (text) => {
    expect(plain({ place: text, v: 1 })).toContain('  place: place');
  });
  test.each(['deviceId', 'sensor_id', 'name', 'room', 'devEui'])(
    'the sender %s of each of two events is a tag',
    (name) => {
      const lines = plain({ [name]: 'a', v: 1 }, { [name]: 'b', v: 2 });
      expect(lines.slice(2, 4)).toEqual(['tags:', `  ${name}: ${name}`]);
    },
  );
  test('numbers in texts become floats, and identifiers of digits stay tags', () => {
    const events = [
      {
        DevEUI: '00',
        Time: '2026-05-28T20:26:40Z',
        LrrRSSI: '-100.0',
        LrrSNR: '7',
        serial: '12',
        imei: '1',
        room: '1',
      },
      { DevEUI: '01', Time: '2026-05-28T20:26:41Z', LrrRSSI: '-99.5', LrrSNR: '8', serial: '13', imei: '2', room: '2' },
    ];
    expect(plain(...events)).toEqual([
      'version: 1',
      'measurement: sample',
      'timestamp: { path: Time, precision: iso8601 }',
      'mismatch: coerce',
      'tags:',
      '  DevEUI: DevEUI',
      '  serial: serial',
      '  imei: imei',
      '  room: room',
      'fields:',
      '  LrrRSSI: LrrRSSI',
      '  LrrSNR: LrrSNR',
    ]);
    expect(proposed(...events).lines[0]).toEqual([
      'sample,DevEUI=00,imei=1,room=1,serial=12 LrrRSSI=-100,LrrSNR=7 1780000000000000000',
    ]);
  });
  test.each([
    ['a fraction in the only sample', ['21.5']],
    ['blanks and signs', [' 7 ', '+8']],
    ['numbers and texts', [1, '1.5']],
  ])('values with %s become a float', (_, values) => {
    expect(plain(...values.map((v) => ({ v })))).toEqual(expect.arrayContaining(['mismatch: coerce', '  v: v']));
  });
  test.each([
    ['leading zeros', ['007', '008']],
    ['one text of digits', ['7', '7']],
    ['long integers', ['4006381333931', '4006381333932']],
    ['other texts among them', ['7', 'off']],
    ['numbers beyond all doubles', ['1e400', '2']],
  ])('texts with %s stay texts', (_, values) => {
    const { yaml } = proposed(...values.map((v) => ({ v, t: 1 })));
    expect(yaml).not.toContain('mismatch');
    expect(yaml).toContain('\n  v: v # text');
  });
  test('a member with values of several types becomes several fields', () => {
    expect(plain({ v: 1 }, { v: 'off' }, { v: false })).toContain(
      '  v: { path: v, byType: { number: v, string: v_text, boolean: v_flag } }',
    );
  });
  test('a field for another type has a name that neither a tag nor a field has', () => {
    expect(plain({ a: 1, a_text: 'x' }, { a: 'y', a_text: 'x' })).toContain(
      '  a: { path: a, byType: { number: a, string: a_text_ } }',
    );
  });
  test('arrays and members of several shapes are not taken, and are named', () => {
    expect(proposed({ v: 1, list: [1], a: 1 }, { v: 2, a: { b: 2 } }).yaml).toMatch(
      /# Not taken,.*\n# {3}"list"\n# {3}"a"\n$/,
    );
  });
  test('a number that is not finite costs its field only', () => {
    const { yaml, lines } = proposedForTexts('{"v":1,"t":1e400}', '{"v":2,"t":3}', '{"v":NaN,"t":4}');
    expect(yaml).toContain('\nnonFinite: omit\n');
    expect(yaml).toContain('  t: t # number, not finite in some events\n');
    expect(yaml).not.toContain('noFields');
    expect(lines.flat().map((line) => line.split(' ')[1])).toEqual(['v=1', 'v=2,t=3', 't=4']);
  });
  test('an event whose only number is not finite is dropped, and its identifier stays a tag', () => {
    const body = '[{"dev":"a","ts":1780000000,"t":NaN},{"dev":"a","ts":1780000001,"t":1.5}]';
    const { yaml, lines, dropped } = proposedForTexts(body);
    expect(yaml).toContain('\nnoFields: drop\n');
    expect(yaml).toContain('\n  dev: dev # text');
    expect([lines, dropped]).toEqual([[['sample,dev=a t=1.5 1780000001000000000']], [1]]);
  });
  test('names that columns cannot have are changed, and their paths are JSON Pointers', () => {
    const event = { time: 1, 'a.b': 2, a: { b: 3 }, 'c d/e~"': 4, '': 5, $x: 6, ä: 7, true: 8 };
    const lines = plain(event);
    expect(lines).toEqual(
      expect.arrayContaining([
        '  time_: time',
        '  a.b: "/a.b"',
        '  a_b: a.b',
        '  "c_d_e_": "/c d~1e~0\\""'.replaceAll('"c_d_e_"', 'c_d_e_'),
        '  _x: "/$x"',
        '  "ä": "/ä"',
        '  "true": "true"',
      ]),
    );
  });
  test('a number that is counted is an integer only if all samples write it as one', () => {
    const typeOf = (count: string): string => {
      const { yaml } = proposedForTexts(`{"errorCount":${count}}`);
      return /errorCount: (.*?) #/.exec(yaml)?.[1] ?? '';
    };
    expect(typeOf('4')).toBe('{ path: errorCount, type: integer }');
    for (const other of ['4.0', '4e0', '9007199254740993']) expect(typeOf(other)).toBe('errorCount');
  });
  test.each<[string, object]>([
    ['otlp-metrics', { resourceMetrics: [{ scope: 'a', scopeMetrics: [] }], x: 1 }],
    ['chirpstack-v4', { deviceInfo: { devEui: '0101' }, dr: 1 }],
    ['ttn-v3', { end_device_ids: { device_id: 'dev1' }, x: 1 }],
    ['telegraf', { fields: { a: 1 }, name: 'cpu', tags: { host: 'h' }, timestamp: 1_780_000_000 }],
    ['telegraf', { metrics: [{ fields: { a: 1 }, name: 'cpu', tags: { host: 'h' }, timestamp: 1_780_000_000 }] }],
    ['cloudwatch-metric-stream', { metric_stream_name: 's', value: { sum: 1 } }],
    ['cloudwatch-alarm', { 'detail-type': 'CloudWatch Alarm State Change', x: 1 }],
    ['cloudwatch-alarm', { AlarmName: 'a', NewStateValue: 'OK', x: 1 }],
    ['cloudwatch-alarm', { alarmName: 'a', state: { value: 'OK' }, x: 1 }],
    ['greengrass-telemetry', { 'detail-type': 'Greengrass Telemetry Data', x: 1 }],
    ['greengrass-telemetry', { ThingName: 'a', ADP: [{ TS: 1, M: [{ N: 'a', V: 1 }] }] }],
    ['iot-sitewise', { type: 'PropertyValueUpdate', payload: { assetId: 'a', v: 1 } }],
    ['homeassistant', { event_type: 'state_changed', event_data: { v: 1 } }],
    ['cloudevents', { specversion: '1.0', type: 'a.b', data: { v: 1 } }],
    ['vector', { name: 'm', kind: 'absolute', gauge: { value: 1 } }],
    ['senml', { bn: 'urn:dev:', n: 'v', v: 1 }],
  ])('the preset %s is named for its events', (preset, event) => {
    const { yaml, advice } = proposed(event);
    expect(advice).toMatch(new RegExp(`^These events look like those of .*preset:${preset}" first\\.$`));
    expect(yaml.split('\n')[1]).toBe(`# ${advice}`);
    expect(PRESETS[preset]).toBeDefined();
  });
  test('no preset is named for other events', () => {
    expect(proposed({ name: 'a', type: 'b', v: 1 }).advice).toBeUndefined();
  });
  test('an event without any value is reported', () => {
    expect(proposalFor('{}')).toBe('Event 0 of the samples has no value that could be a field.');
  });
});

describe('proposals that open values', () => {
  test('a body of arrays is read by positions', () => {
    expect(plain([[1_780_000_000, 1.5, 'a']])).toEqual([
      'version: 1',
      'measurement: sample',
      'timestamp: { path: "0", precision: s }',
      'tags:',
      '  value_2: "2"',
      'fields:',
      '  value_1: "1"',
    ]);
    expect(proposed([[1_780_000_000, 1.5, 'a']]).lines).toEqual([['sample,value_2=a value_1=1.5 1780000000000000000']]);
  });
  test('arrays of arrays are events if one position contains times', () => {
    const body = { target: 'a', datapoints: [[50.5, 1_780_000_000_000]] };
    expect(plain(body)).toContain('events: datapoints');
    expect(proposed(body).lines).toEqual([['sample,target=a value_0=50.5 1780000000000000000']]);
    expect(plain({ v: 1, path: [[7.5, 51.2]] }).join()).not.toContain('events:');
  });
  test('members of one shape are events, and their names are a tag', () => {
    const body = { at: 1_780_000_000, sensors: { 'dev-a': { t: 1 }, 'dev-b': { t: 2 } } };
    expect(plain(body)).toEqual([
      'version: 1',
      'measurement: sample',
      'events: { path: sensors, each: member }',
      'timestamp: { path: $root.at, precision: s }',
      'tags:',
      '  sensor: $key',
      'fields:',
      '  t: t',
    ]);
    expect(proposed(body).lines).toEqual([
      ['sample,sensor=dev-a t=1 1780000000000000000', 'sample,sensor=dev-b t=2 1780000000000000000'],
    ]);
  });
  test('members of one shape may contain arrays of events', () => {
    const body = { devices: { a: { site: 's', list: [{ t: 1 }, { t: 2 }] }, b: { site: 's', list: [{ t: 3 }] } } };
    expect(plain(body)).toEqual(
      expect.arrayContaining(['events: [{ path: devices, each: member, as: device }, list]', '  device: $device.$key']),
    );
    expect(proposed(body).lines[0]?.[2]).toContain('sample,device=b,site=s t=3 ');
  });
  test.each<[string, object]>([
    ['one member', { a: { x: 1 } }],
    ['members of other names', { a: { x: 1 }, b: { y: 1 } }],
    ['members of other types', { a: { x: 1 }, b: { x: 'on' } }],
    ['dates as names', { '2026-05-28': { x: 1 }, '2026-05-29': { x: 1 } }],
    ['a name that no tag can have', { 'a\n': { x: 1 }, b: { x: 1 } }],
  ])('an object with %s is no object of events', (_, data) => {
    expect(plain({ v: 1, data }).join()).not.toContain('events:');
  });
  test('JSON in a text of each element is opened, in base64 and gzip too, and an array in it', () => {
    const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64');
    const records = {
      Records: [
        { id: 'a', data: base64({ t: 1 }) },
        { id: 'b', data: base64({ t: 2 }) },
      ],
    };
    expect(plain(records)).toContain(
      'events: { path: Records, as: Record, open: [{ path: data, decode: [base64, json], as: data }] }',
    );
    expect(plain(records)).toContain('  t: $data.t');
    const zipped = { p: gzipSync('{"t":1,"site":"x"}').toString('base64') };
    expect(plain(zipped)).toContain('open: [{ path: p, decode: [base64, gzip, json], as: p }]');
    const batches = { list: [{ id: 1, body: '{"site":"x","rows":[{"t":1},{"t":2}]}' }] };
    expect(plain(batches)).toEqual(
      expect.arrayContaining([
        'events: [{ path: list, as: list, open: [{ path: body, decode: [json], as: body }] }, $body.rows]',
        '  site: $body.site',
        '  t: t',
      ]),
    );
    const keyed = { devices: { a: { doc: '{"t":1}' }, b: { doc: '{"t":2}' } } };
    expect(plain(keyed)).toEqual(
      expect.arrayContaining([
        'events: { path: devices, each: member, as: device, open: [{ path: doc, decode: [json], as: doc }] }',
        '  device: $device.$key',
      ]),
    );
  });
  test('texts of which most are numbers are a field for the numbers, and one for the others', () => {
    const levels = ['50.5', 'n/a', '51', '0'].map((level) => ({ tank: 'a', level }));
    expect(plain(...levels)).toContain('  level: { path: level, byText: { number: level, other: level_text } }');
    expect(proposed(...levels).lines.flat()).toEqual([
      expect.stringMatching(/^sample,tank=a level=50.5 /),
      expect.stringMatching(/^sample,tank=a level_text="n\/a" /),
      expect.stringMatching(/^sample,tank=a level=51 /),
      expect.stringMatching(/^sample,tank=a level=0 /),
    ]);
    const states = ['on', 'off', '1'].map((state) => ({ v: 1, state }));
    expect(plain(...states)).toContain('  state: state');
  });
  test('a text that contains JSON only in some samples is not opened', () => {
    expect(
      plain({
        list: [
          { v: 1, p: '{"t":1}' },
          { v: 2, p: 'none' },
        ],
      }).join(),
    ).not.toContain('open:');
    expect(plain({ v: 1, p: '[1]' }, { v: 2, p: '5' }).join()).not.toContain('open:');
  });
  test('JSON in a text is opened', () => {
    const body = { device: 'd', payload: '{"ts":1780000000,"t":21.5}' };
    expect(plain(body)).toEqual([
      'version: 1',
      'measurement: sample',
      'open: [{ path: payload, decode: [json], as: payload }]',
      'timestamp: { path: $payload.ts, precision: s }',
      'tags:',
      '  device: device',
      'fields:',
      '  t: $payload.t',
    ]);
    expect(proposed(body).lines).toEqual([['sample,device=d t=21.5 1780000000000000000']]);
  });
  test('events in an opened text are found', () => {
    const payload = JSON.stringify({ site: 's', readings: [{ t: 1 }, { t: 2 }] });
    const body = { device: 'd', payload };
    expect(plain(body)).toEqual(
      expect.arrayContaining(['events: $payload.readings', '  device: $root.device', '  site: $payload.site']),
    );
    expect(proposed(body).lines[0]?.[1]).toContain('sample,device=d,site=s t=2 ');
  });
  test('points in an opened text keep their measurement, tags, and fields', () => {
    const payload = JSON.stringify({ measurement: 'cpu', tags: { host: 'a' }, fields: { v: 1 } });
    expect(proposed({ device: 'd', payload }).lines[0]?.[0]).toMatch(/^cpu,device=d,host=a v=1 /);
  });
  test('a text that is JSON in some samples only is a field', () => {
    expect(plain({ payload: '{"a":1}', v: 1 }, { payload: '{', v: 1 })).toContain(
      '  payload: { path: payload, type: string }',
    );
  });
});

describe('proposals for events that are points', () => {
  const POINT = {
    measurement: 'cpu',
    tags: { host: 'a' },
    time: '2026-05-28T20:26:40Z',
    fields: { v: 0.64, state: 'up' },
  };

  test('an event of an InfluxDB client keeps its measurement, tags, and fields', () => {
    expect(plain(POINT)).toEqual([
      'version: 1',
      'measurement: { path: measurement }',
      'timestamp: { path: time, precision: iso8601 }',
      'tags:',
      '  "*": tags',
      'fields:',
      '  "*": fields',
    ]);
    expect(proposed(POINT).lines).toEqual([['cpu,host=a v=0.64,state="up" 1780000000000000000']]);
  });
  test('points in an array keep what is around them, under names that no point has', () => {
    const { tags, ...untagged } = POINT;
    expect(proposed({ database: 'd', host: 'b', points: [POINT, { ...untagged, unit: 'h' }] }).lines).toEqual([
      [
        'cpu,database=d,host=a,host_2=b v=0.64,state="up" 1780000000000000000',
        'cpu,database=d,host_2=b,unit=h v=0.64,state="up" 1780000000000000000',
      ],
    ]);
  });
  test('a point with a member around it that is not finite keeps its own fields', () => {
    const body = JSON.stringify({ ...POINT, load: 0 }).replace('"load":0', '"load":NaN');
    const { yaml, lines } = proposedForTexts(body);
    expect(yaml).not.toContain('noFields');
    expect(lines).toEqual([['cpu,host=a v=0.64,state="up" 1780000000000000000']]);
  });
  test.each<[string, object]>([
    ['a name twice', { ...POINT, tags: { v: 'a' } }],
    ['a measurement that openGemini does not accept', { ...POINT, measurement: 'a/b' }],
    ['an object in its fields', { ...POINT, fields: { v: { x: 1 } } }],
    ['no field', { ...POINT, fields: {}, v: 1 }],
    [
      'too many fields',
      { ...POINT, fields: Object.fromEntries(Array.from({ length: 201 }, (_, at) => [`f${at}`, 1])) },
    ],
  ])('an event with %s is mapped like any other event', (_, event) => {
    expect(plain(event)[1]).toBe('measurement: sample');
  });
});

describe('any samples', () => {
  const key = fc.oneof(
    fc.constantFrom('a', 'b', 'c', 'ts', 'time', 'id', 'a_b', 'a.b', 'a_text', '0', '07', '$root', '__proto__'),
    fc.string({ unit: 'binary', maxLength: 6 }),
  );
  const scalar = fc.oneof(
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.boolean(),
    // Becomes NaN in the body.
    fc.constant(987_654_321),
    fc.constantFrom(
      'on',
      '21.5',
      '+7',
      '1e400',
      '2026-06-01T12:00:00Z',
      '2026-06-01 12:00',
      '2026/06/01',
      '1780000000000',
      1_780_000_000,
    ),
    fc.string({ unit: 'binary', maxLength: 80 }).filter((text) => text.isWellFormed()),
    fc.constant(null),
  );
  const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
    tree: fc.oneof(
      { depthSize: 'small' },
      scalar,
      fc.array(tie('tree'), { maxLength: 3 }),
      fc.dictionary(key, tie('tree'), { maxKeys: 4 }),
    ),
  }));
  const event = fc.dictionary(key, tree, { maxKeys: 6 }).map((one) => ({ ...one, v: 1 }));
  const point = fc.record(
    {
      measurement: fc.constantFrom('m', 'n'),
      tags: fc.dictionary(key, scalar),
      fields: event,
      time: scalar,
      unit: fc.constant(1),
      a: tree,
    },
    { requiredKeys: ['measurement', 'fields', 'unit'] },
  );
  const named = fc.array(fc.record({ name: key, value: scalar }), { maxLength: 3 });
  const keyed = fc.array(fc.record({ key, value: fc.string({ maxLength: 4 }) }), { maxLength: 3 });
  const body = fc.oneof(
    event,
    fc.record(
      { a: scalar, list: named, attributes: keyed, inner: fc.record({ b: named }) },
      { requiredKeys: ['list'] },
    ),
    fc.record({ attributes: keyed, readings: fc.array(fc.record({ c: scalar, list: named }), { maxLength: 3 }) }),
    point,
    fc.array(fc.tuple(fc.constant(1_780_000_000), scalar), { minLength: 1, maxLength: 3 }),
    fc.record({ v: scalar, b: fc.dictionary(key, fc.record({ a: fc.integer(), b: fc.string() })) }),
    fc.record({ v: scalar, payload: event.map((one) => JSON.stringify(one)) }),
    fc.array(point, { maxLength: 3 }).map((points) => ({ v: 1, points })),
    fc.tuple(event, fc.array(event, { maxLength: 4 })).map(([outer, readings]) => ({ ...outer, readings })),
    fc
      .tuple(event, fc.array(fc.tuple(event, fc.array(event, { maxLength: 3 })), { maxLength: 3 }))
      .map(([outer, sensors]) => ({ ...outer, sensors: sensors.map(([one, list]) => ({ ...one, list })) })),
  );

  test('the proposal is a valid mapping that converts its samples without a refusal', () => {
    fc.assert(
      fc.property(fc.array(body, { minLength: 1, maxLength: 4 }), (bodies) => {
        const result = proposalFor(...bodies.map((one) => JSON.stringify(one).replaceAll(':987654321', ':NaN')));
        // An element of an array of events may have no value at all.
        if (typeof result === 'string') expect(result).toMatch(/^Event \d+ of the samples has no value/);
        else expect(result.summary.refusals).toEqual({});
      }),
      { numRuns: 1_000 },
    );
  });
});
