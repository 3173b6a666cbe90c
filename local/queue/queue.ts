/** SQS on this machine, by the emulator fauxqs with corrections. */

import type { AddressInfo } from 'node:net';
import { CreateQueueCommand, GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { emulatorAccess, LOOPBACK_HOST } from '../loopback.ts';
import { markDeadLetterSources } from './dead-letter-source.ts';
import { createMoveTasks } from './move-tasks.ts';
import { addQueueGate } from './queue-gate.ts';
import { createQueueStore, openQueueStorage, type QueueStorage, type QueueStore, storesWith } from './queue-storage.ts';

/** Settings of a source queue. */
export interface QueueOptions {
  readonly name: string;
  /** Adds the suffix `.fifo` to the names. */
  readonly fifo?: boolean;
  readonly visibilityTimeoutSeconds: number;
  readonly maxReceiveCount: number;
  readonly retentionSeconds: number;
}

/** A source queue and its dead-letter queue. */
export interface Queues {
  readonly queueUrl: string;
  readonly queueArn: string;
  readonly deadLetterQueueUrl: string;
  readonly deadLetterQueueArn: string;
}

/** A running queue service. */
export interface QueueService {
  readonly endpoint: string;
  /** Creates a source queue, and the dead-letter queue that its redrive policy names. */
  createQueues(options: QueueOptions): Promise<Queues>;
  close(): Promise<void>;
}

/**
 * The longest retention of SQS, 14 days, because the age of a dead letter counts from the time when its message was
 * first sent.
 */
const DEAD_LETTER_RETENTION_SECONDS = 1_209_600;

const createQueue = async (client: SQSClient, name: string, attributes: Record<string, string>) => {
  const { QueueUrl } = await client.send(new CreateQueueCommand({ QueueName: name, Attributes: attributes }));
  const { Attributes } = await client.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }));
  if (!QueueUrl || !Attributes?.QueueArn) throw new Error(`The queue service returned no URL or ARN for ${name}`);
  return { url: QueueUrl, arn: Attributes.QueueArn };
};

const createQueues = async (client: SQSClient, options: QueueOptions): Promise<Queues> => {
  const suffix = options.fifo ? '.fifo' : '';
  const base = options.fifo ? options.name.replace(/\.fifo$/, '') : options.name;
  const kind: Record<string, string> = options.fifo ? { FifoQueue: 'true' } : {};
  const deadLetters = await createQueue(client, `${base}-dead-letters${suffix}`, {
    ...kind,
    MessageRetentionPeriod: String(DEAD_LETTER_RETENTION_SECONDS),
  });
  const source = await createQueue(client, `${base}${suffix}`, {
    ...kind,
    VisibilityTimeout: String(options.visibilityTimeoutSeconds),
    MessageRetentionPeriod: String(options.retentionSeconds),
    RedrivePolicy: JSON.stringify({
      deadLetterTargetArn: deadLetters.arn,
      maxReceiveCount: options.maxReceiveCount,
    }),
  });
  return {
    queueUrl: source.url,
    queueArn: source.arn,
    deadLetterQueueUrl: deadLetters.url,
    deadLetterQueueArn: deadLetters.arn,
  };
};

/** Settings of a queue service. */
export interface QueueServiceOptions {
  /** 0 means any free port (default 0). */
  readonly port?: number;
  /** File in which the messages are kept (default none: the messages are in memory). */
  readonly file?: string | undefined;
}

const openStorage = (file: string | undefined, store: QueueStore): QueueStorage | undefined => {
  if (file === undefined) return undefined;
  const storage = openQueueStorage(file);
  storage.attachTo(store);
  return storage;
};

/** Starts SQS on this machine. Messages of an earlier service with the same file are in a queue once it is created. */
export const startQueueService = async ({ port = 0, file }: QueueServiceOptions = {}): Promise<QueueService> => {
  // Loaded only here, because it is an optional dependency.
  const { buildApp } = await import('fauxqs');
  const store = await createQueueStore();
  markDeadLetterSources(store);
  const storage = openStorage(file, store);
  const app = buildApp({ logger: false, stores: storesWith(store) });
  app.addHook('onClose', () => storage?.close());
  const moveTasks = createMoveTasks(store);
  app.addHook('preClose', () => moveTasks.close());
  let endpoint = '';
  addQueueGate(app, moveTasks, () => endpoint);
  await app.listen({ port, host: LOOPBACK_HOST }).catch(async (error: unknown) => {
    await app.close();
    throw error;
  });
  endpoint = `http://${LOOPBACK_HOST}:${(app.server.address() as AddressInfo).port}`;
  const client = new SQSClient(emulatorAccess(endpoint));
  return {
    endpoint,
    createQueues: (options) => createQueues(client, options),
    close: async () => {
      client.destroy();
      await app.close();
    },
  };
};
