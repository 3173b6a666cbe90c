/**
 * Server that accepts every write request, in a process of its own: it reads the body and responds with 204. `GET
 * /recorded` returns the bodies since `GET /record`, to compare the lines of the contestants.
 */

import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

let recorded: string[] | undefined;

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  return (request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body).toString();
};

const server = createServer((request, response) => {
  if (request.method === 'GET') {
    response.end(request.url === '/recorded' ? (recorded ?? []).join('\n') : '');
    recorded = request.url === '/record' ? [] : undefined;
    return;
  }
  const respond = (): void => {
    response.writeHead(204).end();
  };
  if (recorded === undefined) {
    request.resume().on('end', respond);
    return;
  }
  const bodies = recorded;
  bodyOf(request).then(
    (body) => {
      bodies.push(body);
      respond();
    },
    (error) => response.writeHead(500).end(String(error)),
  );
});

// No contestant keeps its connections open for a time that depends on the server.
server.keepAliveTimeout = 0;
process.on('disconnect', () => process.exit());
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
