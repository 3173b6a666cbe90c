/** Runs the contract of the state table on the fake and on the adapter with two emulators. */

import { afterAll, beforeAll, describe } from 'vitest';
import { startTableService, type TableService } from '../../local/table.ts';
import { useAwsEnvironment } from '../adapters/aws-access.ts';
import { DYNAMODB_LOCAL, HAS_JAVA, startDynamoDbLocal } from '../adapters/dynamodb-local.ts';
import { openTable } from '../adapters/open-table.ts';
import { emptyTable, memoryStateTable } from './memory-state-table.ts';
import { storedReportContract } from './state-table/decisions.ts';
import { stateTableContract } from './state-table.ts';

describe('the fake in memory', () => {
  stateTableContract(async () => {
    const items = emptyTable();
    return (sink) => memoryStateTable(items, sink);
  });
});

const adapterContract = (start: () => Promise<TableService>): void => {
  let service: TableService;
  beforeAll(async () => {
    service = await start();
  });
  afterAll(() => service.close());
  useAwsEnvironment(() => ({ AWS_ENDPOINT_URL_DYNAMODB: service.endpoint }));

  stateTableContract(async () => (await openTable(service)).view);
  describe('reports of other versions', () => storedReportContract(() => openTable(service)));
};

describe('the adapter on dynalite', () => adapterContract(startTableService));

describe.skipIf(!HAS_JAVA)(`the adapter on ${DYNAMODB_LOCAL}`, () => adapterContract(startDynamoDbLocal));
