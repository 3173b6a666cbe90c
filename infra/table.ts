/** The state table: what must survive between invocations, of one sink or of several. */

import { EXPIRES_AT, tableKeys } from '../src/adapters/dynamodb/table-schema.ts';
import { type Part, when } from './cloudformation.ts';
import { STATE_TABLE, tableName } from './names.ts';
import type { Parameters } from './parameters.ts';

export const table = (parameters: Parameters): Part => {
  const { deletionProtection, pointInTimeRecovery, kmsKeyArn } = parameters;
  const policy = deletionProtection ? 'Retain' : 'Delete';
  const made = {
    [STATE_TABLE]: {
      Type: 'AWS::DynamoDB::Table',
      DeletionPolicy: policy,
      UpdateReplacePolicy: policy,
      // Without a name of its own: one that is left behind is not in the way of the next.
      Properties: {
        // By demand: an outage writes a thousand times as much as a quiet day.
        BillingMode: 'PAY_PER_REQUEST',
        ...tableKeys(),
        // Only marks of messages have that attribute: nothing else that lies there may ever go by itself.
        TimeToLiveSpecification: { AttributeName: EXPIRES_AT, Enabled: true },
        DeletionProtectionEnabled: deletionProtection,
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: pointInTimeRecovery },
        ...when(kmsKeyArn, { SSESpecification: { SSEEnabled: true, SSEType: 'KMS', KMSMasterKeyId: kmsKeyArn } }),
      },
    },
  } as const;
  return {
    Resources: when(parameters.tableArn === undefined, made),
    Outputs: {
      StateTableName: { Description: 'What waits, and the state of the controller.', Value: tableName(parameters) },
    },
  };
};
