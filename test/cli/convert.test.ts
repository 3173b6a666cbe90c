/** Tests of `cli/convert.ts` and `cli/input-documents.ts` as a process, as users call the command. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { describe, expect, onTestFinished, test } from 'vitest';
import { makeWorkload } from '../../local/workload/messages.ts';
import { MAIN, type Run, run } from './running.ts';

const EXAMPLE = fileURLToPath(new URL('../../examples/mapping.json', import.meta.url));

const convert = (input: readonly unknown[], ...args: readonly string[]): Promise<Run> =>
  run(['convert', ...args], input.map((one) => `${typeof one === 'string' ? one : JSON.stringify(one)}\n`).join(''));

const GOOD = { measurement: 'm', tags: { t: 'a b' }, fields: { v: 1.5 }, timestamp: '1755216000000000001' };
const GOOD_LINE = 'm,t=a\\ b v=1.5 1755216000000000001\n';
const BAD = { measurement: 'm', fields: { v: {} } };

describe('convert', () => {
  test('convert prints one line for each event, and exits with 0', async () => {
    expect(await convert([GOOD, [GOOD, { ...GOOD, measurement: 'n' }]])).toEqual({
      code: 0,
      out: `${GOOD_LINE}${GOOD_LINE}${GOOD_LINE.replace('m', 'n')}`,
      err: '',
    });
  });
  test('convert prints each refused event to standard error as one JSON object per line, and exits with 1', async () => {
    const { code, out, err } = await convert([GOOD, '', [GOOD, BAD, BAD], '{', GOOD]);
    expect([code, out]).toEqual([1, GOOD_LINE.repeat(3)]);
    const refusals = err
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(refusals.map(({ line, event, reason }) => [line, event, reason])).toEqual([
      [3, 1, 'field-type'],
      [3, 2, 'field-type'],
      [4, 0, 'undecodable'],
    ]);
    for (const refusal of refusals) {
      expect(Object.keys(refusal)).toEqual(['line', 'event', 'reason', 'detail']);
      expect(refusal.detail).toMatch(/\w/);
    }
  });
  test('convert --whole takes a wrapped body as one, as the function does', async () => {
    const many = Array.from({ length: 20 }, (_, index) => ({ ...GOOD, fields: { v: index } }));
    const packed = gzipSync(JSON.stringify(many)).toString('base64').replaceAll(/.{76}/g, '$&\n');
    expect(packed).toContain('\n');
    const { code, out } = await run(['convert', '--whole'], `${packed}\n`);
    expect([code, out.split('\n')]).toEqual([
      0,
      [...many.map((_, v) => GOOD_LINE.trim().replace('1.5', String(v))), ''],
    ]);
    const lines = await run(['convert', '--whole', '--input', 'line-protocol'], 'm a="x\ny",v=1 1\n');
    expect(lines.out).toBe('m a="x\\\\ny",v=1 1\n');
  });
  test('convert exits with 0 for empty input', async () => {
    expect(await convert([])).toEqual({ code: 0, out: '', err: '' });
  });

  test('convert uses a mapping from a file or inline, and --sent-at as the time of events without one', async () => {
    const declared = { version: 1, measurement: 'cpu', tags: { host: 'h' }, fields: { used: 'u' } };
    const folder = mkdtempSync(join(tmpdir(), 'sink-convert-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'mapping.json');
    writeFileSync(file, JSON.stringify(declared));
    const event = { h: 'a', u: 1 };
    const [fromFile, inline, again] = await Promise.all([
      convert([event], '--mapping', file, '--sent-at', '1755216000000'),
      convert([event], '--mapping', JSON.stringify(declared), '--sent-at', '1755216000000'),
      convert([event], '--mapping', file, '--sent-at', '1755216000000'),
    ]);
    expect(fromFile).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^cpu,host=a used=1 1755216000000\d{6}\n$/),
    });
    expect([inline, again]).toEqual([fromFile, fromFile]);
  });

  test('convert --mapping replaces the variables of the simple mapping', async () => {
    const declared = JSON.stringify({ version: 1, measurement: 'cpu', fields: { used: 'u' } });
    const variables = { SINK_MEASUREMENT: 'room', SINK_TAG_FIELDS: 'u' };
    const { code, out, err } = await run(['convert', '--mapping', declared, '--sent-at', '1'], '{"u":1}\n', variables);
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(/^cpu used=1 /);
  });

  test('convert prints the same bytes with both converters, for valid and broken events', async () => {
    const { messages } = makeWorkload({ messages: 100, eventsPerMessage: 10, brokenOneIn: 20, seed: 3 });
    const bodies = messages.map(({ body }) => body).filter((body) => !body.includes('\n'));
    expect(bodies.length).toBeGreaterThan(50);
    const args = ['--mapping', EXAMPLE, '--sent-at', '1755216000000'];
    const [line, point] = await Promise.all([
      convert(bodies, ...args),
      convert(bodies, ...args, '--converter', 'point'),
    ]);
    expect(line.code).toBe(1);
    expect(line.out.split('\n').length).toBeGreaterThan(300);
    expect(line.err.split('\n').length).toBeGreaterThan(5);
    expect(point).toEqual(line);
  });

  test('convert reads its input in the format that --input names', async () => {
    const [line, json] = await Promise.all([
      convert(['m v=1 5'], '--input', 'line-protocol'),
      convert(['m v=1 5'], '--input', 'json'),
    ]);
    expect(line).toEqual({ code: 0, out: 'm v=1 5\n', err: '' });
    expect(json).toMatchObject({ code: 1, out: '' });
  });

  test('convert prints a comment with the target before lines that do not go to the configured one', async () => {
    const declared = {
      version: 1,
      measurement: 'm',
      timestamp: 'ts',
      fields: { v: 'v' },
      database: { path: 'db', allow: ['north', 'none'], default: 'south' },
    };
    const week = { ...declared, database: undefined, retentionPolicy: { path: 'rp', allow: ['week'] } };
    const events = [
      [{ db: 'none', ts: 1, v: 1 }, { db: 'north', ts: 2, v: 2 }, { db: 'south' }, { db: 'north', ts: 3, v: 3 }],
      { db: 'north', ts: 4, v: 4 },
      'm v=5 5000000',
      { ts: 6, v: 6 },
    ];
    const [databases, policies] = await Promise.all([
      convert(events, '--mapping', JSON.stringify(declared)),
      convert([{ rp: 'week', ts: 1, v: 1 }], '--mapping', JSON.stringify(week)),
    ]);
    expect(databases.out).toBe(
      [
        '# database none\nm v=1 1000000',
        '# database north\nm v=2 2000000\nm v=3 3000000\nm v=4 4000000',
        '# database as configured\nm v=5 5000000',
        '# database south\nm v=6 6000000\n',
      ].join('\n'),
    );
    expect(databases.code).toBe(1);
    expect(policies.out).toBe('# database as configured, retention policy week\nm v=1 1000000\n');
  });

  test('convert reads JSON over several lines as one body, and reports the line where it begins', async () => {
    const pretty = JSON.stringify([GOOD, BAD], null, 2);
    const { code, out, err } = await convert(['', pretty, GOOD, JSON.stringify(GOOD, null, '\t')]);
    expect([code, out]).toEqual([1, GOOD_LINE.repeat(3)]);
    expect(JSON.parse(err)).toMatchObject({ line: 2, event: 1, reason: 'field-type' });
  });

  test('convert reports JSON that is never closed once, with its first line, and reads the lines after it', async () => {
    const { code, out, err } = await convert(['{"a":1,', GOOD, '[', ` ${JSON.stringify(GOOD)},`, ' x']);
    expect([code, out]).toEqual([1, GOOD_LINE]);
    const refusals = err
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(refusals.map(({ line, reason }) => [line, reason])).toEqual([
      [1, 'undecodable'],
      [3, 'undecodable'],
    ]);
    expect(refusals[0].detail).toMatch(
      /^the JSON begins in line 1, but it breaks off in line 2: expected a name in quotes, got "\{"$/,
    );
    expect(refusals[1].detail).toMatch(/^the JSON begins in line 3, but its brackets are never closed$/);
  });

  test('convert reads files in their order and standard input for "-", and names the file of a refused event', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sink-convert-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const [good, bad] = ['good', 'bad'].map((name) => join(folder, `a ${name}.ndjson`)) as [string, string];
    writeFileSync(good, `\n${JSON.stringify(GOOD)}\n`);
    writeFileSync(bad, JSON.stringify(BAD));
    const { code, out, err } = await run(['convert', good, '-', bad], JSON.stringify({ ...GOOD, measurement: 'n' }));
    expect([code, out]).toEqual([1, `${GOOD_LINE}${GOOD_LINE.replace('m', 'n')}`]);
    expect(JSON.parse(err)).toMatchObject({ file: bad, line: 1, event: 0, reason: 'field-type' });
  });

  test('convert gives events without a time the same times from files as from standard input', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sink-convert-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const event = `${JSON.stringify({ ...GOOD, timestamp: undefined })}\n`;
    const file = join(folder, 'events.ndjson');
    writeFileSync(file, event);
    const [files, input] = await Promise.all([
      run(['convert', '--sent-at', '1755216000000', file, file]),
      run(['convert', '--sent-at', '1755216000000'], event.repeat(2)),
    ]);
    expect(files).toEqual(input);
    expect(new Set(input.out.trimEnd().split('\n')).size).toBe(2);
  });

  test.each([
    [['/nowhere.ndjson'], /^The file "\/nowhere\.ndjson" cannot be read: ENOENT/],
    [['/'], /^"\/" is a folder\. Name files\.\n$/],
    [[''], /^The name of a file must not be empty\.\n$/],
  ])('convert reports that it cannot read %j before it prints a line', async (files, message) => {
    const { code, out, err } = await run(['convert', '-', ...files], `${JSON.stringify(GOOD)}\n`);
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(message);
  });

  test('convert --json prints lines and refused events in their order, with the targets that the mapping chooses', async () => {
    const declared = {
      version: 1,
      measurement: 'm',
      timestamp: 'ts',
      fields: { v: 'v' },
      database: { path: 'db', allow: ['north'], default: 'south' },
    };
    const { code, out, err } = await convert(
      [[{ db: 'north', ts: 1, v: 1 }, { db: 'north' }, { db: 'north', ts: 3, v: 3 }], 'm v=5 5000000'],
      '--json',
      '--mapping',
      JSON.stringify(declared),
    );
    expect(code).toBe(1);
    expect(JSON.parse(err)).toMatchObject({ events: 4, lines: 3, refusals: { 'no-fields': 1 } });
    const north = { database: 'north', retentionPolicy: null };
    expect(
      out
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([
      { line: 1, event: 0, lineProtocol: 'm v=1 1000000', ...north },
      { line: 1, event: 1, reason: 'no-fields', detail: expect.any(String) },
      { line: 1, event: 2, lineProtocol: 'm v=3 3000000', ...north },
      { line: 2, event: 0, lineProtocol: 'm v=5 5000000', database: null, retentionPolicy: null },
    ]);
  });

  test('convert exits without an error when its reader closes the pipe', async () => {
    const child = spawn(process.execPath, [MAIN, 'convert'], { env: { PATH: process.env.PATH } });
    child.stdin.on('error', () => undefined).end(`${JSON.stringify(GOOD)}\n`.repeat(20_000));
    const ended = once(child, 'close');
    const err = text(child.stderr);
    await once(child.stdout, 'data');
    child.stdout.destroy();
    expect([await ended, await err]).toEqual([[0, null], '']);
  });
});
