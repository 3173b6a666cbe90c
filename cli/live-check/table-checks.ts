/** Checks of the state table: its keys, its state, and the time to live. */

import { DescribeTableCommand, DescribeTimeToLiveCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EXPIRES_AT, tableKeys } from '../../src/adapters/dynamodb/table-schema.ts';
import { awsRemedy } from '../aws-remedy.ts';
import { tableClient } from '../sink-names.ts';
import { type Finding, type Findings, findingsOf, foundIf } from './finding.ts';

const EXPIRY = 'time to live';
const LOCAL = 'the table is on this machine, and an emulator deletes nothing';

/** Checks the table that has this name. */
export const tableChecks = async (
  table: string | undefined,
  endpoint: string | undefined,
): Promise<readonly Finding[]> => {
  const found = findingsOf('state table');
  if (table === undefined)
    return [found.notChecked('settings', 'nothing names it. Use --stack or --table, or set STATE_TABLE')];
  const client = await tableClient(endpoint);
  try {
    const keys = await keyChecks(client, table, found);
    return [
      ...keys,
      endpoint === undefined ? await expiryCheck(client, table, found) : found.notChecked(EXPIRY, LOCAL),
    ];
  } catch (error) {
    const remedy = awsRemedy(error) || 'The check needs the right dynamodb:DescribeTable.';
    return [found.fault('exists', `${table}: ${(error as Error).message}`, remedy)];
  } finally {
    client.destroy();
  }
};

const keyChecks = async (client: DynamoDBClient, table: string, found: Findings): Promise<readonly Finding[]> => {
  const { Table: { TableStatus, KeySchema = [], AttributeDefinitions = [] } = {} } = await client.send(
    new DescribeTableCommand({ TableName: table }),
  );
  const textOf = (keys: typeof KeySchema): string =>
    keys
      .map(({ AttributeName, KeyType }) => {
        const type = AttributeDefinitions.find((one) => one.AttributeName === AttributeName)?.AttributeType;
        return `${AttributeName} (${KeyType}, ${type})`;
      })
      .join(', ');
  const wanted = tableKeys()
    .KeySchema.map(({ AttributeName, KeyType }) => `${AttributeName} (${KeyType}, S)`)
    .join(', ');
  return [
    found.ok('exists', `${table}, ${TableStatus}`),
    foundIf(
      found,
      textOf(KeySchema) === wanted,
      'keys',
      textOf(KeySchema),
      `Keys cannot be changed. Create another table with ${wanted}.`,
    ),
  ];
};

/** Checks the time to live of a table in AWS. */
export const expiryCheck = async (client: DynamoDBClient, table: string, found: Findings): Promise<Finding> => {
  try {
    const { TimeToLiveDescription: { TimeToLiveStatus, AttributeName } = {} } = await client.send(
      new DescribeTimeToLiveCommand({ TableName: table }),
    );
    return foundIf(
      found,
      (TimeToLiveStatus === 'ENABLED' || TimeToLiveStatus === 'ENABLING') && AttributeName === EXPIRES_AT,
      EXPIRY,
      `${TimeToLiveStatus}${AttributeName === undefined ? '' : ` for ${AttributeName}`}, it must be enabled for ${EXPIRES_AT}`,
      'Enable it, or marks of messages and reports of the controller stay forever.',
    );
  } catch (error) {
    // The keys were read, so only this call is refused: no right, or an emulator.
    return found.notChecked(EXPIRY, `DescribeTimeToLive failed: ${(error as Error).message || (error as Error).name}`);
  }
};
