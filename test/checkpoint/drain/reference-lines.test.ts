/** Reference lines of one instance and in the store. Covers `src/checkpoint/drain/reference-lines.ts`. */

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

const referenceOf = async (referenceLines: ReferenceLines, to = TARGET): Promise<string[] | undefined> => {
  const found = await referenceLines.of(to, FOREVER);
  return found === undefined ? undefined : textsOf(found);
};

describe('reference line', () => {
  test('remembers the first line of the last written batch, per target', async () => {
    const referenceLines = new ReferenceLines(undefined);
    await write(referenceLines, ['m v=1 1', 'm v=2 2']);
    await write(referenceLines, ['m v=3 3', 'm v=4 4']);
    expect(await referenceOf(referenceLines)).toEqual(['m v=3 3']);
    expect(await referenceOf(referenceLines, target('other'))).toBeUndefined();
  });
  test.each<[string, readonly string[], Outcome]>([
    ['a batch that was not written', ['m v=2 2'], FAILED],
    ['a partly written batch', ['m v=2 2'], { kind: 'refused', code: 'type-conflict', text: 'partial write' }],
    ['an empty write, which a full disk takes', [], WRITTEN],
    ['a line of more than 1 KiB', [`m note="${'x'.repeat(1_024)}" 2`], WRITTEN],
  ])('remembers no reference line of %s', async (_, lines, outcome) => {
    const referenceLines = new ReferenceLines(undefined);
    expect(await write(referenceLines, lines, outcome)).toEqual(outcome);
    expect(await referenceOf(referenceLines)).toBeUndefined();
    await write(referenceLines, ['m v=1 1']);
    await write(referenceLines, lines, outcome);
    expect(await referenceOf(referenceLines)).toEqual(['m v=1 1']);
  });
  test('copies a reference line, because the body of its batch is reused', async () => {
    const referenceLines = new ReferenceLines(undefined);
    const batch = batchOf(['m v=1 1', 'm v=2 2']);
    await rememberingReference(referenceLines)({ write: async () => WRITTEN }).write(batch, FOREVER);
    batch.body.fill(0);
    expect(await referenceOf(referenceLines)).toEqual(['m v=1 1']);
  });
  test('reads a reference line that another instance has stored', async () => {
    const first = new ReferenceLines(store.port);
    await write(first, ['m v=1 1']);
    await first.keep(FOREVER);
    const second = new ReferenceLines(store.port);
    expect(await referenceOf(second)).toEqual(['m v=1 1']);
    // A reference line of this instance needs no call.
    await write(second, ['m v=2 2']);
    const calls = store.calls.length;
    expect(await referenceOf(second)).toEqual(['m v=2 2']);
    expect(store.calls).toHaveLength(calls);
  });
  test('stores a reference line once per instance, regardless of the number of writes', async () => {
    const referenceLines = new ReferenceLines(store.port);
    for (let v = 0; v < 5; v++) {
      await write(referenceLines, [`m v=${v} 1`]);
      await referenceLines.keep(FOREVER);
    }
    expect(store.names()).toEqual(['keep']);
  });
  test('stores a reference line on the next run after a failed attempt', async () => {
    const referenceLines = new ReferenceLines(store.port);
    await write(referenceLines, ['m v=1 1']);
    store.fault = () => 'refused';
    await expect(referenceLines.keep(FOREVER)).rejects.toThrow('refused');
    store.fault = () => undefined;
    await referenceLines.keep(FOREVER);
    expect(items.referenceLines.size).toBe(1);
  });
});
