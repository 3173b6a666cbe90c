/** DynamoDB on this machine, by the emulator dynalite, with a switch for throttling. */

import { once } from 'node:events';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  CreateTableCommand,
  DynamoDBClient,
  ResourceInUseException,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import { tableKeys } from '../src/adapters/dynamodb/table-schema.ts';
import { emulatorAccess, LOOPBACK_HOST } from './loopback.ts';

/** A running DynamoDB emulator. */
export interface TableService {
  readonly endpoint: string;
  /** Returns when the table is active. A table that exists is kept. */
  createStateTable(name: string): Promise<void>;
  close(): Promise<void>;
}

/** An emulator that can refuse requests like an overloaded table. */
export interface ThrottledTableService extends TableService {
  /** Turns throttling on or off. While it is on, every request is refused with a `ThrottlingException`. */
  throttle(on: boolean): void;
}

/** Creates a state table of the sink: string keys `pk` and `sk`, billed on demand. */
export const createStateTable = async (client: DynamoDBClient, name: string): Promise<void> => {
  await client.send(
    new CreateTableCommand({
      TableName: name,
      BillingMode: 'PAY_PER_REQUEST',
      ...tableKeys(),
    }),
  );
  await waitUntilTableExists({ client, maxWaitTime: 5, minDelay: 0.01, maxDelay: 0.1 }, { TableName: name });
};

const THROTTLED = JSON.stringify({
  __type: 'com.amazonaws.dynamodb.v20120810#ThrottlingException',
  message: 'Rate exceeded',
});

/** Adds throttling to the emulator, which has none. */
const throttleGate = (server: Server): { closed: boolean } => {
  const gate = { closed: false };
  const handlers = server.listeners('request') as ((request: IncomingMessage, response: ServerResponse) => void)[];
  server.removeAllListeners('request');
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    if (!gate.closed) {
      for (const handle of handlers) handle.call(server, request, response);
      return;
    }
    request.resume();
    response.writeHead(400, { 'content-type': 'application/x-amz-json-1.0' }).end(THROTTLED);
  });
  return gate;
};

const createMissingTable = async (client: DynamoDBClient, name: string): Promise<void> => {
  try {
    await createStateTable(client, name);
  } catch (error) {
    if (!(error instanceof ResourceInUseException)) throw error;
  }
};

/**
 * Starts DynamoDB on this machine. The emulator supports neither transactions nor time to live, and does not
 * return the item that failed a condition.
 *
 * @param folder - Keeps the tables as a LevelDB. Undefined keeps them in memory.
 */
export const startTableService = async ({
  port = 0,
  folder,
}: {
  readonly port?: number;
  readonly folder?: string | undefined;
} = {}): Promise<ThrottledTableService> => {
  // Loaded only here, because it is an optional dependency.
  const { default: dynalite } = await import('dynalite');
  const server = dynalite({
    createTableMs: 0,
    deleteTableMs: 0,
    updateTableMs: 0,
    ...(folder === undefined ? {} : { path: folder }),
  });
  const gate = throttleGate(server);
  server.listen(port, LOOPBACK_HOST);
  await once(server, 'listening');
  const endpoint = `http://${LOOPBACK_HOST}:${(server.address() as AddressInfo).port}`;
  const client = new DynamoDBClient(emulatorAccess(endpoint));
  return {
    endpoint,
    createStateTable: (name) => createMissingTable(client, name),
    throttle: (on) => {
      gate.closed = on;
    },
    close: async () => {
      client.destroy();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
};
