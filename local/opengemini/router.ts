/** Assigns the paths of the stand-in to their handlers. */

import { handleCtrl } from './ctrl-endpoint.ts';
import { handleFaultRequest } from './faults.ts';
import { handleQuery } from './query-endpoint.ts';
import { errorReply, NO_CONTENT, type Reply, send, textReply } from './reply.ts';
import { readBody } from './request-body.ts';
import { type Exchange, exchangeWrite, type Server } from './write-exchange.ts';

type Handler = (server: Server, exchange: Exchange) => Promise<void> | void;

/** Turns a function that returns a reply into a handler. */
const replying =
  (reply: (server: Server, exchange: Exchange) => Reply | Promise<Reply>): Handler =>
  async (server, exchange) =>
    send(exchange.request, exchange.response, await reply(server, exchange));

const authenticated =
  (reply: (server: Server, exchange: Exchange) => Reply | Promise<Reply>) =>
  (server: Server, exchange: Exchange): Reply | Promise<Reply> => {
    const denied = server.authenticate(exchange.request, exchange.params);
    return denied === undefined ? reply(server, exchange) : errorReply(401, denied);
  };

const query = async (server: Server, { request, params }: Exchange): Promise<Reply> => {
  const isForm = /^application\/x-www-form-urlencoded\b/i.test(request.headers['content-type'] ?? '');
  const body = await readBody(request, 0);
  const form = isForm ? new URLSearchParams(body.toString('utf8')) : [];
  return handleQuery(server.databases, new URLSearchParams([...form, ...params]), server.nowNs(), server.journal);
};

const ping = (_server: Server, { params }: Exchange): Reply => {
  const isVerbose = !['', '0', 'false'].includes(params.get('verbose') ?? '');
  return isVerbose ? { status: 200, body: '{"version":""}' } : NO_CONTENT;
};

/**
 * The supported paths of the real server, and `/debug/fault`. Only the stand-in has that path, and it needs no
 * password.
 */
const ROUTES = new Map<string, Readonly<Record<string, Handler>>>([
  ['/write', { POST: exchangeWrite }],
  ['/api/v2/write', { POST: exchangeWrite }],
  ['/ping', { GET: replying(ping), HEAD: replying(ping) }],
  ['/status', { GET: replying(() => NO_CONTENT), HEAD: replying(() => NO_CONTENT) }],
  ['/query', { GET: replying(authenticated(query)), POST: replying(authenticated(query)) }],
  ['/debug/ctrl', { POST: replying(authenticated((server, { params }) => handleCtrl(server.switches, params))) }],
  ['/debug/fault', { POST: replying((server, { params }) => handleFaultRequest(server.faults, params)) }],
]);

const NOT_FOUND = textReply(404, '404 page not found');

/** Handles one request. */
export const route = async (server: Server, exchange: Exchange): Promise<void> => {
  const { request, response } = exchange;
  const methods = ROUTES.get(exchange.path);
  const handle = methods?.[request.method ?? ''];
  if (handle !== undefined) await handle(server, exchange);
  else if (methods === undefined) send(request, response, NOT_FOUND);
  else send(request, response, { status: request.method === 'OPTIONS' ? 200 : 405 });
};
