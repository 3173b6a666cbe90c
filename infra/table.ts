/** The state table, which stores all data that outlives an invocation. Several sinks can share one table. */

import { EXPIRES_AT, tableKeys } from '../src/adapters/dynamodb/table-schema.ts';
import { type Part, when } from './cloudformation.ts';
import type { Parameters } from './deployment.ts';
import { STATE_TABLE, tableName } from './names.ts';

/** Returns the table, if the stack creates it, and the output with its name. */
export const table = (parameters: Parameters): Part => {
  const { deletionProtection, pointInTimeRecovery, kmsKeyArn } = parameters;
  const policy = deletionProtection ? 'Retain' : 'Delete';
  const created = {
    [STATE_TABLE]: {
      Type: 'AWS::DynamoDB::Table',
      DeletionPolicy: policy,
      UpdateReplacePolicy: policy,
      // The table has no explicit name, so that a retained table does not block the next deployment.
      Properties: {
        // Billed on demand, because an outage causes a thousand times as many writes as a quiet day.
        BillingMode: 'PAY_PER_REQUEST',
        ...tableKeys(),
        // Only marks of messages and reports of the controller have this attribute. Data never expires.
        TimeToLiveSpecification: { AttributeName: EXPIRES_AT, Enabled: true },
        DeletionProtectionEnabled: deletionProtection,
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: pointInTimeRecovery },
        ...when(kmsKeyArn, { SSESpecification: { SSEEnabled: true, SSEType: 'KMS', KMSMasterKeyId: kmsKeyArn } }),
      },
    },
  } as const;
  return {
    Resources: when(parameters.tableArn === undefined, created),
    Outputs: {
      StateTableName: {
        Description: 'Table of the backlog and the state of the controller.',
        Value: tableName(parameters),
      },
    },
  };
};
