/**
 * The claim that a run of the flush function is under way or requested: item `flushing` in the partition of the shared
 * state. Versions that do not support it ignore the item.
 */

import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { FlushClaim } from '../../runtime/state-table.ts';
import type { Deadline } from '../../sink/ports.ts';
import { number, text } from './attributes.ts';
import { keyItem, type TableAccess, whether } from './table-access.ts';

/** Stores the claim unless another one is in force. A repetition of a call that succeeded succeeds again. */
export const claimFlush = (
  table: TableAccess,
  sink: string,
  { owner, untilMs }: FlushClaim,
  nowMs: number,
  { signal }: Deadline,
): Promise<boolean> =>
  whether(
    table.client.send(
      new PutItemCommand({
        TableName: table.name,
        Item: {
          ...keyItem({ pk: `control#${sink}`, sk: 'flushing' }),
          claimedBy: text(owner),
          untilMs: number(untilMs),
        },
        ConditionExpression: 'attribute_not_exists(untilMs) OR untilMs <= :now OR claimedBy = :owner',
        ExpressionAttributeValues: { ':now': number(nowMs), ':owner': text(owner) },
      }),
      { abortSignal: signal },
    ),
  );
