/** Counts the capacity units of calls to DynamoDB, as DynamoDB reports them. */

import type { ConsumedCapacity, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { RawItem } from './open-table.ts';

/** Capacity units and calls of some work. */
export interface Spent {
  writes: number;
  reads: number;
  /** Number of calls by operation, for example `PutItem`. */
  readonly calls: Record<string, number>;
  /** Writes whose condition did not hold. DynamoDB charges them by the size of the item, but does not report it. */
  refused: number;
}

/** Read units of a page without items. The emulators report 0. */
const READ_MIN = 0.5;
const READS = new Set(['GetItem', 'BatchGetItem', 'Query', 'Scan']);

const nothing = (): Spent => ({ writes: 0, reads: 0, calls: {}, refused: 0 });

/** Counts the units that a client spends. Only one `of` may run at a time. */
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
  const reported = [ConsumedCapacity].flat();
  if (reported.length === 0) throw new Error('The emulator did not report the capacity of a call.');
  return reported.reduce((sum, { CapacityUnits = Number.NaN }) => sum + CapacityUnits, 0);
};

/** Returns the size of an item as DynamoDB counts it: names and values, with the longest encoding of numbers. */
export const itemBytes = (item: RawItem): number =>
  Object.entries(item).reduce((sum, [name, { S, N, B, L }]) => {
    const list = L === undefined ? 0 : 3 + L.reduce((bytes, { N: digits = '' }) => bytes + digits.length + 2, 0);
    const number = N === undefined ? 0 : Math.ceil(N.length / 2) + 1;
    return sum + Buffer.byteLength(name) + Buffer.byteLength(S ?? '') + (B?.length ?? 0) + number + list;
  }, 0);
