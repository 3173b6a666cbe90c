import { beforeEach, describe, expect, test } from 'vitest';
import { ReferenceLines, rememberingReference } from '../../../src/checkpoint/drain/reference-lines.ts';
import type { Outcome } from '../../../src/sink/outcome.ts';
import { emptyTable, memoryStateTable, type TableItems } from '../../contract/memory-state-table.ts';
import { TARGET } from '../../sink/make.ts';
import { batchOf, FOREVER, target, textsOf } from '../make.ts';
import { type WatchedPort, watchedPort } from '../watched-port.ts';

const WRITTEN: Outcome = { kind: 'written' };
const FAILED: Outcome = { kind: 'unavailable', unexplained: true, text: 'HTTP 500' };

let items: TableItems;
let store: WatchedPort<ReturnType<typeof memoryStateTable>['referenceLines']>;

beforeEach(() => {
  items = emptyTable();
  store = watchedPort(memoryStateTable(items, 'sink').referenceLines);
});

const write = (referenceLines: ReferenceLines, lines: readonly string[], outcome: Outcome = WRITTEN, to = TARGET) =>
  rememberingReference(referenceLines)({ write: async () => outcome }).write(batchOf(lines, { to }), FOREVER);

const witnessOf = async (referenceLines: ReferenceLines, to = TARGET): Promise<string[] | undefined> => {
  const found = await referenceLines.of(to, FOREVER);
  return found === undefined ? undefined : textsOf(found);
};

describe('a witness', () => {
  test('is the first line of what was written last, for its own target only', async () => {
    const referenceLines = new ReferenceLines(undefined);
    await write(referenceLines, ['m v=1 1', 'm v=2 2']);
    await write(referenceLines, ['m v=3 3', 'm v=4 4']);
    expect(await witnessOf(referenceLines)).toEqual(['m v=3 3']);
    expect(await witnessOf(referenceLines, target('other'))).toBeUndefined();
  });
  test.each<[string, readonly string[], Outcome]>([
    ['what was not written', ['m v=2 2'], FAILED],
    ['what was written only in part', ['m v=2 2'], { kind: 'refused', code: 'type-conflict', text: 'partial write' }],
    ['an empty write, which a full disk takes', [], WRITTEN],
    ['a line of more than a kilobyte', [`m note="${'x'.repeat(1_024)}" 2`], WRITTEN],
  ])('is not made of %s', async (_, lines, outcome) => {
    const referenceLines = new ReferenceLines(undefined);
    expect(await write(referenceLines, lines, outcome)).toEqual(outcome);
    expect(await witnessOf(referenceLines)).toBeUndefined();
    await write(referenceLines, ['m v=1 1']);
    await write(referenceLines, lines, outcome);
    expect(await witnessOf(referenceLines)).toEqual(['m v=1 1']);
  });
  test('is a copy: the body that it came in may be used again', async () => {
    const referenceLines = new ReferenceLines(undefined);
    const batch = batchOf(['m v=1 1', 'm v=2 2']);
    await rememberingReference(referenceLines)({ write: async () => WRITTEN }).write(batch, FOREVER);
    batch.body.fill(0);
    expect(await witnessOf(referenceLines)).toEqual(['m v=1 1']);
  });
  test('outlives its environment', async () => {
    const first = new ReferenceLines(store.port);
    await write(first, ['m v=1 1']);
    await first.keep(FOREVER);
    const second = new ReferenceLines(store.port);
    expect(await witnessOf(second)).toEqual(['m v=1 1']);
    // One of its own needs no call.
    await write(second, ['m v=2 2']);
    const calls = store.calls.length;
    expect(await witnessOf(second)).toEqual(['m v=2 2']);
    expect(store.calls).toHaveLength(calls);
  });
  test('is stored once by each environment, however much it writes', async () => {
    const referenceLines = new ReferenceLines(store.port);
    for (let v = 0; v < 5; v++) {
      await write(referenceLines, [`m v=${v} 1`]);
      await referenceLines.keep(FOREVER);
    }
    expect(store.names()).toEqual(['keep']);
  });
  test('that could not be stored is stored the next time', async () => {
    const referenceLines = new ReferenceLines(store.port);
    await write(referenceLines, ['m v=1 1']);
    store.fault = () => 'refused';
    await expect(referenceLines.keep(FOREVER)).rejects.toThrow('refused');
    store.fault = () => undefined;
    await referenceLines.keep(FOREVER);
    expect(items.referenceLines.size).toBe(1);
  });
});
