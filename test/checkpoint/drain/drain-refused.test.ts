/** Segments with lines that the server refuses. Covers `src/checkpoint/drain/settle-group.ts`. */

import { describe, expect, test } from 'vitest';
import { HELD_MS } from '../../../src/checkpoint/save.ts';
import { restoreOrigin } from '../../../src/sink/settle/letter-origin.ts';
import { convert, message } from '../../sink/make.ts';
import { linesFor, NOW_MS, target } from '../make.ts';
import { AWAY, DrainWorld, eventOf, HELD, REFUSED } from './drain-world.ts';

const LINES = linesFor('a', 20);
const FAILING = [LINES[3], LINES[17]] as string[];

const refusing = async (): Promise<DrainWorld> => {
  const world = new DrainWorld();
  await world.save(LINES, { messageId: 'first', to: target('x', 'a week') });
  world.faultOf = (line) => (FAILING.includes(line) ? REFUSED : undefined);
  return world;
};

describe('refused lines', () => {
  test('quarantines refused lines with their events, writes the others, and deletes the segment', async () => {
    const world = await refusing();
    expect(await world.drain()).toMatchObject({ eventsWritten: 18, eventsQuarantined: 2, segmentsSettled: 1 });
    expect(world.letters.map(({ body }) => body).sort()).toEqual(FAILING.map(eventOf).sort());
    expect([...world.stored].sort()).toEqual(LINES.filter((line) => !FAILING.includes(line)).sort());
    expect([world.items.entries.size, world.items.payloads.size]).toEqual([0, 0]);
  });
  test('keeps the first identity of refused lines, and stores their original points when the dead letters are sent back', async () => {
    const world = await refusing();
    await world.drain();
    for (const letter of world.letters) {
      expect(letter.attributes).toMatchObject({
        reason: 'line-refused',
        detail: REFUSED.kind === 'refused' && REFUSED.text,
      });
      const attributes = Object.fromEntries(
        Object.entries(letter.attributes).map(([name, value]) => [name, { type: 'String', value }]),
      );
      const back = restoreOrigin(message(letter.body, { id: 'second', attributes }), 1_000);
      const event = FAILING.map(eventOf).indexOf(letter.body);
      expect(back.origin).toMatchObject({
        messageId: 'first',
        eventIndex: [3, 17][event],
        sentAtMs: NOW_MS - 1_000,
        firstReceivedAtMs: NOW_MS - 500,
        form: 'canonical',
      });
      expect(convert(back)).toMatchObject({ lines: [FAILING[event]], codes: [] });
    }
    expect(new Set(world.letters.map(({ deduplicationId }) => deduplicationId)).size).toBe(2);
  });
  test('deletes a segment only after the dead letters of its refused lines are confirmed', async () => {
    const world = await refusing();
    let deletedBefore = true;
    world.confirms = () => {
      deletedBefore = world.store.names().includes('deleteEntries');
      return true;
    };
    await world.drain();
    expect(deletedBefore).toBe(false);
    expect(world.store.names().slice(-3)).toEqual(['deleteEntries', 'deletePayloads', 'release']);
  });
  test('stores refused lines without a confirmed dead letter alone, due immediately for isolation', async () => {
    const world = await refusing();
    world.confirms = ({ body }) => body === eventOf(FAILING[0] as string);
    expect(await world.drain()).toMatchObject({ eventsWritten: 18, eventsQuarantined: 1, segmentsSettled: 1 });
    expect(world.waiting().map(({ lines }) => lines)).toEqual([[FAILING[1]]]);
    const [waiting] = world.waiting();
    expect(waiting?.entry).toMatchObject({ wait: 'isolate', failures: 0, dueMs: NOW_MS, savedAtMs: NOW_MS });
    expect(world.lost()).toEqual([]);
    world.confirms = () => true;
    expect(await world.drain()).toMatchObject({ eventsQuarantined: 1, segmentsSettled: 1 });
    expect([world.items.payloads.size, world.lost()]).toEqual([0, []]);
  });
  test('keeps a segment in place when all its lines are refused and no dead letter is confirmed', async () => {
    const world = await refusing();
    world.faultOf = () => REFUSED;
    world.confirms = () => false;
    const ids = [...world.items.entries.values()].map(({ id }) => id);
    await world.drain();
    expect(world.waiting().map(({ entry }) => [entry.id, entry.wait])).toEqual(ids.map((id) => [id, 'isolate']));
    expect(world.store.names()).not.toContain('deleteEntries');
  });
  test('stores refused lines as held without a dead-letter queue, so that they are rarely tried', async () => {
    const world = await refusing();
    world.ports = { deadLetters: undefined };
    expect(await world.drain()).toMatchObject({ eventsWritten: 18, eventsQuarantined: 0 });
    expect(world.waiting().map(({ lines }) => lines)).toEqual([FAILING]);
    expect(world.waiting()[0]?.entry).toMatchObject({ wait: 'held', dueMs: world.clock.now + HELD_MS });
  });
  test('distinguishes the refused lines of each joined segment from its other lines', async () => {
    const world = new DrainWorld();
    for (const name of ['a', 'b', 'c']) await world.save(linesFor(name, 5), { messageId: name });
    const failing = ['a', 'c'].map((name) => linesFor(name, 5)[2] as string);
    world.faultOf = (line) => (failing.includes(line) ? REFUSED : undefined);
    expect(await world.drain()).toMatchObject({ eventsWritten: 13, eventsQuarantined: 2, segmentsSettled: 3 });
    const named = world.letters.map(({ body, attributes }) => [JSON.parse(attributes.origin ?? '').messageId, body]);
    expect(named.sort()).toEqual(['a', 'c'].map((name, i) => [name, eventOf(failing[i] as string)]));
  });
});

describe('lines of one segment with different plans', () => {
  /** A segment of one held line and one refused line without a confirmed dead letter. */
  const both = async (): Promise<DrainWorld> => {
    const world = new DrainWorld();
    const [held, refused] = linesFor('a', 2) as [string, string];
    await world.save([held, refused]);
    world.faultOf = (line) => (line === held ? HELD : line === refused ? REFUSED : undefined);
    world.confirms = () => false;
    return world;
  };
  test('are stored apart', async () => {
    const world = await both();
    await world.drain();
    expect(world.waiting().map(({ lines, entry }) => [lines.length, entry.wait])).toEqual([
      [1, 'held'],
      [1, 'isolate'],
    ]);
    expect(world.lost()).toEqual([]);
  });
  test.each([0, 1])('stay in their segment if part %d of them cannot be stored', async (failing) => {
    const world = await both();
    const ids = world.waiting().map(({ entry }) => entry.id);
    let puts = 0;
    world.store.fault = ({ name }) => (name === 'putEntry' && puts++ === failing ? 'refused' : undefined);
    await world.drain();
    expect(world.waiting().map(({ entry }) => entry.id)).toContain(ids[0]);
    expect(world.lost()).toEqual([]);
  });
});

describe('undecided lines', () => {
  test('continues with undecided lines alone where the last drain ended', async () => {
    const world = new DrainWorld();
    await world.save(linesFor('a', 60));
    const failing = linesFor('a', 60)[50];
    world.faultOf = (line) => (line === failing ? REFUSED : undefined);
    world.answer = () => (world.requests.length > 2 ? AWAY : undefined);
    await world.drain();
    expect(world.waiting().length).toBeGreaterThan(0);
    for (const { entry } of world.waiting())
      expect(entry).toMatchObject({ wait: 'isolate', failures: 0, savedAtMs: NOW_MS });
    expect(world.lost()).toEqual([]);
    const before = world.requests.length;
    world.answer = () => undefined;
    expect(await world.drain()).toMatchObject({ eventsQuarantined: 1 });
    expect(world.requests[before]?.lines.length).toBeLessThan(60);
    expect([world.waiting(), world.lost()]).toEqual([[], []]);
  });
  test('keeps the undecided lines of joined segments with their segments', async () => {
    const world = new DrainWorld();
    for (const name of ['a', 'b']) await world.save(linesFor(name, 20), { messageId: name });
    world.faultOf = () => REFUSED;
    world.answer = () => (world.requests.length > 0 ? AWAY : undefined);
    await world.drain();
    expect(world.waiting().map(({ lines, entry }) => [lines, entry.wait])).toEqual([
      [linesFor('a', 20), 'isolate'],
      [linesFor('b', 20), 'isolate'],
    ]);
  });
  test('keeps undecided lines in their segment when they cannot be stored separately', async () => {
    const world = new DrainWorld();
    await world.save(linesFor('a', 60));
    const failing = linesFor('a', 60)[50];
    world.faultOf = (line) => (line === failing ? REFUSED : undefined);
    world.answer = () => (world.requests.length > 2 ? AWAY : undefined);
    world.store.fault = ({ name }) => (name === 'putEntry' ? 'refused' : undefined);
    await world.drain();
    expect(world.waiting().map(({ lines }) => lines.length)).toEqual([60]);
    expect(world.warnings).not.toEqual([]);
  });
});
