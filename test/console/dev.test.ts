/** Tests of the console as `dev` starts it: `cli/dev-console.ts`, `cli/console/console.ts`, and `recorder.ts`. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { History, LettersView, Update } from '../../cli/console/protocol.ts';
import { createConsoleRecorder } from '../../cli/console/recorder.ts';
import { systemOptions } from '../../cli/dev-options.ts';
import { MAIN, run } from '../cli/running.ts';
import { freePort } from '../free-port.ts';

/** Starts `dev` in an empty folder until the test has ended, and returns what it prints first. */
const startDev = async (...args: readonly string[]): Promise<string> => {
  const folder = mkdtempSync(join(tmpdir(), 'console-'));
  const child = spawn(process.execPath, [MAIN, 'dev', '--flush-every', '1', ...args], {
    cwd: folder,
    env: { PATH: process.env.PATH },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  onTestFinished(async () => {
    child.kill('SIGTERM');
    await once(child, 'close');
    rmSync(folder, { recursive: true });
  });
  let out = '';
  for await (const chunk of child.stdout) {
    out += chunk;
    if (/^\{.*\}\n$/.test(out) || /^Read state: .*\n/m.test(out)) break;
  }
  return out;
};

const consoleOf = (out: string): string => (JSON.parse(out) as { console: string }).console;

const post = async (url: string, path: string, input: unknown): Promise<unknown> => {
  const response = await fetch(new URL(path, url), {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: new URL(url).origin },
    body: JSON.stringify(input),
  });
  return response.json();
};

const get = async <T>(url: string, path: string): Promise<T> => (await fetch(new URL(path, url))).json() as Promise<T>;

/** Reads events of the stream until one of them is as expected. */
const untilEvent = async <T>(url: string, name: string, isExpected: (data: T) => boolean): Promise<T> => {
  const controller = new AbortController();
  const { body } = await fetch(new URL('/api/updates', url), { signal: controller.signal });
  let text = '';
  try {
    for await (const chunk of body ?? []) {
      text += Buffer.from(chunk).toString();
      const events = text.split('\n\n');
      text = events.pop() ?? '';
      for (const event of events) {
        const [, found, data = 'null'] = /event: (\w+)\ndata: (.*)$/.exec(event) ?? [];
        if (found === name && isExpected(JSON.parse(data))) return JSON.parse(data);
      }
    }
  } finally {
    controller.abort();
  }
  throw new Error('The stream ended.');
};

test('dev prints the address of the console, which serves the page, the schema, and the state of the system', async () => {
  const port = await freePort();
  const out = await startDev('--console-port', String(port));
  expect(out).toContain(`  console             http://127.0.0.1:${port}/\n`);
  const url = `http://127.0.0.1:${port}/`;
  for (const [path, type] of [
    ['/', 'text/html; charset=utf-8'],
    ['/main.js', 'text/javascript; charset=utf-8'],
    ['/main.css', 'text/css; charset=utf-8'],
    ['/icon.svg', 'image/svg+xml'],
    ['/mapping.schema.json', 'application/json'],
  ]) {
    const response = await fetch(new URL(path as string, url));
    expect([response.status, response.headers.get('content-type')]).toEqual([200, type]);
    expect((await response.text()).length).toBeGreaterThan(100);
  }
  const { facts } = await untilEvent<History>(url, 'history', () => true);
  expect(facts).toMatchObject({ sink: 'opengemini-sink', database: 'telemetry' });
  expect(facts.faultNames).toContain('queue-full');
  expect(facts.samples.map(({ name }) => name)).toContain('preset:telegraf');
});

test('events, their figures, their dead letters, and their conversion are those of the running system', async () => {
  const url = consoleOf(await startDev('--json', '--window', '0.1'));
  expect(await post(url, '/api/send', { set: 'broken' })).toEqual({ text: '5 messages sent.' });
  const isDone = ({ state: { queues } }: Update): boolean => queues.deadLetters === 5 && queues.source === 0;
  const { state } = await untilEvent<Update>(url, 'update', isDone);
  expect(state).toMatchObject({ breakers: [], fault: null, queues: { source: 0 }, standIn: { faults: [] } });
  const counted = await untilEvent<Update>(url, 'update', (one) => one.state.ledger.received === 9);
  expect(counted.state.ledger).toMatchObject({ written: 4, quarantined: 5, imbalance: 0 });
  expect(counted.state.processes).not.toEqual([]);
  const { letters } = await get<LettersView>(url, '/api/letters');
  const marks = letters.map(({ reason, lines, failing }) => [reason, failing === null ? null : lines[failing]?.trim()]);
  expect(Object.fromEntries(marks)).toMatchObject({
    ...{ 'field-type': '"used": {', 'timestamp-format': '"timestamp": true', 'no-fields': null, undecodable: null },
  });
  const text = 'version: 1\nmeasurement: { path: measurement }\nfields: { used: fields.used }';
  const converted = await post(url, '/api/convert', { text, format: 'yaml' });
  expect(JSON.stringify(converted)).toContain('cpu used=');
  await expect
    .poll(async () => (await untilEvent<History>(url, 'history', () => true)).figures.length)
    .toBeGreaterThan(1);
});

test('sample events reach the function through FIFO queues, too, and equal ones are no duplicates', async () => {
  const url = consoleOf(await startDev('--json', '--fifo'));
  for (let round = 0; round < 2; round++)
    expect(await post(url, '/api/send', { body: '{"measurement":"m","fields":{"v":1}}' })).toEqual({
      text: '1 message sent.',
    });
  const { state } = await untilEvent<Update>(url, 'update', (one) => one.state.ledger.written === 2);
  expect(state.ledger.received).toBe(2);
});

test('with --no-console dev starts no console', async () => {
  expect(JSON.parse(await startDev('--json', '--no-console'))).toMatchObject({ console: null });
});

test('dev names the option of a console port that is in use, and leaves nothing running', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const { code, out, err } = await run(['dev', '--console-port', String(port)]);
  expect([code, out]).toEqual([2, '']);
  expect(err).toMatch(new RegExp(`^--console-port ${port} is not available: .*EADDRINUSE.*\\nChoose another port, or`));
});

test('the recorder passes log lines and events on', () => {
  const lines: unknown[] = [];
  const given = systemOptions(
    {},
    {
      ...{ variables: {}, handlerFile: undefined, ports: { sqs: 0, dynamodb: 0, opengemini: 0 } },
      onLogLine: (line) => lines.push(line),
    },
  );
  const recorder = createConsoleRecorder();
  const events: unknown[] = [];
  const { onLogLine, onInvoke } = recorder.recording({ ...given, onInvoke: (event) => events.push(event) });
  onLogLine('line', 5);
  onInvoke?.({ Records: [] });
  expect([lines, events]).toEqual([['line'], [{ Records: [] }]]);
  onLogLine(JSON.stringify({ _aws: {}, eventsReceived: 3 }));
  expect(recorder.figures.ledger().received).toBe(3);
});
