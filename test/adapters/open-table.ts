/** A new table of an emulator for a test, the adapter on it, and a way past the adapter. */

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
  dynamoStateTable,
  tableAccess,
} from '../../src/adapters/dynamodb.ts';
import type { FlushTable } from '../../src/flush/flush-table.ts';
import type { Clock } from '../../src/runtime/clock.ts';

export type RawItem = Record<string, AttributeValue>;

/** What a sink sees of a table. */
export type StateView = DynamoStateTable & FlushTable;

export interface Views {
  readonly client: DynamoDBClient;
  view(sink: string): StateView;
}

export interface OpenTable extends Views {
  readonly name: string;
  /** Writes an item as it is. */
  put(item: RawItem): Promise<void>;
  /** All items, as they are. */
  items(): Promise<readonly RawItem[]>;
}

export type TestClock = Pick<Clock, 'nowMs' | 'sleep'>;

/** The adapter at whatever the environment names as DynamoDB. */
export const openViews = (name: string, clock: TestClock = systemClock): Views => {
  const client = dynamoClient();
  onTestFinished(() => client.destroy());
  const access = tableAccess(client, name, clock);
  return {
    client,
    view: (sink) => ({ ...dynamoStateTable(access, sink, clock), ...dynamoFlushTable(access, sink) }),
  };
};

let tables = 0;

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
