/**
 * Poison messages, which end the function, affect only their own runs. Covers `src/ingest/ingest.ts` and
 * `src/ingest/poison-watch.ts`.
 */

import { beforeEach, describe, expect, test } from 'vitest';
import { AWAY, delivery, figures, lineOf, SinkInMemory } from '../runtime/sink-in-memory.ts';

let world: SinkInMemory;

beforeEach(() => {
  world = new SinkInMemory();
});

describe('unfinished message', () => {
  test('runs an unfinished message alone, after all others are done and deleted from the queue', async () => {
    world.mark('bad', 1);
    const { report } = await world.ingest(world.runtime(), [
      delivery('bad', [1], { receiveCount: 5 }),
      delivery('good', [2], { receiveCount: 1 }),
      delivery('often', [3], { receiveCount: 5 }),
    ]);
    expect(world.journal).toEqual([
      'mark often',
      'written 2 3',
      'unmark often',
      'delete good',
      'delete often',
      'mark bad',
      'written 1',
      'unmark bad',
      'delete bad',
    ]);
    expect([report.returned, figures(report), report.messagesReceived]).toEqual([[], [3, 3, 0, 0, 0, 0], 3]);
  });
  test('schedules failed neighbors of an unfinished message before it runs the message', async () => {
    world.answer = () => AWAY;
    world.mark('bad', 1);
    const all = [delivery('bad', [1], { receiveCount: 5, fatal: true }), delivery('good', [2])];
    await expect(world.ingest(world.runtime({ table: false }), all)).rejects.toThrow('the function ends');
    // Without a table there are no marks. The next run has a table whose checkpoint is full:
    world.takeJournal();
    const full = world.runtime({ settings: { checkpointBytesMax: 0 } });
    await world.ingest(full, all);
    expect(world.journal).toEqual(['unavailable 2', 'return good', 'mark bad', 'return bad']);
  });
  test('quarantines an unfinished message after its third run, and settles all others', async () => {
    const settled: string[] = [];
    const story: string[] = [];
    for (let receive = 3; receive <= 8; receive++) {
      const all = ['before', 'bad', 'behind']
        .map((id, value) => delivery(id, [value], { receiveCount: receive, fatal: id === 'bad' }))
        .filter(({ id }) => !settled.includes(id));
      // From this receive on, new messages complete in the same invocation.
      if (receive > 4) all.push(delivery(`new ${receive}`, [receive]));
      try {
        const { report } = await world.ingest(world.runtime({ owner: `${receive}` }), all);
        settled.push(...all.filter((_, index) => !report.returned.includes(index)).map(({ id }) => id));
        story.push('responds');
      } catch {
        story.push('ends');
      }
      // Messages that were already deleted from the queue.
      for (const line of world.takeJournal()) if (line.startsWith('end ')) settled.push(line.slice(4));
    }
    // Without a mark, then with a mark, then alone for the second and the third time.
    expect(story.slice(0, 5)).toEqual(['ends', 'ends', 'responds', 'responds', 'responds']);
    const inOrder = [...new Set(settled)].filter((id) => !id.startsWith('new'));
    expect(inOrder).toEqual(['before', 'behind', 'bad']);
    expect(world.letters.map(({ body, attributes }) => [body, attributes.reason])).toEqual([[lineOf(1), 'unfinished']]);
    expect(world.marks()).toEqual([]);
  });
  test('quarantines an unfinished message without decoding it', async () => {
    world.mark('bad', 3);
    const { report } = await world.ingest(world.runtime(), [
      delivery('bad', [1], { receiveCount: 8, fatal: true }),
      delivery('good', [2]),
    ]);
    expect([report.returned, figures(report)]).toEqual([[], [2, 1, 1, 0, 0, 0]]);
    expect(report.refusals).toEqual({ unfinished: 1 });
    expect([world.journal.at(-1), world.marks()]).toEqual(['delete bad', []]);
  });
  test('returns an unfinished message without a dead-letter queue, and keeps its mark', async () => {
    world.mark('bad', 3);
    const { report } = await world.ingest(world.runtime({ deadLetters: false }), [
      delivery('bad', [1], { receiveCount: 8, fatal: true }),
    ]);
    expect([report.returned, figures(report), world.marks()]).toEqual([[0], [1, 0, 0, 0, 1, 0], [3]]);
    expect(world.journal).toEqual(['return bad']);
  });
  test('does not begin an unfinished message when too little time is left to quarantine it', async () => {
    world.mark('bad', 1);
    world.latencyMs = 1_500;
    const { report } = await world.ingest(
      world.runtime(),
      [delivery('bad', [1], { receiveCount: 5 }), delivery('good', [2])],
      3_500,
    );
    expect(report.returned).toEqual([0]);
    expect(world.journal).toEqual(['written 2', 'delete good', 'return bad']);
    expect(world.marks()).toEqual([1]);
  });
});

test('runs unfinished messages in a random order, so that one which ends the function does not hold up the others', async () => {
  const first = new Set<string>();
  const runtime = world.runtime();
  for (let round = 0; round < 20; round++) {
    for (const name of ['a', 'b']) world.mark(`${name}${round}`, 1);
    await world.ingest(
      runtime,
      ['a', 'b'].map((name, value) => delivery(`${name}${round}`, [value], { receiveCount: 5 })),
    );
    first.add(
      world
        .takeJournal()
        .find((line) => line.startsWith('mark'))
        ?.slice(0, 6) ?? '',
    );
  }
  expect([...first].sort()).toEqual(['mark a', 'mark b']);
});

describe('message that ends with an error', () => {
  test('fails all messages of a run when one of them throws, because the cause is unknown', async () => {
    const all = [delivery('bad', [1], { fatal: true }), delivery('good', [2])];
    await expect(world.ingest(world.runtime(), all)).rejects.toThrow('the function ends');
  });
  test('returns only the message that throws if it runs alone, and keeps its mark', async () => {
    world.mark('bad', 1);
    world.mark('other', 1);
    const { report } = await world.ingest(world.runtime(), [
      delivery('bad', [1], { receiveCount: 5, fatal: true }),
      delivery('good', [2]),
      delivery('other', [3], { receiveCount: 5 }),
    ]);
    expect([report.returned, figures(report)]).toEqual([[0], [2, 2, 0, 0, 0, 0]]);
    expect([world.journal.includes('return bad'), world.marks()]).toEqual([true, [2]]);
  });
  test('does not count a run while the instance has completed no message', async () => {
    world.mark('bad', 1);
    const alone = [delivery('bad', [1], { receiveCount: 5, fatal: true })];
    await world.ingest(world.runtime(), alone);
    expect(world.marks()).toEqual([1]);
  });
});

describe('unfinished message on a FIFO queue', () => {
  beforeEach(() => {
    world.fifo = true;
    world.mark('a2', 1);
  });
  const groups = [
    delivery('a1', [1], { groupId: 'a', receiveCount: 5 }),
    delivery('a2', [2], { groupId: 'a', receiveCount: 5 }),
    delivery('b1', [3], { groupId: 'b' }),
    delivery('a3', [4], { groupId: 'a' }),
  ];
  test('returns later messages of the FIFO group of an unfinished message', async () => {
    const { report } = await world.ingest(world.runtime(), groups);
    expect(report.returned).toEqual([3]);
    expect(world.journal.filter((line) => line.startsWith('written'))).toEqual(['written 1', 'written 3', 'written 2']);
    expect([...world.postponed.keys()]).toEqual(['a3']);
  });
  test('does not begin an unfinished message after a failure in its FIFO group', async () => {
    world.answer = (lines) => (lines.includes(lineOf(1)) ? AWAY : { kind: 'written' });
    const { report } = await world.ingest(world.runtime(), groups);
    expect(report.returned).toEqual([0, 1, 3]);
    expect(world.journal).not.toContain('mark a2');
    expect([...world.postponed.keys()]).toEqual(['a1', 'a3', 'a2']);
    expect(new Set(world.postponed.values()).size).toBe(1);
  });
});
