import { expect, test } from 'vitest';
import { parseMapping } from '../../src/sink/mapping/parse-mapping.ts';
import { convertBodies, convertMessages } from '../../src/testing/convert-messages.ts';
import { buildMessage, eventBridgeBody, gzipBody, snsBody } from '../../src/testing/messages.ts';

const EVENT = { measurement: 'm', fields: { v: 1 }, timestamp: 5 };
const linesOf = (body: string) => convertBodies([body]).lines.map(({ text }) => text);

test('a body in gzip, in an SNS envelope, or in both becomes the line of its event', () => {
  expect(linesOf(gzipBody(EVENT))).toEqual(['m v=1 5']);
  expect(linesOf(snsBody(EVENT))).toEqual(['m v=1 5']);
  expect(linesOf(snsBody(gzipBody('m v=2 7')))).toEqual(['m v=2 7']);
});

test('a mapping reads members of an SNS envelope and of an EventBridge envelope that tests build', () => {
  const mapping = (tag: string) => {
    const parsed = parseMapping({
      version: 1,
      measurement: 'm',
      timestamp: 'ts',
      tags: { t: tag },
      fields: { v: 'v' },
    });
    if ('faults' in parsed) throw new Error(parsed.faults.join('\n'));
    return parsed;
  };
  const sns = snsBody({ ts: 1, v: 1 }, { site: { type: 'String', value: 'north' } });
  const bridge = eventBridgeBody({ ts: 1, v: 1 }, { source: 'plant' });
  expect(convertBodies([sns], mapping('$message.attributes.site')).lines[0]?.text).toBe('m,t=north v=1 1000000');
  expect(convertBodies([bridge], mapping('$envelope.source')).lines[0]?.text).toBe('m,t=plant v=1 1000000');
  expect(convertBodies([bridge], mapping('$envelope.detail-type')).lines[0]?.text).toBe('m,t=event v=1 1000000');
});

test('the time of an event without one depends on the id and the time of its message', () => {
  const timeOf = (members: object): string | undefined =>
    convertMessages([buildMessage({ measurement: 'm', fields: { v: 1 } }, members)])
      .lines[0]?.text.split(' ')
      .at(-1);
  expect(timeOf({})).toMatch(/^1755216000000\d{6}$/);
  expect(timeOf({})).toBe(timeOf({ receiveCount: 5 }));
  expect(timeOf({ id: 'other' })).not.toBe(timeOf({}));
  expect(timeOf({ sentAtMs: 1_755_216_000_001 })).toMatch(/^1755216000001\d{6}$/);
});

test('a built message is first received when it is sent, unless the test states another time', () => {
  expect(buildMessage('', { sentAtMs: 5 })).toMatchObject({ sentAtMs: 5, firstReceivedAtMs: 5 });
  expect(buildMessage('', { sentAtMs: 5, firstReceivedAtMs: 7 }).firstReceivedAtMs).toBe(7);
});
