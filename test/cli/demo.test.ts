/**
 * Tests of `cli/demo.ts` and `cli/demo-report.ts`: the output, its checks of environment variables, and the databases that it leaves on a user's
 * server.
 */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type StandIn, startStandIn } from '../../local/opengemini/server.ts';
import { run } from './running.ts';

const SMALL = ['demo', '--messages', '1', '--events', '1'];

let standIn: StandIn;

beforeAll(async () => {
  standIn = await startStandIn();
});

afterAll(() => standIn.close());

describe('demo on the server of the user', () => {
  test('demo creates a separate database on the server of the user, removes it, and prints both', async () => {
    const { code, out } = await run(SMALL, '', { OPENGEMINI_URL: standIn.url });
    expect(code).toBe(0);
    expect(out).toMatch(/, database demo_\d+, created for this run and removed at its end\n/);
    expect(standIn.databases()).toEqual([]);
  });
  test('demo creates the database that OPENGEMINI_DATABASE names, and keeps it', async () => {
    const variables = { OPENGEMINI_URL: standIn.url, OPENGEMINI_DATABASE: 'named' };
    const { code, out } = await run(SMALL, '', variables);
    expect(code).toBe(0);
    expect(out).toContain(', database named (created now, because it did not exist); its points are kept\n');
    expect(standIn.databases()).toEqual(['named']);
  });
});

test('demo prints nouns in singular and plural, and names the point that the sink did not write', async () => {
  const { code, out } = await run(SMALL);
  expect(code).toBe(0);
  for (const text of [
    'Sending 1 message with 1 event, 0 of them broken.\n',
    'The ledger of 1 invocation:\n',
    '\nNo dead letters.\n',
    'All results are as expected: 2 points with exact values, 0 dead letters, each',
    'One point was not written by the sink',
  ])
    expect(out).toContain(text);
});

test('demo --json prints only one line of JSON with the results', async () => {
  const { code, out, err } = await run(['demo', '--messages', '20', '--events', '10', '--seed', '2', '--json']);
  expect([code, err]).toEqual([0, '']);
  expect(out).toMatch(/^\{.*\}\n$/);
  const { events, broken, deadLetters, points, ...more } = JSON.parse(out);
  expect(more).toEqual({
    passed: true,
    faults: [],
    seed: 2,
    messages: 20,
    opengeminiUrl: expect.stringMatching(/^http:/),
    database: expect.stringMatching(/^demo_\d+$/),
    seconds: expect.any(Number),
    ledger: expect.objectContaining({ eventsReceived: events, ledgerImbalance: 0 }),
  });
  expect(broken).toBeGreaterThan(0);
  // One point is written by the demo itself.
  expect(points).toEqual({ found: events - broken + 1, missing: 0, unexpected: 0 });
  const { reasons, ...counts } = deadLetters;
  expect(counts).toEqual({ found: broken, missing: 0, unexpected: 0 });
  expect(Object.values<number>(reasons).reduce((sum, count) => sum + count, 0)).toBe(broken);
});

test.each([{ SINK_MAPPING: 'examples/sensor.json' }, { SINK_MEASUREMENT: 'x' }, { SINK_INPUT: 'json' }])(
  'demo refuses %j instead of ignoring it',
  async (variables) => {
    const [name = ''] = Object.keys(variables);
    const { code, out, err } = await run(['demo'], '', variables);
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(new RegExp(`^The demo uses its own events and mapping and would ignore ${name}\\. Unset it`));
  },
);

test('demo reports a faulty variable of the shell immediately', async () => {
  const { code, err } = await run(['demo'], '', { SINK_BATCH_LINES_MAX: '1' });
  expect([code, err]).toEqual([
    2,
    expect.stringContaining('SINK_BATCH_LINES_MIN, _INITIAL and _MAX must be in ascending order'),
  ]);
});
