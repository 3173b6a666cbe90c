/** Columns whose type conflicts. Covers `src/sink/convert/known-columns.ts` and its use while lines are converted and written. */

import { describe, expect, test } from 'vitest';
import { createConverter } from '../../../src/sink/convert/converter.ts';
import { createKnownColumns, type KnownColumns } from '../../../src/sink/convert/known-columns.ts';
import { MESSAGE_BYTES_MAX } from '../../../src/sink/decode/decode-options.ts';
import { UNLIMITED } from '../../../src/sink/lines/batch.ts';
import { LineBuffer } from '../../../src/sink/lines/line-buffer.ts';
import type { Deadline, OwnedBatch } from '../../../src/sink/ports.ts';
import { isRefusal, type Refusal } from '../../../src/sink/refusal.ts';
import {
  DIVISIONS_WITH_CHANGES_MAX,
  type WriteContext,
  writeIsolating,
} from '../../../src/sink/write/isolate-refused.ts';
import { linesOf, mapping, message, TARGET } from '../make.ts';
import { conflict, type FakeServer, fakeServer, linesIn } from '../write/fake-server.ts';

const FOREVER: Deadline = { remainingMs: () => 60_000, signal: new AbortController().signal };

const columnsFor = (policy: string, more: object = {}): KnownColumns =>
  createKnownColumns(mapping({ fields: { v: 'v' }, conflict: policy, ...more })) as KnownColumns;

const batchOf = (lines: readonly string[]): OwnedBatch => {
  const buffer = new LineBuffer(TARGET);
  for (const [index, line] of lines.entries()) {
    buffer.reserve(0);
    buffer.commit(buffer.length + buffer.bytes.write(`${line}\n`, buffer.length), index, 0);
  }
  return buffer.flush(UNLIMITED);
};

/** Writes lines with a context that changes them, and returns what was refused. */
const write = async (
  lines: readonly string[],
  server: FakeServer,
  resolveConflict: WriteContext['resolveConflict'],
): Promise<{ readonly refused: readonly string[]; readonly owners: readonly number[] }> => {
  const refused: string[] = [];
  const owners: number[] = [];
  const settlement = {
    written: (batch: OwnedBatch) => owners.push(...batch.messageOf),
    refused: (batch: OwnedBatch, index: number) => refused.push(linesIn(batch)[index] as string),
    unwritten: () => undefined,
  };
  const context = { writer: server, deadline: FOREVER, beforeBatch: async () => undefined, resolveConflict };
  await writeIsolating(batchOf(lines), settlement, context);
  return { refused, owners };
};

const resolverOf =
  (columns: KnownColumns): WriteContext['resolveConflict'] =>
  (line, target, found) =>
    columns.resolve(line, target, found)?.line;

describe('a line that the server refuses', () => {
  test.each([
    ['suffix', 'm,t=a v=5i,w=1i 1', 'm,t=a v_integer=5i,w=1i 1'],
    ['suffix', 'm v="x" 1', 'm v_string="x" 1'],
    ['coerce', 'm v=5i 1', 'm v=5 1'],
    ['coerce', 'm v="2.5" 1', 'm v=2.5 1'],
  ])('is written with the policy "%s": %s becomes %s', async (policy, line, changed) => {
    const server = fakeServer(conflict);
    const { refused, owners } = await write(['m v=1.5 2', line], server, resolverOf(columnsFor(policy)));
    expect(refused).toEqual([]);
    expect(new Set(server.stored)).toEqual(new Set(['m v=1.5 2', changed]));
    expect(owners.toSorted()).toEqual([0, 1]);
  });

  test.each([
    ['coerce', 'm v="hot" 1'],
    ['coerce', 'm v=true 1'],
    ['suffix', 'm v=5i,v_integer=6i 1'],
  ])('stays refused with the policy "%s" if it cannot be changed: %s', async (policy, line) => {
    const { refused } = await write([line], fakeServer(conflict), resolverOf(columnsFor(policy)));
    expect(refused).toEqual([line]);
  });

  test('stays refused if only another measurement has a policy', async () => {
    const columns = columnsFor('suffix', { measurement: 'other' });
    const { refused } = await write(['m v=5i 1'], fakeServer(conflict), resolverOf(columns));
    expect(refused).toEqual(['m v=5i 1']);
  });

  test('gets no second suffix when the column with the suffix has another type, too', () => {
    const columns = columnsFor('suffix');
    expect(columns.resolve('m v=5i 1', TARGET, { field: 'v', columnType: 'float' })?.line).toBe('m v_integer=5i 1');
    const again = columns.resolve('m v_integer=5i 1', TARGET, { field: 'v_integer', columnType: 'string' });
    expect(again).toBeUndefined();
  });

  test('gets no second suffix from an instance that has not learned the first conflict', () => {
    const conflict = { field: 'v_integer', columnType: 'string' };
    expect(columnsFor('suffix').resolve('m v_integer=5i 1', TARGET, conflict)).toBeUndefined();
  });

  test('is refused in the end by a server that refuses each of its changes', async () => {
    let changes = 0;
    const server = fakeServer((line) => ({
      kind: 'refused',
      code: 'type-conflict',
      text: `partial write: field type conflict: input field "${/ (\w+)=/.exec(line)?.[1]}" on measurement "m" is type float, already exists as type string dropped=1`,
    }));
    const { refused } = await write(['m v=1 1'], server, () => `m v${changes++}=1 1`);
    expect(refused).toHaveLength(1);
    expect(changes).toBe(DIVISIONS_WITH_CHANGES_MAX);
  });
});

describe('the next line of a column with a conflict', () => {
  const convertWith = (columns: KnownColumns, event: object, policy: string): readonly string[] => {
    const buffer = new LineBuffer(TARGET);
    const refused: Refusal[] = [];
    let resolved = 0;
    const converter = createConverter({
      mapping: mapping({ otherFields: 'include', conflict: policy }),
      converter: 'line',
      decode: { input: 'auto', messageBytesMax: MESSAGE_BYTES_MAX },
      target: TARGET,
      columns,
    });
    Array.from(
      converter.convert(
        converter.decode(message(event), 0),
        { bufferFor: () => buffer, isFull: () => false, takeFull: () => [] },
        {
          refused: ({ refusal }) => refused.push(refusal),
          converted: () => undefined,
          dropped: () => undefined,
          replaced: () => undefined,
          conflictsResolved: (fields) => {
            resolved += fields;
          },
        },
      ),
    );
    return [
      ...linesOf(buffer).map((line) => line.replace(/ \d+$/, '')),
      ...refused.map(({ code }) => code),
      `${resolved}`,
    ];
  };

  test('is changed before it is sent, and costs no request', () => {
    const columns = columnsFor('suffix');
    expect(convertWith(columns, { v: 'x' }, 'suffix')).toEqual(['m v="x"', '0']);
    columns.resolve('m v="y" 1', TARGET, { field: 'v', columnType: 'float' });
    expect(convertWith(columns, { v: 'x' }, 'suffix')).toEqual(['m v_string="x"', '1']);
    expect(convertWith(columns, { v: 2 }, 'suffix')).toEqual(['m v=2', '0']);
  });

  test('is refused before it is sent if its value cannot be converted exactly', () => {
    const columns = columnsFor('coerce');
    columns.resolve('m v="1" 1', TARGET, { field: 'v', columnType: 'float' });
    expect(convertWith(columns, { v: 'hot' }, 'coerce')).toEqual(['type-conflict', '0']);
    expect(convertWith(columns, { v: '2.5' }, 'coerce')).toEqual(['m v=2.5', '1']);
  });

  test('is not changed in another database', () => {
    const columns = columnsFor('suffix');
    columns.resolve(
      'm v="y" 1',
      { database: 'elsewhere', retentionPolicy: undefined },
      { field: 'v', columnType: 'float' },
    );
    expect(convertWith(columns, { v: 'x' }, 'suffix')).toEqual(['m v="x"', '0']);
  });
});

test('a mapping whose rules refuse conflicts learns no columns', () => {
  expect(createKnownColumns(mapping({ fields: { v: 'v' } }))).toBeUndefined();
  expect(createKnownColumns(undefined)).toBeUndefined();
});

test('the columns are forgotten when there are too many, and are learned again', () => {
  const columns = columnsFor('suffix');
  for (let i = 0; i <= 10_000; i++) columns.resolve(`m f${i}=1 1`, TARGET, { field: `f${i}`, columnType: 'string' });
  expect(columns.applyTo('m f0=1 1', TARGET)).toBeUndefined();
  const last = columns.applyTo('m f10000=1 1', TARGET);
  expect(last === undefined || isRefusal(last) ? last : last.line).toBe('m f10000_float=1 1');
});
