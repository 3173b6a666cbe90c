/** Tests of `cli/console/mapping-editor.ts`, `recent-messages.ts`, and `samples.ts`. */

import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SQSEvent, SQSRecord } from 'aws-lambda';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { applyMapping, convertWith, currentMapping, readMappingText } from '../../cli/console/mapping-editor.ts';
import { RECENT_MESSAGES_MAX, RecentMessages } from '../../cli/console/recent-messages.ts';
import { sampleSets } from '../../cli/console/samples.ts';
import { PRESETS } from '../../src/sink/presets/presets.ts';
import { convertBodies } from '../../src/testing/convert-messages.ts';
import { buildMessage } from '../../src/testing/messages.ts';

const SETTINGS = { input: 'auto', linePrecision: 'ns', messageBytesMax: 1_000_000 } as const;
const MAPPING = 'version: 1\nmeasurement: room\ntimestamp: ts\nfields:\n  temp: temp\n';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'console-mapping-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

describe('the mapping editor', () => {
  test('messages become lines, refusals, and counts of dropped events', () => {
    const messages = [buildMessage('{"ts":1,"temp":21.50}'), buildMessage('[{"ts":1,"temp":"x"},{"ts":2}]')];
    const { faults, bodies } = convertWith(MAPPING, 'yaml', messages, SETTINGS);
    expect(faults).toEqual([]);
    expect(bodies[0]).toEqual({
      ...{ body: '{"ts":1,"temp":21.50}', lines: ['room temp=21.5 1000000'], refusals: [], dropped: 0 },
    });
    expect(bodies[1]?.refusals.map(({ reason }) => reason)).toEqual(['field-type', 'no-fields']);
  });

  test.each([
    ['yaml', 'version: 1\nmeasurement: room\nfields:\n  temp: { path: temp, type: intger }\n', 4, 'intger'],
    ['yaml', 'version: 1\nmeasurement: room\n fields: x\n', 2, 'indentation'],
    ['json', '{\n  "version": 1,\n  "measurment": "room"\n}', 3, 'measurment'],
    ['json', '{\n  "version": 1,\n', 3, 'not JSON'],
    ['yaml', '', 1, 'empty'],
  ] as const)('the faults of the %s mapping %j have their line and their column', (format, text, line, part) => {
    const read = readMappingText(text, format);
    if (!('faults' in read)) throw new Error('The mapping is valid.');
    const fault = read.faults.find((one) => one.text.includes(part));
    expect(fault, JSON.stringify(read.faults)).toMatchObject({ line });
    expect(convertWith(text, format, [buildMessage('{}')], SETTINGS)).toEqual({ faults: read.faults, bodies: [] });
  });

  test('a mapping of more than 256 KiB is refused before it is parsed', () => {
    const read = readMappingText(`${MAPPING}# ${'x'.repeat(300_000)}`, 'yaml');
    expect(read).toEqual({ faults: [{ line: 1, column: 1, text: 'A mapping has at most 262144 characters.' }] });
  });

  test('a valid mapping is written to its file, and one with faults is not', () => {
    const file = join(folder, 'mapping.yaml');
    writeFileSync(file, 'before');
    expect(applyMapping('version: 2', 'yaml', file)).not.toEqual([]);
    expect(readFileSync(file, 'utf8')).toBe('before');
    expect(applyMapping(MAPPING, 'yaml', file)).toEqual([]);
    expect(readFileSync(file, 'utf8')).toBe(MAPPING);
  });

  test('the current mapping is that of the file, and without a file the editor states why it cannot apply one', () => {
    const file = join(folder, 'mapping.yaml');
    writeFileSync(file, MAPPING);
    expect(currentMapping(file)).toEqual({ text: MAPPING, format: 'yaml', file, why: '' });
    const preset = currentMapping('preset:telegraf');
    expect(preset).toMatchObject({ text: 'version: 1\npreset: telegraf\n', format: 'yaml', file: null });
    expect(preset.why).toContain('SINK_MAPPING is a preset.');
    expect(currentMapping('{"version":1}')).toMatchObject({ text: '{"version":1}', format: 'json', file: null });
    expect(currentMapping(join(folder, 'absent.json')).why).toContain('cannot be read');
    const none = currentMapping(undefined);
    expect(none.why).toContain('dev --mapping FILE');
    expect(readMappingText(none.text, none.format)).toHaveProperty('mapping');
  });
});

const record = (id: number, body: string): SQSRecord =>
  ({
    messageId: `m${id}`,
    body,
    attributes: { SentTimestamp: '5', MessageGroupId: 'g' },
    messageAttributes: { site: { dataType: 'String', stringValue: 'hall' } },
  }) as unknown as SQSRecord;

test('the last ten messages are kept, newest first, each once, and large ones are not kept', () => {
  const recent = new RecentMessages();
  const receive = (...records: readonly SQSRecord[]): void => recent.add({ Records: [...records] } as SQSEvent);
  for (let id = 0; id < 50; id++) receive(record(id, `${id}`));
  receive(record(99, 'x'.repeat(70_000)), record(45, '45'));
  const kept = recent.list();
  expect(kept.map(({ body }) => body)).toEqual(['45', '49', '48', '47', '46', '44', '43', '42', '41', '40']);
  expect(kept).toHaveLength(RECENT_MESSAGES_MAX);
  expect(kept[0]).toMatchObject({ id: 'm45', sentAtMs: 5, groupId: 'g' });
  expect(kept[0]?.attributes).toEqual({ site: { type: 'String', value: 'hall' } });
});

describe('samples', () => {
  const bodiesOf = (name: string): readonly string[] => {
    const set = sampleSets(undefined).find((one) => one.name === name);
    const messages = set?.make(1_780_000_000_000, () => 0.5) ?? [];
    expect(messages).toHaveLength(set?.messages ?? -1);
    return messages.map(({ body }) => body);
  };

  test('the valid events are valid without a mapping, and of the broken ones each has another reason', () => {
    expect(convertBodies(bodiesOf('valid')).counters).toMatchObject({ lines: 400, refusals: 0 });
    const { refusals } = convertBodies(bodiesOf('broken'));
    expect(refusals.map(({ code }) => code).sort()).toEqual([
      ...['field-type', 'measurement-missing', 'no-fields', 'timestamp-format', 'undecodable'],
    ]);
  });

  test('each preset has a set of events', () => {
    for (const name of Object.keys(PRESETS)) expect(bodiesOf(`preset:${name}`).length, name).toBeGreaterThan(0);
  });

  test('the messages of the tests next to a mapping file are the first set', () => {
    const examples = new URL('../../examples/', import.meta.url);
    for (const name of ['sensor.json', 'sensor.test.yaml']) copyFileSync(new URL(name, examples), join(folder, name));
    const [first] = sampleSets(join(folder, 'sensor.json'));
    expect(first).toMatchObject({ name: 'tests', title: 'Events of sensor.test.yaml' });
    expect(first?.make(0, Math.random).length).toBeGreaterThan(0);
    writeFileSync(join(folder, 'sensor.test.yaml'), 'tests: 1');
    expect(sampleSets(join(folder, 'sensor.json'))[0]?.name).toBe('valid');
  });
});
