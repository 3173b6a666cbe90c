/** Counts what calls to DynamoDB cost, as DynamoDB itself tells it. */

import type { ConsumedCapacity, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { RawItem } from './open-table.ts';

export interface Spent {
  writes: number;
  reads: number;
  /** By operation, as `PutItem`. */
  readonly calls: Record<string, number>;
  /** Writes whose condition did not hold. They are charged by the item's size, but DynamoDB does not tell it. */
  refused: number;
}

/** Of a page without items, which the emulators take for nothing. */
const READ_MIN = 0.5;
const READS = new Set(['GetItem', 'BatchGetItem', 'Query', 'Scan']);

const nothing = (): Spent => ({ writes: 0, reads: 0, calls: {}, refused: 0 });

export const meter = (client: DynamoDBClient): { of(work: () => Promise<unknown>): Promise<Spent> } => {
  let spent = nothing();
  client.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        const operation = String(commandName).replace(/Command$/, '');
        spent.calls[operation] = (spent.calls[operation] ?? 0) + 1;
        try {
          const result = await next({ ...args, input: { ...args.input, ReturnConsumedCapacity: 'TOTAL' } });
          const units = unitsIn(result.output);
          if (READS.has(operation)) spent.reads += Math.max(units, READ_MIN);
          else spent.writes += units;
          return result;
        } catch (error) {
          if ((error as Error).name === 'ConditionalCheckFailedException') spent.refused += 1;
          throw error;
        }
      },
    { step: 'initialize' },
  );
  return {
    async of(work) {
      const own = nothing();
      spent = own;
      await work();
      spent = nothing();
      return own;
    },
  };
};

const unitsIn = (output: object): number => {
  const { ConsumedCapacity = [] } = output as { ConsumedCapacity?: ConsumedCapacity | ConsumedCapacity[] };
  const told = [ConsumedCapacity].flat();
  if (told.length === 0) throw new Error('the emulator does not tell what a call has cost');
  return told.reduce((sum, { CapacityUnits = Number.NaN }) => sum + CapacityUnits, 0);
};

/** Of an item as DynamoDB counts it: names and values; numbers at their longest. */
export const itemBytes = (item: RawItem): number =>
  Object.entries(item).reduce((sum, [name, { S, N, B, L }]) => {
    const list = L === undefined ? 0 : 3 + L.reduce((bytes, { N: digits = '' }) => bytes + digits.length + 2, 0);
    const number = N === undefined ? 0 : Math.ceil(N.length / 2) + 1;
    return sum + Buffer.byteLength(name) + Buffer.byteLength(S ?? '') + (B?.length ?? 0) + number + list;
  }, 0);
