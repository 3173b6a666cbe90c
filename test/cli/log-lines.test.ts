/** Tests of `cli/dev/log-lines.ts`: the log of the functions as readable lines. */

import { describe, expect, test } from 'vitest';
import { createLogLines } from '../../cli/dev/log-lines.ts';
import { folderWith } from './folder.ts';
import { run } from './running.ts';
import { startDev } from './running-dev.ts';

const logLine = (line: string) => createLogLines()(line);

const AT = '2026-11-29T14:26:19.580Z';
const TIME = new Date(AT).toTimeString().slice(0, 8);
const COMMON = {
  timestamp: AT,
  service: 'opengemini-sink',
  cold_start: true,
  function_arn: 'arn:aws:lambda:us-east-1:000000000000:function:opengemini-sink-ingest',
  function_memory_size: '1024',
  function_name: 'opengemini-sink-ingest',
  function_request_id: 'cbe839f7-979f-450c-907b-104d23ee0298',
  sampling_rate: 0,
};
const textOf = (level: string, message: string, members: object): string | undefined =>
  logLine(JSON.stringify({ level, message, ...COMMON, ...members }))?.text;

describe('a readable log', () => {
  test.each([
    [{ messagesReceived: 1, eventsWritten: 1, durationMs: 35 }, '1 message: 1 event written (35 ms)'],
    [
      {
        messagesReceived: 12,
        eventsWritten: 0,
        eventsQuarantined: 1,
        eventsCheckpointed: 2,
        eventsDropped: 3,
        messagesReturned: 4,
        eventsDrained: 5,
        durationMs: 7,
      },
      '12 messages: 0 events written, 1 dead letter, 2 events checkpointed, 3 events dropped, 4 messages returned, 5 stored events written (7 ms)',
    ],
  ])('an invocation is one line with what became of its messages: %j', (members, text) => {
    expect(textOf('INFO', 'invocation', members)).toBe(`${TIME}  ${text}`);
  });

  test('a run of the flush function is a line only if it has changed something', () => {
    const idle = { leased: 3, segmentsSettled: 0, eventsWritten: 0, waiting: { segments: 2, lines: 9, bytes: 1 } };
    expect(textOf('INFO', 'flush', idle)).toBeUndefined();
    expect(textOf('INFO', 'flush', { ...idle, segmentsSettled: 1, eventsWritten: 20 })).toBe(
      `${TIME}  flush: 20 stored events written, 1 segment settled, 2 segments in the backlog`,
    );
  });

  test.each([
    ['WARN', { refusals: { 'field-type': 1, 'not-json': 2 } }, 'warning: X. refusals: field-type 1, not-json 2'],
    [
      'ERROR',
      { leftOver: { unavailable: { lines: 2, text: 'connect ECONNREFUSED' } }, sinks: ['a', 'b'] },
      'error: X. leftOver: unavailable (lines 2, text connect ECONNREFUSED); sinks: a, b',
    ],
    [
      'ERROR',
      {
        error: {
          name: 'TypeError',
          location: 'file:///a.ts:1',
          message: 'no table',
          stack: 'TypeError: no table\n at',
        },
      },
      'error: X. error: TypeError: no table',
    ],
    ['INFO', { breaker: 'server' }, 'X. breaker: server'],
  ])('a message of the level %s is a line with its facts: %j', (level, members, text) => {
    expect(textOf(level, 'X.', members)).toBe(`${TIME}  ${text}`);
  });

  test('metrics and steps of the controller are left out', () => {
    expect(logLine('{"_aws":{"Timestamp":1},"eventsWritten":1}')).toBeUndefined();
    expect(textOf('INFO', 'control', { epoch: 1 })).toBeUndefined();
  });

  test.each(['a line of my converter', '{"message":"mine"}', '{broken', ''])(
    'a line of other code is unchanged: %j',
    (line) => {
      expect(logLine(line)).toEqual({ text: line, level: 'info' });
    },
  );

  test('an error that ends an invocation is printed once, with its first places', () => {
    const readable = createLogLines();
    const stackTrace = ['RangeError: too far', ...[1, 2, 3, 4].map((n) => `    at place${n}`)];
    const line = `ERROR Invoke Error ${JSON.stringify({ errorType: 'RangeError', errorMessage: 'too far', stackTrace })}`;
    expect(readable(line)).toEqual({
      text: 'error: RangeError: too far\n    at place1\n    at place2\n    at place3',
      level: 'error',
    });
    expect(readable('invocation failed: too far')).toBeUndefined();
    expect(readable('invocation failed: Task timed out')?.text).toBe('error: invocation failed: Task timed out');
  });

  test('an error that the function has logged is not repeated, and is logged again by the next invocation', () => {
    const readable = createLogLines();
    const members = { error: { name: 'ConfigError', message: 'no\n- URL', stack: 'ConfigError: no' } };
    const logged = JSON.stringify({ level: 'ERROR', message: 'The sink cannot start.', ...COMMON, ...members });
    for (const _invocation of [1, 2]) {
      expect(readable(logged)?.text).toContain('error: The sink cannot start. error: ConfigError: no\n- URL');
      expect(readable('No application metrics to publish. The cold-start metric may be published.')).toBeUndefined();
      expect(readable('ERROR Invoke Error {"errorType":"ConfigError","errorMessage":"no\\n- URL"}')).toBeUndefined();
      expect(readable('invocation failed: no\n- URL')).toBeUndefined();
    }
  });
});

describe('the log of dev', () => {
  test.each([
    [
      [],
      [
        /^\d\d:\d\d:\d\d {2}1 message: 1 event written, 1 dead letter \(\d+ ms\)$/,
        /^\d\d:\d\d:\d\d {2}warning: Some events were refused\. refusals: measurement-missing 1$/,
      ],
    ],
    [['--logs'], [/^\{"level":"INFO","message":"invocation",.*\}$/, /^\{"level":"WARN",.*\}$/, /^\{"_aws":.*\}$/]],
  ])('dev %j prints the log of an invocation on standard error', async (args, expected) => {
    const dev = await startDev(folderWith({}), args);
    const body = '[{"measurement":"m","fields":{"v":1}},{"fields":{"v":1}}]\n';
    expect((await run(['send', '--queue-url', dev.addresses.queueUrl], body)).code).toBe(0);
    // The function writes its warnings to another stream, so that the order of the lines is open.
    const lines = () => dev.err().trimEnd().split('\n').sort();
    const all = expected.map((line) => expect.stringMatching(line));
    await expect.poll(lines).toEqual(expect.arrayContaining(all));
    expect(lines()).toHaveLength(expected.length);
  });
});
