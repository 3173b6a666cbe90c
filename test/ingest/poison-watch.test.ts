import { beforeEach, describe, expect, test } from 'vitest';
import { PoisonWatch, type RunMode, type Watchable } from '../../src/ingest/poison-watch.ts';
import { FOREVER } from '../checkpoint/make.ts';
import { type WatchedPort, watchedPort } from '../checkpoint/watched-port.ts';
import { emptyTable, itemKey, memoryStateTable, type TableItems } from '../contract/memory-state-table.ts';

let items: TableItems;
let store: WatchedPort<ReturnType<typeof memoryStateTable>['unfinishedMarks']>;
let warnings: unknown[];
let hasCompletedAny: boolean;

beforeEach(() => {
  hasCompletedAny = true;
  items = emptyTable();
  store = watchedPort(memoryStateTable(items, 'sink').unfinishedMarks);
  warnings = [];
});

const SENT_MS = 1_780_000_000_000;
const message = (id: string, receiveCount: number): Watchable => ({ id, receiveCount, sentAtMs: SENT_MS });
const watch = async (...messages: readonly Watchable[]): Promise<PoisonWatch> => {
  const one = new PoisonWatch({
    marks: store.port,
    hasCompletedAny: () => hasCompletedAny,
    onWarning: (error) => warnings.push(error),
  });
  await one.read(messages, FOREVER);
  return one;
};
const runMode = (one: PoisonWatch, id: string, ageMs = 0): RunMode => one.runModeOf(message(id, 4), SENT_MS + ageMs);
/** A run that comes to no end. */
const crash = async (...messages: readonly Watchable[]): Promise<void> => {
  const ids = messages.map(({ id }) => id);
  await (await watch(...messages)).begin(ids, FOREVER);
};
const marks = (): Record<string, number> =>
  Object.fromEntries(['a', 'b', 'c'].flatMap((id) => [[id, items.marks.get(itemKey('sink', id)) ?? 0]]));

describe('a message', () => {
  test('that comes for the first three times costs no call', async () => {
    const one = await watch(message('a', 1), message('b', 2), message('c', 3));
    await one.begin(['a', 'b', 'c'], FOREVER);
    await one.end(['a', 'b', 'c'], FOREVER);
    expect(store.calls).toEqual([]);
  });
  test('is marked from its fourth receive on, before it is looked at, and no longer when it has ended', async () => {
    const one = await watch(message('a', 3), message('b', 4), message('c', 900));
    expect(['a', 'b', 'c'].map((id) => runMode(one, id))).toEqual(['together', 'together', 'together']);
    await one.begin(['a', 'b', 'c'], FOREVER);
    expect(marks()).toEqual({ a: 0, b: 1, c: 1 });
    await one.end(['a', 'b', 'c'], FOREVER);
    expect(marks()).toEqual({ a: 0, b: 0, c: 0 });
  });
  test('that ended the function before is a suspect, and runs no more after the third time', async () => {
    const suspicions: string[] = [];
    for (let receive = 4; receive <= 8; receive++) {
      suspicions.push(runMode(await watch(message('a', receive)), 'a'));
      await crash(message('a', receive));
    }
    expect(suspicions).toEqual(['together', 'alone', 'alone', 'quarantine', 'quarantine']);
  });
  test('that ran beside it is a suspect as well, until a run of it comes to an end', async () => {
    await crash(message('a', 4), message('b', 4));
    const one = await watch(message('a', 5), message('b', 5));
    expect([runMode(one, 'a'), runMode(one, 'b')]).toEqual(['alone', 'alone']);
    await one.begin(['b'], FOREVER);
    await one.end(['b'], FOREVER);
    await one.begin(['a'], FOREVER);
    expect(marks()).toMatchObject({ a: 2, b: 0 });
    const later = await watch(message('a', 6), message('b', 6));
    expect([runMode(later, 'a'), runMode(later, 'b')]).toEqual(['alone', 'together']);
  });
  test('whose turn did not come keeps the mark that it had', async () => {
    await crash(message('a', 4));
    const one = await watch(message('a', 5));
    await one.end(['a'], FOREVER);
    expect(marks()).toMatchObject({ a: 1 });
  });
  test('that is quarantined leaves no mark', async () => {
    await crash(message('a', 4));
    await (await watch(message('a', 5))).forget('a', FOREVER);
    expect(marks()).toMatchObject({ a: 0 });
  });
  test('of another sink in the same table is not meant', async () => {
    items.marks.set(itemKey('other', 'a'), 3);
    expect(runMode(await watch(message('a', 4)), 'a')).toBe('together');
  });
});

describe('a release that has brought nothing to its end yet', () => {
  beforeEach(() => {
    hasCompletedAny = false;
  });
  test('makes suspects, so that they run apart, and never condemns them', async () => {
    for (let receive = 4; receive <= 40; receive++) await crash(message('a', receive));
    expect([runMode(await watch(message('a', 41)), 'a'), marks()]).toEqual(['alone', { a: 1, b: 0, c: 0 }]);
  });
  test('takes nothing back of what others have counted', async () => {
    hasCompletedAny = true;
    for (let receive = 4; receive <= 5; receive++) await crash(message('a', receive));
    hasCompletedAny = false;
    await crash(message('a', 6));
    expect(marks()).toMatchObject({ a: 2 });
  });
  test('gives a suspect up before the queue deletes it', async () => {
    await crash(message('a', 4));
    const one = await watch(message('a', 400));
    const day = 24 * 3_600_000;
    expect([11, 13].map((days) => runMode(one, 'a', days * day))).toEqual(['alone', 'quarantine']);
    expect(runMode(one, 'b', 13 * day)).toBe('together');
  });
});

describe('while the table is away', () => {
  test.each(['read', 'mark', 'unmark'])('%s that fails keeps no message waiting, and is told', async (name) => {
    store.fault = (call) => (call.name === name ? 'refused' : undefined);
    const one = await watch(message('a', 4));
    expect(runMode(one, 'a')).toBe('together');
    await one.begin(['a'], FOREVER);
    await one.end(['a'], FOREVER);
    expect(warnings.map((error) => (error as Error).message)).toEqual([`${name} was refused`]);
  });
  test('nobody is watched, and what was counted before is not counted anew', async () => {
    await crash(message('a', 4));
    await crash(message('a', 5));
    store.fault = ({ name }) => (name === 'read' ? 'refused' : undefined);
    const before = store.calls.length;
    await crash(message('a', 6), message('b', 6));
    expect(store.names().slice(before)).toEqual(['read']);
    expect(marks()).toEqual({ a: 2, b: 0, c: 0 });
  });
});

test('without a table nobody is watched', async () => {
  const one = new PoisonWatch({
    marks: undefined,
    hasCompletedAny: () => hasCompletedAny,
    onWarning: (error) => warnings.push(error),
  });
  await one.read([message('a', 100)], FOREVER);
  await one.begin(['a'], FOREVER);
  await one.end(['a'], FOREVER);
  await one.forget('a', FOREVER);
  expect([runMode(one, 'a'), warnings]).toEqual(['together', []]);
});
