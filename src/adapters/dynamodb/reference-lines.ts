/** Lines that were written: `witness#<sink>`, one item for each target. */

import { GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { ReferenceLineStore } from '../../checkpoint/drain/reference-lines.ts';
import { type Target, targetKey } from '../../sink/ports.ts';
import { binary } from './attributes.ts';
import { keyItem, type TableAccess } from './table-access.ts';

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
