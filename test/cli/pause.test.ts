/** Tests of `pause` and `resume` with a table. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTableService, type TableService } from '../../local/table.ts';
import { useAwsEnvironment } from '../adapters/aws-access.ts';
import { openTable } from '../adapters/open-table.ts';
import { soonEnough } from '../contract/state-table/made-up.ts';
import { type Run, run } from './running.ts';

let service: TableService;
beforeAll(async () => {
  service = await startTableService();
});
afterAll(() => service.close());
useAwsEnvironment(() => ({ AWS_ENDPOINT_URL_DYNAMODB: service.endpoint }));

/** A table with one sink, and a call of a command about it. */
const openSink = async () => {
  const { name, view } = await openTable(service);
  await view('sink').registerSink(1, soonEnough());
  const call = (command: string, ...more: readonly string[]): Promise<Run> =>
    run([command, '--table', name, '--endpoint', service.endpoint, '--sink', 'sink', ...more]);
  return { name, hold: async () => (await view('sink').readShared()).hold, call };
};

describe('pause', () => {
  test('stores a hold without an end, which status prints and resume ends', async () => {
    const { hold, call } = await openSink();
    const paused = await call('pause', '--reason', 'an upgrade');
    expect([paused.code, paused.err]).toEqual([0, '']);
    expect(paused.out).toContain('The sink sink is paused until it is resumed: an upgrade\n');
    expect(await hold()).toMatchObject({ reason: 'an upgrade', untilMs: undefined });
    expect((await call('status')).out).toMatch(/^pause {15}began \d+ s ago, until it is resumed: an upgrade$/m);
    const resumed = await call('resume');
    expect([resumed.code, resumed.out]).toEqual([
      0,
      expect.stringMatching(/^The sink sink is no longer paused\. It was paused \d+ s ago: an upgrade\n$/),
    ]);
    expect(await hold()).toBeUndefined();
    expect((await call('status')).out).not.toContain('pause');
  });

  test('stores the end of a duration and of a time, and replaces an earlier pause', async () => {
    const { call } = await openSink();
    const first = JSON.parse((await call('pause', '--reason', 'a', '--for', '90m', '--json')).out);
    expect(first.hold.untilMs - first.hold.sinceMs).toBe(90 * 60_000);
    expect(first.replaced).toBeNull();
    const until = new Date(Date.now() + 86_400_000).toISOString();
    const second = JSON.parse((await call('pause', '--reason', 'b', '--until', until, '--json')).out);
    expect(second).toMatchObject({ hold: { reason: 'b', untilMs: Date.parse(until) }, replaced: first.hold });
    expect(JSON.parse((await call('status', '--json')).out).hold).toEqual(second.hold);
    expect(JSON.parse((await call('resume', '--json')).out).ended).toEqual(second.hold);
  });

  test('resume reports that a sink was not paused, and deletes an expired pause', async () => {
    const { name, call, hold } = await openSink();
    expect((await call('resume')).out).toBe('The sink sink was not paused.\n');
    await call('pause', '--reason', 'a', '--for', '1s');
    await expect.poll(async () => (await call('status')).out).toMatch(/^pause {15}ended \d+ s ago: a$/m);
    expect(JSON.parse((await call('resume', '--json')).out)).toEqual({ sink: 'sink', table: name, ended: null });
    expect(await hold()).toBeUndefined();
  });
});

describe('faults', () => {
  test.each<[readonly string[], string]>([
    [[], 'The option --reason <text> is required.'],
    [['--reason', ''], '--reason must not be empty'],
    [['--reason', 'a\nb'], '--reason must be one line of at most 300 characters'],
    [['--reason', 'a'.repeat(301)], '--reason must be one line of at most 300 characters, got 301.'],
    [
      ['--reason', 'a', '--for', '2 hours'],
      '--for must be a number with s, m, h, or d, from 1s to 365d, got "2 hours".',
    ],
    [['--reason', 'a', '--for', '366d'], '--for must be a number'],
    [['--reason', 'a', '--for', '0s'], '--for must be a number'],
    [['--reason', 'a', '--until', '2027-01-01T00:00'], '--until must be a time with a zone'],
    [['--reason', 'a', '--until', '2027-13-01T00:00Z'], '--until must be a time with a zone'],
    [['--reason', 'a', '--until', '2020-01-01T00:00Z'], '--until must be in the future, got 2020-01-01T00:00:00.000Z.'],
    [['--reason', 'a', '--until', '2099-01-01T00:00Z', '--for', '1s'], '--for and --until both set the end'],
  ])('refuses %j', async (args, fault) => {
    const { code, err } = await run(['pause', '--table', 't', '--endpoint', service.endpoint, ...args]);
    expect([code, err]).toEqual([2, expect.stringContaining(fault)]);
  });

  test.each(['pause', 'resume'])('%s refuses a sink that the table does not contain', async (command) => {
    const { name, hold } = await openSink();
    const reason = command === 'pause' ? ['--reason', 'a'] : [];
    const call = [command, ...reason, '--table', name, '--endpoint', service.endpoint, '--sink', 'snik'];
    const { code, err } = await run(call);
    expect([code, err]).toEqual([2, expect.stringContaining('The table contains no sink "snik". It contains sink.')]);
    expect(await hold()).toBeUndefined();
  });

  test('pauses a sink that has not started yet, with a warning', async () => {
    const { name, view } = await openTable(service);
    const table = ['--table', name, '--endpoint', service.endpoint, '--sink', 'sink'];
    const { code, err } = await run(['pause', '--reason', 'a', ...table]);
    expect([code, err]).toEqual([0, expect.stringContaining('The table contains no sink yet.')]);
    expect((await view('sink').readShared()).hold).toMatchObject({ reason: 'a' });
  });

  test('reports that a sink without a state table cannot be paused', async () => {
    const { code, err } = await run(['pause', '--reason', 'a'], '', { DEAD_LETTER_QUEUE_URL: 'http://127.0.0.1:9/x' });
    expect([code, err]).toEqual([
      2,
      expect.stringContaining('Without a state table, a sink can be neither paused nor resumed.'),
    ]);
  });
});
