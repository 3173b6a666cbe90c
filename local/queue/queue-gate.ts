import { createHash } from 'node:crypto';
import type { buildApp } from 'fauxqs';
import { packBody, unpackBody } from './non-bmp-body.ts';
import { batchFault, messageFault, type OutgoingMessage, type QueueFault } from './queue-limits.ts';

/*
 * Stands before and behind the emulator: refuses what SQS refuses, and mends the answers in which the emulator
 * differs from SQS.
 */

interface QueueRequest {
  readonly MessageAttributeNames?: readonly string[];
  MessageBody?: string;
  Entries?: OutgoingMessage[];
}

interface QueueAnswer {
  MD5OfMessageBody?: string;
  QueueUrl?: string;
  QueueUrls?: string[];
  Successful?: { Id: string; MD5OfMessageBody?: string }[];
  Failed?: unknown[];
  Messages?: { Body: string; MD5OfBody: string; MessageAttributes?: unknown; MD5OfMessageAttributes?: unknown }[];
}

/** What the gate did to a request and must remember for the answer. */
interface GateNotes {
  /** By entry id; the one message of SendMessage has the id ''. */
  readonly bodies: Map<string, string>;
  readonly refused: { Id: string; SenderFault: true; Code: string; Message: string }[];
}

type Verdict = { readonly fault?: QueueFault; readonly notes: GateNotes };

const md5 = (text: string): string => createHash('md5').update(text).digest('hex');

const checkMessage = (request: QueueRequest): Verdict => {
  const notes: GateNotes = { bodies: new Map([['', request.MessageBody ?? '']]), refused: [] };
  const fault = messageFault(request);
  if (fault) return { fault, notes };
  if (request.MessageBody) request.MessageBody = packBody(request.MessageBody);
  return { notes };
};

const checkBatch = (request: QueueRequest): Verdict => {
  const entries = request.Entries ?? [];
  const notes: GateNotes = { bodies: new Map(entries.map((e) => [e.Id ?? '', e.MessageBody ?? ''])), refused: [] };
  // Too many entries or one id twice: the emulator answers those, and it must see all entries for it.
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

/** The emulator names its queues by a host that does not resolve. */
const reachable = (url: string, endpoint: string): string => new URL(new URL(url).pathname, endpoint).href;

const mendReceived = (request: QueueRequest, answer: QueueAnswer): void => {
  for (const message of answer.Messages ?? []) {
    message.Body = unpackBody(message.Body);
    message.MD5OfBody = md5(message.Body);
    // SQS returns the attributes that were asked for, the emulator all of them when none was.
    if ((request.MessageAttributeNames ?? []).length > 0) continue;
    delete message.MessageAttributes;
    delete message.MD5OfMessageAttributes;
  }
};

const mendSent = (notes: GateNotes, answer: QueueAnswer): void => {
  if (answer.MD5OfMessageBody) answer.MD5OfMessageBody = md5(notes.bodies.get('') ?? '');
  for (const entry of answer.Successful ?? []) entry.MD5OfMessageBody = md5(notes.bodies.get(entry.Id) ?? '');
  if (notes.refused.length > 0) answer.Failed = [...(answer.Failed ?? []), ...notes.refused];
};

const checks: Readonly<Record<string, (request: QueueRequest) => Verdict>> = {
  SendMessage: checkMessage,
  SendMessageBatch: checkBatch,
};

/** Puts the gate on an emulator that is not yet listening. `endpoint` is asked for late: the port is known by then. */
export const addQueueGate = (app: ReturnType<typeof buildApp>, endpoint: () => string): void => {
  const noted = new WeakMap<object, GateNotes>();
  const actionOf = (headers: Readonly<Record<string, unknown>>): string =>
    String(headers['x-amz-target'] ?? '').replace('AmazonSQS.', '');

  app.addHook('preHandler', async (request, reply) => {
    const body = request.body as QueueRequest;
    const verdict = checks[actionOf(request.headers)]?.(body);
    if (!verdict) return;
    noted.set(body, verdict.notes);
    reply.header('content-type', 'application/x-amz-json-1.0');
    if (verdict.fault) {
      const { code, message } = verdict.fault;
      reply.code(400).header('x-amzn-query-error', `${code};Sender`);
      return reply.send({ __type: `com.amazonaws.sqs#${code}`, message });
    }
    // With no entry left the emulator would call the request empty, which it was not.
    if (verdict.notes.refused.length > 0 && body.Entries?.length === 0) return reply.send({ Successful: [] });
  });

  app.addHook('preSerialization', async (request, _reply, payload) => {
    const answer = payload as QueueAnswer;
    const body = request.body as QueueRequest;
    if (answer.QueueUrl) answer.QueueUrl = reachable(answer.QueueUrl, endpoint());
    if (answer.QueueUrls) answer.QueueUrls = answer.QueueUrls.map((url) => reachable(url, endpoint()));
    if (answer.Messages) mendReceived(body, answer);
    const notes = body ? noted.get(body) : undefined;
    if (notes) mendSent(notes, answer);
    return answer;
  });
};
