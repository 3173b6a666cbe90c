/** A new table of an emulator for a test, with the adapter and direct access to the items. */

import {
  type AttributeValue,
  type DynamoDBClient,
  PutItemCommand,
  ScanCommand,
  type ScanCommandOutput,
} from '@aws-sdk/client-dynamodb';
import { onTestFinished } from 'vitest';
import type { TableService } from '../../local/table.ts';
import { systemClock } from '../../src/adapters/clock.ts';
import {
  type DynamoStateTable,
  dynamoClient,
  dynamoFlushTable,
  dynamoHoldStore,
  dynamoStateTable,
  tableAccess,
} from '../../src/adapters/dynamodb.ts';
import type { HoldStore } from '../../src/breaker/hold.ts';
import type { FlushTable } from '../../src/flush/flush-table.ts';
import type { Clock } from '../../src/runtime/clock.ts';

/** An item as it is stored. */
export type RawItem = Record<string, AttributeValue>;

/** The adapter for one sink. */
export type StateView = DynamoStateTable & FlushTable & { readonly holds: HoldStore };

/** The adapter on a table, by sink. */
export interface Views {
  readonly client: DynamoDBClient;
  view(sink: string): StateView;
}

/** A new table. */
export interface OpenTable extends Views {
  readonly name: string;
  /** Writes an item without the adapter. */
  put(item: RawItem): Promise<void>;
  /** Reads all items without the adapter. */
  items(): Promise<readonly RawItem[]>;
}

/** The parts of the clock that the adapter uses. */
export type TestClock = Pick<Clock, 'nowMs' | 'sleep'>;

/** Opens the adapter on the DynamoDB that the environment variables name. */
export const openViews = (name: string, clock: TestClock = systemClock): Views => {
  const client = dynamoClient();
  onTestFinished(() => client.destroy());
  const access = tableAccess(client, name, clock);
  return {
    client,
    view: (sink) => ({
      ...dynamoStateTable(access, sink, clock),
      ...dynamoFlushTable(access, sink),
      holds: dynamoHoldStore(access, sink),
    }),
  };
};

let tables = 0;

/** Creates a table and opens the adapter on it. */
export const openTable = async (service: TableService, clock: TestClock = systemClock): Promise<OpenTable> => {
  const name = `state-${tables++}`;
  await service.createStateTable(name);
  const { client, view } = openViews(name, clock);
  return {
    name,
    client,
    view,
    async put(item) {
      await client.send(new PutItemCommand({ TableName: name, Item: item }));
    },
    async items() {
      const items: RawItem[] = [];
      let from: RawItem | undefined;
      do {
        const command = new ScanCommand({ TableName: name, ConsistentRead: true, ExclusiveStartKey: from });
        const page: ScanCommandOutput = await client.send(command);
        items.push(...(page.Items ?? []));
        from = page.LastEvaluatedKey;
      } while (from !== undefined);
      return items;
    },
  };
};
