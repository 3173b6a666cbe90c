/** Tests of `flush` with a table and Lambda's API, and with a `dev`. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type Invoke, startLambdaApi } from '../../local/lambda-api.ts';
import { startTableService, type TableService } from '../../local/table.ts';
import { useAwsEnvironment } from '../adapters/aws-access.ts';
import { openTable } from '../adapters/open-table.ts';
import { breakerOf, entryOf, putEntry, soonEnough } from '../contract/state-table/made-up.ts';
import { folderWith } from './folder.ts';
import { MAIN, run } from './running.ts';

let service: TableService;
beforeAll(async () => {
  service = await startTableService();
});
afterAll(() => service.close());
useAwsEnvironment(() => ({ AWS_ENDPOINT_URL_DYNAMODB: service.endpoint }));

const ENTRY = entryOf(1, { dueMs: 0 });

/** A table with one segment, and a function that `flush` invokes. */
const openSink = async (invoke: Invoke) => {
  const { name, view } = await openTable(service);
  await view('sink').registerSink(1, soonEnough());
  await putEntry(view('sink'), ENTRY);
  const api = await startLambdaApi({ concurrency: 2, limitTo: () => undefined }, 0, { flusher: invoke });
  onTestFinished(() => api.close());
  const table = ['--table', name, '--endpoint', service.endpoint, '--sink', 'sink'];
  const args = ['flush', ...table, '--function', 'flusher', '--lambda-endpoint', api.endpoint];
  return { args, view: view('sink') };
};

describe('flush with a table', () => {
  test('invokes the function until the table is empty', async () => {
    let runs = 0;
    const { args, view } = await openSink(async () => {
      runs += 1;
      // The first run finds the shard leased by another drainer.
      if (runs === 2) await view.segments.deleteEntries([ENTRY], soonEnough());
    });
    const { code, out, err } = await run(args);
    expect([code, runs]).toEqual([0, 2]);
    expect(err).toMatch(/^1 segment with 101 lines left; 0 lines drained in 0 s \(0 per second\), 0 runs\n1 segment/);
    expect(out).toMatch(/^0 segments with 0 lines left; 101 lines drained .*, 2 runs\nThe backlog is empty\.\n$/);
  });

  test('invokes nothing while the sink is paused or the breaker of the server is open, and exits with 1', async () => {
    let runs = 0;
    const { args, view } = await openSink(async () => {
      runs += 1;
    });
    await view.breakers.open(breakerOf({ probeAtMs: Date.now() + 600_000 }));
    expect((await run(args)).out).toContain('The circuit breaker server is open (unavailable)');
    await view.holds.hold({ reason: 'an upgrade', sinceMs: Date.now(), untilMs: undefined }, soonEnough());
    const { code, out } = await run([...args, '--json']);
    expect([code, JSON.parse(out)]).toMatchObject([1, { function: 'flusher', end: 'paused', segments: 1, runs: 0 }]);
    expect(runs).toBe(0);
  });

  test('reports that the function failed, or does not exist', async () => {
    const { args } = await openSink(async () => {
      throw new Error('The table is unavailable.');
    });
    const failed = await run(args);
    expect([failed.code, failed.err]).toEqual([
      2,
      expect.stringContaining('The flush function flusher failed: Error: The table is unavailable.\nIts log contains'),
    ]);
    const missing = await run([...args, '--function', 'another']);
    expect([missing.code, missing.err]).toEqual([
      2,
      expect.stringContaining('The flush function another cannot be invoked: Function not found: another'),
    ]);
  });

  test('refuses a misspelled sink, whose backlog would look empty', async () => {
    const { args } = await openSink(async () => undefined);
    const { code, err } = await run([...args, '--sink', 'snik']);
    expect([code, err]).toEqual([2, expect.stringContaining('The table contains no sink "snik". It contains sink.')]);
  });

  test('Ctrl-C ends it after the current run', async () => {
    let begin = (): void => undefined;
    const begun = new Promise<void>((resolve) => {
      begin = resolve;
    });
    let endRun = (): void => undefined;
    const ended = new Promise<void>((resolve) => {
      endRun = resolve;
    });
    const { args } = await openSink(async () => {
      begin();
      await ended;
    });
    const child = spawn(process.execPath, [MAIN, ...args, '--json'], { env: { PATH: process.env.PATH } });
    const out = text(child.stdout);
    await begun;
    child.kill('SIGINT');
    for await (const chunk of child.stderr) if (String(chunk).includes('Stopping after this run')) break;
    endRun();
    const [code] = await once(child, 'close');
    expect([code, JSON.parse(await out)]).toMatchObject([1, { end: 'interrupted', runs: 1 }]);
  });

  test.each<[readonly string[], string]>([
    [['--table', 't'], 'Nothing names the flush function. Use --stack or --function, or run "dev" in this folder.'],
    [[], 'Nothing names the state table.'],
    [
      ['--table', 't', '--function', 'f', '--endpoint', 'http://127.0.0.1:1'],
      '--endpoint names a table on this machine. Use --lambda-endpoint too',
    ],
    [['--table', 't', '--function', 'f'], 'No region is set.'],
  ])('refuses %j', async (args, fault) => {
    const { code, err } = await run(['flush', ...args], '', {}, folderWith({}));
    expect([code, err]).toEqual([2, expect.stringContaining(fault)]);
  });
});

describe('flush with the "dev" of the folder', () => {
  test('drains what was stored during a pause', { timeout: 60_000 }, async () => {
    const folder = folderWith({});
    const variables = { PATH: process.env.PATH, SINK_MEASUREMENT: 'room' };
    const dev = spawn(process.execPath, [MAIN, 'dev', '--json', '--window', '0.1'], {
      cwd: folder,
      env: variables,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    onTestFinished(async () => {
      dev.kill('SIGTERM');
      await once(dev, 'close');
    });
    await once(dev.stdout, 'data');
    const call = (args: readonly string[], input = '') => run(args, input, {}, folder);
    await call(['pause', '--reason', 'a test']);
    await call(['send'], '{"temp":1}\n{"temp":2}\n');
    const stored = async () => JSON.parse((await call(['flush', '--json'])).out);
    await expect.poll(stored, { timeout: 30_000 }).toMatchObject({ end: 'paused', lines: 2 });
    await call(['resume']);
    const { code, out } = await call(['flush', '--json']);
    expect([code, JSON.parse(out)]).toMatchObject([0, { end: 'empty', segments: 0, drainedLines: 2 }]);
  });
});
