/** Marks of unfinished messages. Covers `src/ingest/poison-watch.ts`. */

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
/** A run that does not complete. */
const crash = async (...messages: readonly Watchable[]): Promise<void> => {
  const ids = messages.map(({ id }) => id);
  await (await watch(...messages)).begin(ids, FOREVER);
};
const marks = (): Record<string, number> =>
  Object.fromEntries(['a', 'b', 'c'].flatMap((id) => [[id, items.marks.get(itemKey('sink', id)) ?? 0]]));

describe('marks of a message', () => {
  test('makes no call to the table for the first three receives of a message', async () => {
    const one = await watch(message('a', 1), message('b', 2), message('c', 3));
    await one.begin(['a', 'b', 'c'], FOREVER);
    await one.end(['a', 'b', 'c'], FOREVER);
    expect(store.calls).toEqual([]);
  });
  test('marks a message from its fourth receive on before it runs, and removes the mark after it', async () => {
    const one = await watch(message('a', 3), message('b', 4), message('c', 900));
    expect(['a', 'b', 'c'].map((id) => runMode(one, id))).toEqual(['together', 'together', 'together']);
    await one.begin(['a', 'b', 'c'], FOREVER);
    expect(marks()).toEqual({ a: 0, b: 1, c: 1 });
    await one.end(['a', 'b', 'c'], FOREVER);
    expect(marks()).toEqual({ a: 0, b: 0, c: 0 });
  });
  test('runs an unfinished message alone, and not again after the third unfinished run', async () => {
    const modes: string[] = [];
    for (let receive = 4; receive <= 8; receive++) {
      modes.push(runMode(await watch(message('a', receive)), 'a'));
      await crash(message('a', receive));
    }
    expect(modes).toEqual(['together', 'alone', 'alone', 'quarantine', 'quarantine']);
  });
  test('runs all messages of an unfinished run alone until one of their runs completes', async () => {
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
  test('keeps the mark of a message that was not run', async () => {
    await crash(message('a', 4));
    const one = await watch(message('a', 5));
    await one.end(['a'], FOREVER);
    expect(marks()).toMatchObject({ a: 1 });
  });
  test('removes the mark of a quarantined message', async () => {
    await crash(message('a', 4));
    await (await watch(message('a', 5))).forget('a', FOREVER);
    expect(marks()).toMatchObject({ a: 0 });
  });
  test('ignores marks of another sink in the same table', async () => {
    items.marks.set(itemKey('other', 'a'), 3);
    expect(runMode(await watch(message('a', 4)), 'a')).toBe('together');
  });
});

describe('instance that has completed no message', () => {
  beforeEach(() => {
    hasCompletedAny = false;
  });
  test('runs unfinished messages alone, and never quarantines them, while the instance has completed no message', async () => {
    for (let receive = 4; receive <= 40; receive++) await crash(message('a', receive));
    expect([runMode(await watch(message('a', 41)), 'a'), marks()]).toEqual(['alone', { a: 1, b: 0, c: 0 }]);
  });
  test('does not reduce the count of other instances while the instance has completed no message', async () => {
    hasCompletedAny = true;
    for (let receive = 4; receive <= 5; receive++) await crash(message('a', receive));
    hasCompletedAny = false;
    await crash(message('a', 6));
    expect(marks()).toMatchObject({ a: 2 });
  });
  test('quarantines an unfinished message before the queue deletes it, even if the instance has completed no message', async () => {
    await crash(message('a', 4));
    const one = await watch(message('a', 400));
    const day = 24 * 3_600_000;
    expect([11, 13].map((days) => runMode(one, 'a', days * day))).toEqual(['alone', 'quarantine']);
    expect(runMode(one, 'b', 13 * day)).toBe('together');
  });
});

describe('unavailable table', () => {
  test.each(['read', 'mark', 'unmark'])('runs messages and warns when "%s" fails in the table', async (name) => {
    store.fault = (call) => (call.name === name ? 'refused' : undefined);
    const one = await watch(message('a', 4));
    expect(runMode(one, 'a')).toBe('together');
    await one.begin(['a'], FOREVER);
    await one.end(['a'], FOREVER);
    expect(warnings.map((error) => (error as Error).message)).toEqual([`${name} was refused`]);
  });
  test('marks no message while the table is unavailable, and does not count earlier marks again', async () => {
    await crash(message('a', 4));
    await crash(message('a', 5));
    store.fault = ({ name }) => (name === 'read' ? 'refused' : undefined);
    const before = store.calls.length;
    await crash(message('a', 6), message('b', 6));
    expect(store.names().slice(before)).toEqual(['read']);
    expect(marks()).toEqual({ a: 2, b: 0, c: 0 });
  });
});

test('marks no message without a table', async () => {
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
