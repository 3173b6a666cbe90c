/**
 * The hold of an operator: item `hold` in the partition of the shared state, so that instances read it without an
 * additional call. Versions that do not support it ignore the item.
 */

import { DeleteItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { Hold, HoldStore } from '../../breaker/hold.ts';
import { number, readCount, readOptionalNumber, readText, text } from './attributes.ts';
import { type Item, type Key, keyItem, type TableAccess } from './table-access.ts';

/** Sort key of the item. */
export const HOLD = 'hold';

/** Returns the port of one sink. */
export const holdStore = (table: TableAccess, sink: string): HoldStore => {
  const key: Key = { pk: `control#${sink}`, sk: HOLD };
  return {
    async hold(hold, { signal }) {
      const item = { ...keyItem(key), ...holdItem(hold) };
      await table.client.send(new PutItemCommand({ TableName: table.name, Item: item }), { abortSignal: signal });
    },
    async resume({ signal }) {
      const command = new DeleteItemCommand({ TableName: table.name, Key: keyItem(key) });
      await table.client.send(command, { abortSignal: signal });
    },
  };
};

const holdItem = ({ reason, sinceMs, untilMs }: Hold): Item => ({
  reason: text(reason),
  sinceMs: number(sinceMs),
  ...(untilMs === undefined ? {} : { untilMs: number(untilMs) }),
});

/** Latest time that a date can have. A later one in the item would be an error in every instance. */
const TIME_MAX_MS = 8_640_000_000_000_000;

/** Returns the hold of an item. */
export const readHold = (item: Item): Hold => {
  const untilMs = readOptionalNumber(item, 'untilMs');
  return {
    reason: readText(item, 'reason'),
    sinceMs: Math.min(readCount(item, 'sinceMs'), TIME_MAX_MS),
    untilMs: untilMs === undefined ? undefined : Math.min(untilMs, TIME_MAX_MS),
  };
};
