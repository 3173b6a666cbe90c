/**
 * Reference lines: for each target one line that the server has accepted (docs/decisions/0016). Each is one item in the
 * partition `witness#<sink>`. They never expire.
 */

import { GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { ReferenceLineStore } from '../../checkpoint/drain/reference-lines.ts';
import { type Target, targetKey } from '../../sink/ports.ts';
import { binary } from './attributes.ts';
import { keyItem, type TableAccess } from './table-access.ts';

/** Returns the store of reference lines of one sink. */
export const referenceLineStore = (table: TableAccess, sink: string): ReferenceLineStore => {
  const keyOf = (target: Target): ReturnType<typeof keyItem> =>
    keyItem({ pk: `witness#${sink}`, sk: targetKey(target) });
  return {
    async read(target, { signal }) {
      const command = new GetItemCommand({ TableName: table.name, Key: keyOf(target) });
      return (await table.client.send(command, { abortSignal: signal })).Item?.line?.B;
    },
    async keep(target, line, { signal }) {
      const command = new PutItemCommand({ TableName: table.name, Item: { ...keyOf(target), line: binary(line) } });
      await table.client.send(command, { abortSignal: signal });
    },
  };
};
