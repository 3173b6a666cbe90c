/**
 * A dead letter that is sent back unchanged under a corrected mapping stores the same points as the original message
 * would have. Covers `src/sink/settle/dead-letter.ts`.
 */

import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { Input } from '../../../src/sink/decode/decode-options.ts';
import type { Mapping } from '../../../src/sink/mapping/mapping.ts';
import type { Message } from '../../../src/sink/message.ts';
import type { DeadLetter } from '../../../src/sink/ports.ts';
import { refuse } from '../../../src/sink/refusal.ts';
import {
  DEAD_LETTER_BYTES_MAX,
  deadLetterBytes,
  deadLetterFactory,
  lineLetter,
} from '../../../src/sink/settle/dead-letter.ts';
import { restoreOrigin } from '../../../src/sink/settle/letter-origin.ts';
import { convert, mapping, message, noise } from '../make.ts';

const BYTES_MAX = 16 * 1024 * 1024;

const lettersOf = (one: Message, rules: Mapping | undefined, input: Input = 'auto'): DeadLetter[] => {
  const { refused } = convert(one, { mapping: rules, input });
  const cut = deadLetterFactory(one, {
    decode: { input, messageBytesMax: BYTES_MAX },
    mapping: rules,
    sinkVersion: '1.2.3',
  });
  return refused.map(cut);
};

/** Counts the messages that were sent back. Each gets another id and another time, as the queue assigns them. */
let sent = 0;
const sentBack = (letter: DeadLetter): Message => {
  const attributes = Object.fromEntries(
    Object.entries(letter.attributes).map(([name, value]) => [name, { type: 'String', value }]),
  );
  return restoreOrigin(
    message(letter.body, { id: `another-${sent++}`, sentAtMs: 1_999_999_999_999, attributes }),
    BYTES_MAX,
  );
};

const zipped = (body: string): string => gzipSync(body).toString('base64');
const sns = (inner: string): string =>
  JSON.stringify({
    Type: 'Notification',
    MessageId: 's',
    TopicArn: 'arn:t',
    Message: inner,
    Timestamp: '2026-01-01T00:00:00Z',
    MessageAttributes: { region: { Type: 'String', Value: 'from-sns' } },
  });
const eventBridge = (detail: string): string =>
  `{"version":"0","id":"e","detail-type":"reading","source":"app","time":"2026-01-02T03:04:05Z" , "detail" : ${detail} ,"region":"r"}`;

const reading = (n: number): string =>
  `{ "id" : ${String(n).repeat(17)} ,"ts":1755216000000.${n}00, "v":"${n}.50", "x": [1, {"]": "}"}] }`;
const root = `{"d":{"id":98765432109876543210},"list":[ ${reading(1)} ,${reading(2)}],"list2":[0]}`;

const columns = {
  timestamp: { path: 'ts', precision: 'ms' },
  tags: {
    id: 'id',
    msg: '$message.id',
    sent: '$message.sentAt',
    region: '$message.attributes.region',
    when: '$envelope.time',
    dev: '$root.d.id',
  },
};
const broken = { fields: { v: 'v' } };
const repaired = { mismatch: 'coerce', fields: { v: 'v' } };
const attributes = { region: { type: 'String', value: 'ēu ☃' }, n: { type: 'Number.int', value: '5' } };

describe.each([
  ['one object', reading(1), {}],
  ['an array', `[${reading(1)}, ${reading(2)}]`, {}],
  ['NDJSON', `${reading(1)}\n\n${reading(2)}\n`, {}],
  ['gzip of an array', zipped(`[${reading(1)},${reading(2)}]`), {}],
  ['events of a root', root, { events: 'list' }],
  ['events of several roots', `[${root},${root}]`, { events: 'list' }],
  ['events by $root and pointer', root, { events: '$root./list' }],
  ['SNS', sns(`[${reading(1)},${reading(2)}]`), {}],
  ['SNS of NDJSON', sns(`${reading(1)}\n${reading(2)}`), {}],
  ['SNS of gzip', sns(zipped(`[${reading(1)},${reading(2)}]`)), {}],
  ['EventBridge', eventBridge(reading(1)), {}],
  ['EventBridge with events', eventBridge(root), { events: 'list' }],
  ['EventBridge in SNS', sns(eventBridge(root)), { events: 'list' }],
  ['gzip of EventBridge in SNS', zipped(sns(eventBridge(root))), { events: 'list' }],
])('dead letters of %s', (form, body, events) => {
  const before = mapping({ ...columns, ...events, ...broken });
  const after = mapping({ ...columns, ...events, ...repaired });

  test.each(['own time', 'message time'])(
    `dead letters of ${form} store what the original would have stored, with its %s`,
    (time) => {
      const timed = (declared: Record<string, unknown>): Mapping =>
        mapping({
          ...columns,
          ...events,
          ...declared,
          ...(time === 'own time' ? {} : { timestamp: { path: 'none', missing: 'message' } }),
        });
      const original = message(body, { id: 'first', groupId: 'g', attributes });
      const wanted = convert(original, { mapping: timed(repaired) });
      const letters = lettersOf(original, timed(broken));
      expect(wanted.codes).toEqual([]);
      expect(letters).toHaveLength(wanted.lines.length);
      expect(letters.flatMap((letter) => convert(sentBack(letter), { mapping: timed(repaired) }).lines)).toEqual(
        wanted.lines,
      );
    },
  );

  test(`a dead letter of a dead letter of ${form} has the same attributes and stores the same lines`, () => {
    const original = message(body, { id: 'first', groupId: 'g', attributes });
    const once = lettersOf(original, before);
    const twice = once.flatMap((letter) => lettersOf(sentBack(letter), before));
    expect(twice.map((letter) => letter.attributes)).toEqual(once.map((letter) => letter.attributes));
    // The FIFO dead-letter queue would discard a second dead letter with the id of the first.
    const ids = [...once, ...twice].map((letter) => letter.deduplicationId);
    expect(new Set(ids).size).toBe(ids.length);
    expect(twice.flatMap((letter) => convert(sentBack(letter), { mapping: after }).lines)).toEqual(
      convert(original, { mapping: after }).lines,
    );
  });

  test(`dead letters of ${form} keep the source text of numbers and have attributes that SQS accepts`, () => {
    for (const letter of lettersOf(message(body, { attributes }), before)) {
      const text = letter.body.startsWith('H4sI') ? '' : letter.body.replaceAll('\\', '');
      if (text !== '') expect(text).toMatch(/"ts":1755216000000\.[12]00/);
      for (const value of Object.values(letter.attributes)) expect(value).toMatch(/^[\x20-\x7e]{1,1024}$/);
      expect(Object.keys(letter.attributes)).toEqual(['reason', 'detail', 'origin']);
      expect(letter.attributes.reason).toBe('field-type');
    }
  });
});

describe('other dead letters', () => {
  test('cuts line protocol by lines, so that each dead letter contains the refused line unchanged', () => {
    const good = 'm,t=a\\ b v=1i 1755216000000000000';
    const bad = 'm,t=a\\ b v=9007199254740993i';
    const one = message(`${good}\n${bad}\n# comment\nm v=1u`);
    const letters = lettersOf(one, undefined);
    expect(letters.map(({ body, attributes: { reason } }) => [body, reason])).toEqual([
      [bad, 'integer-range'],
      ['m v=1u', 'field-type'],
    ]);
  });

  test('sends back a line that begins like gzip in base64, in an envelope of SNS', () => {
    const [, letter] = lettersOf(message(sns('m v=x\nH4sI v=y')), undefined);
    const again = convert(sentBack(letter as DeadLetter), {});
    expect(again.codes).toEqual(['field-type']);
  });

  test('quarantines the whole body if an event in JSON text contains half of a surrogate pair', () => {
    const body = JSON.stringify('e \udc00=1\nm v=5 1780000000000000000');
    const [letter] = lettersOf(message(body), undefined);
    expect(letter?.body).toBe(body);
    const again = convert(sentBack(letter as DeadLetter), {});
    expect([again.lines, again.codes]).toEqual([[], ['name-characters']]);
  });

  test('quarantines a message with one event with its original body, gzip included', () => {
    const body = zipped('{"measurement":"m"}');
    const [letter] = lettersOf(message(body), undefined);
    expect(letter?.body).toBe(body);
    expect(JSON.parse(letter?.attributes.origin ?? '')).toMatchObject({
      form: 'text',
      messageId: 'message-1',
      eventIndex: 0,
    });
  });

  test('compresses a dead letter with characters that SQS does not accept, and restores them when it is sent back', () => {
    const body = zipped(
      JSON.stringify([
        { v: '1', s: '\ufffe' },
        { v: '2', s: 'ok' },
      ]).replace('\\ufffe', '\ufffe'),
    );
    const declared = { timestamp: { path: 'ts', missing: 'message' } };
    const letters = lettersOf(message(body), mapping({ ...declared, fields: { v: 'v' } }));
    expect(JSON.parse(letters[0]?.attributes.origin ?? '').form).toBe('gzip');
    expect(gunzipSync(Buffer.from(letters[0]?.body ?? '', 'base64')).toString()).toContain('\ufffe');
    expect(JSON.parse(letters[1]?.attributes.origin ?? '').form).toBe('text');
    const after = mapping({ ...declared, mismatch: 'coerce', fields: { v: 'v' } });
    expect(letters.flatMap((letter) => convert(sentBack(letter), { mapping: after }).lines)).toEqual(
      convert(message(body), { mapping: after }).lines,
    );
  });

  test('moves attributes that do not fit into an attribute of the dead letter into its body', () => {
    const many = Object.fromEntries(
      Array.from({ length: 10 }, (_, i) => [`attribute-${i}`, { type: 'String', value: 'x'.repeat(200) }]),
    );
    const original = message([{ v: '1' }, { v: '2' }], { attributes: many, groupId: 'g'.repeat(128) });
    const declared = { tags: { a: '$message.attributes.attribute-9', g: '$message.groupId' } };
    const letters = lettersOf(original, mapping({ ...declared, fields: { v: 'v' } }));
    for (const letter of letters) expect(letter.attributes.origin?.length).toBeLessThanOrEqual(1024);
    const after = mapping({ ...declared, mismatch: 'coerce', fields: { v: 'v' } });
    expect(letters.flatMap((letter) => convert(sentBack(letter), { mapping: after }).lines)).toEqual(
      convert(original, { mapping: after }).lines,
    );
  });

  test('compresses a body of 1 MiB that leaves no space for attributes', () => {
    const body = `{"measurement":"m","fields":{},"tags":{"a":"${'x'.repeat(DEAD_LETTER_BYTES_MAX - 60)}"}}`.padEnd(
      DEAD_LETTER_BYTES_MAX,
    );
    const [letter] = lettersOf(message(body), undefined);
    expect(deadLetterBytes(letter as DeadLetter)).toBeLessThan(DEAD_LETTER_BYTES_MAX);
    expect(sentBack(letter as DeadLetter).origin?.form).toBe('gzip');
    expect(convert(sentBack(letter as DeadLetter)).codes).toEqual(['no-fields']);
  });

  test('reports a size above the limit for a body that cannot be compressed enough', () => {
    const [letter] = lettersOf(message(`{${noise(DEAD_LETTER_BYTES_MAX - 1024)}`), undefined);
    expect(deadLetterBytes(letter as DeadLetter)).toBeGreaterThan(DEAD_LETTER_BYTES_MAX);
  });

  test('keeps a line that is no object refused in its dead letter, and takes an element of an array as in its body', () => {
    const rules = mapping({ fields: { v: '0' } });
    const lines = message('[1]\n{"v":1}');
    expect(lettersOf(lines, rules).map((letter) => convert(sentBack(letter), { mapping: rules }).codes)).toEqual([
      ['undecodable'],
      ['no-fields'],
    ]);
    const broken = mapping({ fields: { v: { path: '0', type: 'string' } } });
    const [first] = lettersOf(message('[[1],[2]]'), broken);
    expect(convert(sentBack(first as DeadLetter), { mapping: rules }).lines).toEqual([
      expect.stringMatching(/^m v=1 /),
    ]);
  });

  test('leaves an attribute named "origin" unchanged if the sink did not write it', () => {
    for (const value of ['eu', '{}', '{"messageId":"x"}', '{broken']) {
      const one = message({}, { attributes: { origin: { type: 'String', value } } });
      expect(restoreOrigin(one, BYTES_MAX)).toBe(one);
    }
  });

  test('reads a dead letter in the canonical form as a canonical event under any mapping', () => {
    const rules = mapping({ fields: { other: 'x' } });
    const origin = { messageId: 'a', sentAt: 1, eventIndex: 0, firstSeen: 1, sinkVersion: '1', form: 'canonical' };
    const body = { measurement: 'cpu', fields: { n: '7' }, integers: ['n'], timestamp: '1755216000000000001' };
    const one = restoreOrigin(
      message(body, { attributes: { origin: { type: 'String', value: JSON.stringify(origin) } } }),
      BYTES_MAX,
    );
    expect(convert(one, { mapping: rules }).lines).toEqual(['cpu n=7i 1755216000000000001']);
    expect(convert(message(body), { mapping: rules }).codes).toEqual(['no-fields']);
  });
});

describe('dead letter of a stored line', () => {
  const SOURCE = { messageId: 'first', sentAtMs: 1_000, firstReceivedAtMs: 2_000, eventIndex: 7 };
  const letterOf = (detail: string, partlyStored = false) =>
    lineLetter('room,a=b temp=21.5 1755216000000000000', SOURCE, refuse('line-refused', detail), partlyStored, '1.2.3');
  test('contains its event, its reason, and its first message', () => {
    const { attributes, ...letter } = letterOf('duplicate tag é', true);
    expect(letter).toEqual({
      key: 'first-7',
      body: '{"measurement":"room","tags":{"a":"b"},"fields":{"temp":21.5},"integers":[],"timestamp":"1755216000000000000"}',
      groupId: undefined,
      deduplicationId: createHash('sha256').update('first 7').digest('hex'),
    });
    expect(attributes).toMatchObject({ reason: 'line-refused', detail: 'duplicate tag \\u00e9' });
    expect(JSON.parse(attributes.origin as string)).toEqual({
      messageId: 'first',
      sentAt: 1_000,
      eventIndex: 7,
      firstSeen: 2_000,
      measurement: 'room',
      sinkVersion: '1.2.3',
      form: 'canonical',
      cut: { unit: 'json' },
      partlyStored: true,
    });
  });
  test.each([
    ['', '-'],
    ['x'.repeat(1_024), 'x'.repeat(1_024)],
    ['x'.repeat(1_025), `${'x'.repeat(1_021)}...`],
  ])('has a detail that SQS accepts', (detail, attribute) => {
    expect(letterOf(detail).attributes.detail).toBe(attribute);
  });
  test('has the size that SQS counts: the body, and names, types, and values of the attributes', () => {
    const letter = { ...letterOf(''), body: 'é', attributes: { reason: 'ab', detail: '-' } };
    expect(deadLetterBytes(letter)).toBe(2 + 6 + 6 + 2 + 6 + 6 + 1);
  });
});
