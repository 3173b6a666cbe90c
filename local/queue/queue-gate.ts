/**
 * Corrects requests and responses of the emulator. It refuses requests that SQS refuses, and fixes responses that
 * differ from those of SQS.
 */

import { createHash } from 'node:crypto';
import type { buildApp } from 'fauxqs';
import type { MoveRequest, MoveTasks } from './move-tasks.ts';
import { packBody, unpackBody } from './non-bmp-body.ts';
import { batchFault, messageFault, type OutgoingMessage, type QueueFault } from './queue-limits.ts';

type App = ReturnType<typeof buildApp>;
/** The emulator's type of a reply, which its package does not export. */
type FastifyReply = Parameters<Parameters<App['setErrorHandler']>[0]>[2];

interface QueueRequest {
  readonly MessageAttributeNames?: readonly string[];
  MessageBody?: string;
  Entries?: OutgoingMessage[];
}

interface QueueResponse {
  MD5OfMessageBody?: string;
  QueueUrl?: string;
  QueueUrls?: string[];
  Successful?: { Id: string; MD5OfMessageBody?: string }[];
  Failed?: unknown[];
  Messages?: { Body: string; MD5OfBody: string; MessageAttributes?: unknown; MD5OfMessageAttributes?: unknown }[];
}

/** Notes about a request that the gate needs for the response. */
interface GateNotes {
  /** Original bodies by entry id. The only message of SendMessage has the id ''. */
  readonly bodies: Map<string, string>;
  readonly refused: { Id: string; SenderFault: true; Code: string; Message: string }[];
}

type CheckResult = { readonly fault?: QueueFault; readonly notes: GateNotes };

const md5 = (text: string): string => createHash('md5').update(text).digest('hex');

const checkMessage = (request: QueueRequest): CheckResult => {
  const notes: GateNotes = { bodies: new Map([['', request.MessageBody ?? '']]), refused: [] };
  const fault = messageFault(request);
  if (fault) return { fault, notes };
  if (request.MessageBody) request.MessageBody = packBody(request.MessageBody);
  return { notes };
};

const checkBatch = (request: QueueRequest): CheckResult => {
  const entries = request.Entries ?? [];
  const notes: GateNotes = { bodies: new Map(entries.map((e) => [e.Id ?? '', e.MessageBody ?? ''])), refused: [] };
  // The emulator itself refuses too many entries and duplicate ids. It must receive all entries for these checks.
  if (entries.length > 10 || notes.bodies.size < entries.length) return { notes };
  const fault = batchFault(entries);
  if (fault) return { fault, notes };
  request.Entries = entries.flatMap((entry) => {
    const refusal = messageFault(entry);
    if (!refusal) return [{ ...entry, MessageBody: packBody(entry.MessageBody ?? '') }];
    notes.refused.push({ Id: entry.Id ?? '', SenderFault: true, Code: refusal.code, Message: refusal.message });
    return [];
  });
  return { notes };
};

/** Replaces the host in the address of a queue, because the emulator uses a host name that does not resolve. */
const reachable = (url: string, endpoint: string): string => new URL(new URL(url).pathname, endpoint).href;

const fixReceived = (request: QueueRequest, response: QueueResponse): void => {
  for (const message of response.Messages ?? []) {
    message.Body = unpackBody(message.Body);
    message.MD5OfBody = md5(message.Body);
    // SQS returns only the requested attributes. The emulator returns all of them if the request names none.
    if ((request.MessageAttributeNames ?? []).length > 0) continue;
    delete message.MessageAttributes;
    delete message.MD5OfMessageAttributes;
  }
};

const fixSent = (notes: GateNotes, response: QueueResponse): void => {
  if (response.MD5OfMessageBody) response.MD5OfMessageBody = md5(notes.bodies.get('') ?? '');
  for (const entry of response.Successful ?? []) entry.MD5OfMessageBody = md5(notes.bodies.get(entry.Id) ?? '');
  if (notes.refused.length > 0) response.Failed = [...(response.Failed ?? []), ...notes.refused];
};

const checks: Readonly<Record<string, (request: QueueRequest) => CheckResult>> = {
  SendMessage: checkMessage,
  SendMessageBatch: checkBatch,
};

const statusOf = ({ code }: QueueFault): number => (code === 'ResourceNotFoundException' ? 404 : 400);

/**
 * Adds the gate to an emulator that does not listen yet.
 *
 * @param moveTasks - Handle the actions that the emulator does not have.
 * @param endpoint - Called for each response, because the port is known only after the start.
 */
export const addQueueGate = (app: App, moveTasks: MoveTasks, endpoint: () => string): void => {
  const noted = new WeakMap<object, GateNotes>();
  const actionOf = (headers: Readonly<Record<string, unknown>>): string =>
    String(headers['x-amz-target'] ?? '').replace('AmazonSQS.', '');

  const sendFault = (reply: FastifyReply, found: QueueFault): FastifyReply => {
    reply.code(statusOf(found)).header('x-amzn-query-error', `${found.code};Sender`);
    return reply.send({ __type: `com.amazonaws.sqs#${found.code}`, message: found.message });
  };

  app.addHook('preHandler', async (request, reply) => {
    const moved = moveTasks.handle(actionOf(request.headers), request.body as MoveRequest);
    if (moved === undefined) return;
    reply.header('content-type', 'application/x-amz-json-1.0');
    return 'fault' in moved ? sendFault(reply, moved.fault) : reply.send(moved.response);
  });

  app.addHook('preHandler', async (request, reply) => {
    const body = request.body as QueueRequest;
    const result = checks[actionOf(request.headers)]?.(body);
    if (!result) return;
    noted.set(body, result.notes);
    reply.header('content-type', 'application/x-amz-json-1.0');
    if (result.fault) return sendFault(reply, result.fault);
    // If all entries are refused here, the emulator would report an empty batch, which would be misleading.
    if (result.notes.refused.length > 0 && body.Entries?.length === 0) return reply.send({ Successful: [] });
  });

  app.addHook('preSerialization', async (request, _reply, payload) => {
    const response = payload as QueueResponse;
    const body = request.body as QueueRequest;
    if (response.QueueUrl) response.QueueUrl = reachable(response.QueueUrl, endpoint());
    if (response.QueueUrls) response.QueueUrls = response.QueueUrls.map((url) => reachable(url, endpoint()));
    if (response.Messages) fixReceived(body, response);
    const notes = body ? noted.get(body) : undefined;
    if (notes) fixSent(notes, response);
    return response;
  });
};
