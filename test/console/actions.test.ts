/** Tests of `cli/console/actions.ts`: every input of a request is checked before anything is changed. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { type Action, BadRequest, createActions } from '../../cli/console/actions.ts';
import { type StandIn, startStandIn } from '../../local/opengemini/server.ts';
import type { Outgoing } from '../../local/queue/queue-access.ts';

const ADDRESSES = {
  ...{ sqsEndpoint: '', queueUrl: 'queue', deadLetterQueueUrl: '', dynamodbEndpoint: '', stateTable: '' },
  ...{ opengeminiUrl: '', database: '', lambdaEndpoint: '', flushFunction: '' },
};

let standIn: StandIn;
let sent: Outgoing[];
let redriven: (ReadonlySet<string> | undefined)[];

beforeEach(async () => {
  standIn = await startStandIn();
  sent = [];
  redriven = [];
});

afterEach(() => standIn.close());

const actionsOf = (options: { standIn?: StandIn | undefined; processes?: readonly number[] } = {}) =>
  createActions({
    system: {
      addresses: ADDRESSES,
      standIn: 'standIn' in options ? options.standIn : standIn,
      processes: () => options.processes ?? [],
    },
    queues: {
      send: async (_, messages) => void sent.push(...messages),
      depth: async () => 0,
      receiveAll: async () => [],
      close: () => undefined,
    },
    letters: {
      list: async () => ({ letters: [], hasMore: false }),
      async redrive(ids) {
        redriven.push(ids);
        return ids?.size ?? 7;
      },
      close: () => undefined,
    },
    samples: [{ name: 'two', title: 'Two', messages: 2, make: () => [{ body: 'a' }, { body: 'b' }] }],
  });

const act = (name: string, input: Parameters<Action>[0], actions = actionsOf()): Promise<{ text: string }> =>
  (actions[name] as Action)(input);

describe('the actions', () => {
  test('a set of samples is sent as often as requested, and a body of the user once', async () => {
    expect(await act('send', { set: 'two', times: 3 })).toEqual({ text: '6 messages sent.' });
    expect(await act('send', { body: 'mine' })).toEqual({ text: '1 message sent.' });
    expect(sent.map(({ body }) => body)).toEqual(['a', 'b', 'a', 'b', 'a', 'b', 'mine']);
  });

  test('a fault is set with its delay and its count, and one fault or all are cleared', async () => {
    await act('set-fault', { name: 'latency', ms: 200, count: 3 });
    await act('set-fault', { name: 'reset' });
    expect(standIn.faults.list()).toEqual([{ name: 'latency', ms: 200, count: 3 }, { name: 'reset' }]);
    expect(await act('clear-fault', { name: 'latency' })).toEqual({ text: 'The fault "latency" is cleared.' });
    expect(standIn.faults.list()).toEqual([{ name: 'reset' }]);
    await act('clear-fault', {});
    expect(standIn.faults.list()).toEqual([]);
  });

  test('a process of the function is killed, and no other process', async () => {
    const children = [0, 1].map(() => spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']));
    const ends = children.map((child) => once(child, 'exit'));
    const [mine = 0, other = 0] = children.map(({ pid }) => pid ?? 0);
    onTestFinished(() => void children[1]?.kill());
    const actions = actionsOf({ processes: [mine] });
    for (const pid of [other, process.pid, String(mine), -mine, 0, null])
      await expect(act('kill', { pid }, actions), String(pid)).rejects.toThrow(BadRequest);
    expect(children.map(({ exitCode, signalCode }) => exitCode ?? signalCode)).toEqual([null, null]);
    expect((await act('kill', { pid: mine }, actions)).text).toContain(`The process ${mine} was killed.`);
    expect((await ends[0])?.[1]).toBe('SIGKILL');
    expect(children[1]?.signalCode).toBeNull();
  });

  test('dead letters are redriven by their ids, or all of them', async () => {
    expect(await act('redrive', { ids: ['x', 'y'] })).toEqual({ text: '2 dead letters sent back to the queue.' });
    expect(await act('redrive', {})).toEqual({ text: '7 dead letters sent back to the queue.' });
    expect(redriven).toEqual([new Set(['x', 'y']), undefined]);
  });

  test.each([
    ['send', {}, 'There is no set of samples "undefined".'],
    ['send', { set: 'two', times: 0 }, 'must be a whole number from 1 to 100, got 0.'],
    ['send', { set: 'two', times: 101 }, 'must be a whole number from 1 to 100, got 101.'],
    ['send', { set: 'two', times: '3' }, 'must be a whole number from 1 to 100, got "3".'],
    ['send', { body: '' }, 'The message must not be empty.'],
    ['send', { body: 5 }, 'The message must not be empty.'],
    ['send', { body: 'ä'.repeat(600_000) }, 'has at most 1048576 bytes (1 MiB), this one has 1200000.'],
    ['set-fault', { name: 'flood' }, 'There is no fault "flood". Faults: latency, queue-full'],
    ['set-fault', { name: 'latency', ms: -1 }, 'must be a whole number from 0 to 900000, got -1.'],
    ['set-fault', { name: 'reset', count: 0.5 }, 'must be a whole number from 1 to 1000000, got 0.5.'],
    ['clear-fault', { name: 7 }, 'There is no fault "7".'],
    ['redrive', { ids: 'all' }, '"ids" must be a list of ids.'],
    ['redrive', { ids: [1] }, '"ids" must be a list of ids.'],
  ])('%s with %j changes nothing, and states what is wrong', async (name, input, message) => {
    await expect(act(name, input)).rejects.toThrow(BadRequest);
    await expect(act(name, input)).rejects.toThrow(message);
    expect([sent, redriven, standIn.faults.list()]).toEqual([[], [], []]);
  });

  test('on a server of the user no fault can be set or cleared', async () => {
    const actions = actionsOf({ standIn: undefined });
    await expect(act('set-fault', { name: 'reset' }, actions)).rejects.toThrow('OPENGEMINI_URL names your own server');
    await expect(act('clear-fault', {}, actions)).rejects.toThrow('OPENGEMINI_URL names your own server');
  });
});
