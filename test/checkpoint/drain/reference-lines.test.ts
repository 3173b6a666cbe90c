import { beforeEach, describe, expect, test } from 'vitest';
import { Witnesses } from '../../../src/checkpoint/drain/reference-lines.ts';
import type { Outcome } from '../../../src/sink/outcome.ts';
import { emptyTable, memoryStateTable, type TableItems } from '../../contract/memory-state-table.ts';
import { TARGET } from '../../sink/make.ts';
import { batchOf, FOREVER, target, textsOf } from '../make.ts';
import { type WatchedPort, watchedPort } from '../watched-port.ts';

const WRITTEN: Outcome = { kind: 'written' };
const FAILED: Outcome = { kind: 'unavailable', unexplained: true, text: 'HTTP 500' };

let items: TableItems;
let store: WatchedPort<ReturnType<typeof memoryStateTable>['witnesses']>;

beforeEach(() => {
  items = emptyTable();
  store = watchedPort(memoryStateTable(items, 'sink').witnesses);
});

const write = (witnesses: Witnesses, lines: readonly string[], outcome: Outcome = WRITTEN, to = TARGET) =>
  witnesses.remembering({ write: async () => outcome }).write(batchOf(lines, { to }), FOREVER);

const witnessOf = async (witnesses: Witnesses, to = TARGET): Promise<string[] | undefined> => {
  const found = await witnesses.of(to, FOREVER);
  return found === undefined ? undefined : textsOf(found);
};

describe('a witness', () => {
  test('is the first line of what was written last, for its own target only', async () => {
    const witnesses = new Witnesses(undefined);
    await write(witnesses, ['m v=1 1', 'm v=2 2']);
    await write(witnesses, ['m v=3 3', 'm v=4 4']);
    expect(await witnessOf(witnesses)).toEqual(['m v=3 3']);
    expect(await witnessOf(witnesses, target('other'))).toBeUndefined();
  });
  test.each<[string, readonly string[], Outcome]>([
    ['what was not written', ['m v=2 2'], FAILED],
    ['what was written only in part', ['m v=2 2'], { kind: 'refused', code: 'type-conflict', text: 'partial write' }],
    ['an empty write, which a full disk takes', [], WRITTEN],
    ['a line of more than a kilobyte', [`m note="${'x'.repeat(1_024)}" 2`], WRITTEN],
  ])('is not made of %s', async (_, lines, outcome) => {
    const witnesses = new Witnesses(undefined);
    expect(await write(witnesses, lines, outcome)).toEqual(outcome);
    expect(await witnessOf(witnesses)).toBeUndefined();
    await write(witnesses, ['m v=1 1']);
    await write(witnesses, lines, outcome);
    expect(await witnessOf(witnesses)).toEqual(['m v=1 1']);
  });
  test('is a copy: the body that it came in may be used again', async () => {
    const witnesses = new Witnesses(undefined);
    const batch = batchOf(['m v=1 1', 'm v=2 2']);
    await witnesses.remembering({ write: async () => WRITTEN }).write(batch, FOREVER);
    batch.body.fill(0);
    expect(await witnessOf(witnesses)).toEqual(['m v=1 1']);
  });
  test('outlives its environment', async () => {
    const first = new Witnesses(store.port);
    await write(first, ['m v=1 1']);
    await first.keep(FOREVER);
    const second = new Witnesses(store.port);
    expect(await witnessOf(second)).toEqual(['m v=1 1']);
    // One of its own needs no call.
    await write(second, ['m v=2 2']);
    const calls = store.calls.length;
    expect(await witnessOf(second)).toEqual(['m v=2 2']);
    expect(store.calls).toHaveLength(calls);
  });
  test('is stored once by each environment, however much it writes', async () => {
    const witnesses = new Witnesses(store.port);
    for (let v = 0; v < 5; v++) {
      await write(witnesses, [`m v=${v} 1`]);
      await witnesses.keep(FOREVER);
    }
    expect(store.names()).toEqual(['keep']);
  });
  test('that could not be stored is stored the next time', async () => {
    const witnesses = new Witnesses(store.port);
    await write(witnesses, ['m v=1 1']);
    store.fault = () => 'refused';
    await expect(witnesses.keep(FOREVER)).rejects.toThrow('refused');
    store.fault = () => undefined;
    await witnesses.keep(FOREVER);
    expect(items.witnesses.size).toBe(1);
  });
});
