/** `demo`: what it says of itself, and what it leaves on a server of others. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type StandIn, startStandIn } from '../../local/opengemini/server.ts';
import { run } from './running.ts';

const SMALL = ['demo', '--messages', '1', '--events', '1'];

let standIn: StandIn;

beforeAll(async () => {
  standIn = await startStandIn();
});

afterAll(() => standIn.close());

describe('on a server of others', () => {
  test('a database of its own is made and removed, and both are told', async () => {
    const { code, out } = await run(SMALL, '', { OPENGEMINI_URL: standIn.url });
    expect(code).toBe(0);
    expect(out).toMatch(/, database demo_\d+, made for this run and removed at its end\n/);
    expect(standIn.databases()).toEqual([]);
  });
  test('one that was named is made if need be, and stays', async () => {
    const variables = { OPENGEMINI_URL: standIn.url, OPENGEMINI_DATABASE: 'named' };
    const { code, out } = await run(SMALL, '', variables);
    expect(code).toBe(0);
    expect(out).toContain(', database named (made now: it was not there); what is written there stays\n');
    expect(standIn.databases()).toEqual(['named']);
  });
});

test('it counts as people do, and says which point is not of the sink', async () => {
  const { code, out } = await run(SMALL);
  expect(code).toBe(0);
  for (const said of [
    'Sending 1 message with 1 event, 0 of them broken.\n',
    'The ledger of 1 invocation:\n',
    '\nNo dead letters.\n',
    'All is as it must be: 2 points with exactly their values, 0 dead letters, each',
    'One of the points is not of the sink',
  ])
    expect(out).toContain(said);
});

test.each([{ SINK_MAPPING: 'examples/sensor.json' }, { SINK_MEASUREMENT: 'x' }, { SINK_INPUT: 'json' }])(
  'a mapping or events of its user, %j, are not passed over in silence',
  async (variables) => {
    const [name = ''] = Object.keys(variables);
    const { code, out, err } = await run(['demo'], '', variables);
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(
      new RegExp(`^The demo has events and a mapping of its own, and would pass over ${name}: leave`),
    );
  },
);

test('it tells at once when another variable of the shell is wrong', async () => {
  const { code, err } = await run(['demo'], '', { SINK_BATCH_LINES_MAX: '1' });
  expect([code, err]).toEqual([2, expect.stringContaining('SINK_BATCH_LINES_MIN, _INITIAL and _MAX must rise')]);
});
