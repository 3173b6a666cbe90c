/** Tests of `cli/console/server.ts`, `request-guard.ts`, and `event-stream.ts`: which requests the console accepts. */

import { once } from 'node:events';
import { type IncomingMessage, type RequestOptions, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { BadRequest } from '../../cli/console/actions.ts';
import { STREAMS_MAX } from '../../cli/console/event-stream.ts';
import { type ConsoleServer, startConsoleServer } from '../../cli/console/server.ts';

let server: ConsoleServer;
let received: unknown[];

beforeEach(async () => {
  received = [];
  server = await startConsoleServer(0, {
    files: new Map([['/', { type: 'text/html; charset=utf-8', contents: Buffer.from('<p>page') }]]),
    reads: { '/api/value': async () => ({ value: 1 }) },
    writes: {
      '/api/act': async (input) => {
        if (input.bad === true) throw new BadRequest('Bad input.');
        received.push(input);
        return { text: 'Done.' };
      },
    },
    firstEvent: () => ({ name: 'history', data: 'first' }),
  });
});

afterEach(() => server.close());

const open = async (path: string, options: RequestOptions = {}, body = ''): Promise<IncomingMessage> => {
  const { port } = new URL(server.url);
  const sent = request({ host: '127.0.0.1', port, path, agent: false, ...options });
  sent.end(body);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  return response;
};

const call = async (path: string, options: RequestOptions = {}, body = '') => {
  const response = await open(path, options, body);
  return { status: response.statusCode, headers: response.headers, body: await text(response) };
};

const host = (): string => new URL(server.url).host;
const own = (): Record<string, string> => ({
  host: host(),
  origin: `http://${host()}`,
  'content-type': 'application/json',
});
const post = (headers: Record<string, string>, body = '{}') => call('/api/act', { method: 'POST', headers }, body);

describe('requests to the console', () => {
  test('the page, values, and changes are served to the own page', async () => {
    expect(await call('/')).toMatchObject({ status: 200, body: '<p>page' });
    expect(await call('/api/value')).toMatchObject({ status: 200, body: '{"value":1}' });
    expect(await post(own(), '{"a":1}')).toMatchObject({ status: 200, body: '{"text":"Done."}' });
    expect(received).toEqual([{ a: 1 }]);
  });

  test('the console listens on loopback only', () => {
    expect(new URL(server.url).hostname).toBe('127.0.0.1');
  });

  test('every response has a policy that admits only files of the console', async () => {
    for (const path of ['/', '/api/value', '/nothing']) {
      const { headers } = await call(path);
      const policy = String(headers['content-security-policy']);
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toMatch(/unsafe|\*|https?:|data:/);
      expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' });
    }
  });

  test.each(['attacker.example', 'attacker.example:80', '127.0.0.1', 'localhost:1'])(
    'a request with the Host %j is refused, because the name may resolve to loopback only for an attack',
    async (name) => {
      for (const path of ['/', '/api/value', '/api/updates'])
        expect(await call(path, { headers: { host: name } })).toMatchObject({ status: 403 });
      expect(await post({ ...own(), host: name })).toMatchObject({ status: 403 });
      expect(received).toEqual([]);
    },
  );

  test('localhost is accepted as the name of the console', async () => {
    const name = host().replace('127.0.0.1', 'localhost');
    expect(await post({ ...own(), host: name, origin: `http://${name}` })).toMatchObject({ status: 200 });
  });

  test.each([
    ['another origin', { origin: 'http://attacker.example' }],
    ['another port', { origin: 'http://127.0.0.1:1' }],
    ['another scheme', { origin: 'https://127.0.0.1' }],
    ['an opaque origin', { origin: 'null' }],
  ])('requests of %s are refused', async (_, headers) => {
    expect(await post({ ...own(), ...headers })).toMatchObject({ status: 403 });
    expect(await call('/api/value', { headers: { host: host(), ...headers } })).toMatchObject({ status: 403 });
    expect(received).toEqual([]);
  });

  test('a change without Origin, without JSON, or from another site is refused', async () => {
    const { origin, ...withoutOrigin } = own();
    expect(origin).toBeDefined();
    expect(await post(withoutOrigin)).toMatchObject({ status: 403 });
    expect(await post({ ...own(), 'content-type': 'text/plain' })).toMatchObject({ status: 415 });
    expect(await post({ ...own(), 'sec-fetch-site': 'cross-site' })).toMatchObject({ status: 403 });
    expect(await post({ ...own(), 'sec-fetch-site': 'none' })).toMatchObject({ status: 403 });
    expect(await call('/', { headers: { host: host(), 'sec-fetch-site': 'cross-site' } })).toMatchObject({
      status: 403,
    });
    expect(received).toEqual([]);
    expect(await call('/', { headers: { host: host(), 'sec-fetch-site': 'none' } })).toMatchObject({ status: 200 });
  });

  test('other methods and paths are refused, and names of Object.prototype are no paths', async () => {
    expect(await call('/', { method: 'PUT' })).toMatchObject({ status: 405 });
    expect(await call('/api/act')).toMatchObject({ status: 404 });
    expect(await call('/../package.json')).toMatchObject({ status: 404 });
    for (const path of ['/constructor', '/__proto__']) expect(await call(path)).toMatchObject({ status: 404 });
    expect(await call('/api/value', { method: 'POST', headers: own() }, '{}')).toMatchObject({ status: 404 });
  });

  test.each(['', '{', '[]', 'null', '"text"'])('the body %j is refused, because it is no JSON object', async (body) => {
    expect(await post(own(), body)).toMatchObject({ status: 400 });
    expect(received).toEqual([]);
  });

  test('a bad input is a 400 with its sentence, and a body of more than two MiB is refused', async () => {
    expect(await post(own(), '{"bad":true}')).toMatchObject({ status: 400, body: '{"text":"Bad input."}' });
    const large = await post(own(), JSON.stringify({ text: 'x'.repeat(2_300_000) }));
    expect(large).toMatchObject({ status: 400 });
    expect(large.body).toContain('at most 2228224 bytes');
    expect(received).toEqual([]);
  });
});

describe('the stream of updates', () => {
  test('a page gets the first event, and then every event that is sent', async () => {
    const stream = await open('/api/updates');
    expect(stream.headers['content-type']).toBe('text/event-stream');
    server.streams.send({ name: 'update', data: { n: 1 } });
    let got = '';
    for await (const chunk of stream) {
      got += chunk;
      if (got.includes('"n":1')) break;
    }
    expect(got).toBe('retry: 1000\nevent: history\ndata: "first"\n\nevent: update\ndata: {"n":1}\n\n');
    await expect.poll(() => server.streams.count()).toBe(0);
  });

  test('a page that does not read is disconnected before its events fill the memory', async () => {
    const stream = await open('/api/updates');
    stream.pause();
    const data = 'x'.repeat(100_000);
    let sent = 0;
    // The buffers of the sockets take some MB before anything waits in this process.
    for (; server.streams.count() > 0 && sent < 10_000; sent++) {
      server.streams.send({ name: 'update', data });
      await new Promise(setImmediate);
    }
    expect(server.streams.count()).toBe(0);
    expect(sent).toBeLessThan(1_000);
    stream.destroy();
  });

  test('at most 20 pages are served at the same time', async () => {
    const streams = [];
    for (let page = 0; page < STREAMS_MAX; page++) streams.push(await open('/api/updates'));
    expect(await call('/api/updates')).toMatchObject({ status: 503 });
    for (const stream of streams) stream.destroy();
    await expect.poll(() => server.streams.count()).toBe(0);
  });
});
