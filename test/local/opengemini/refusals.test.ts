/** Tests of the stand-in's refusals: headers, authentication, switches, throttle, and other paths. */

import { request as httpRequest } from 'node:http';
import { describe, expect, test } from 'vitest';
import { send } from './raw-client.ts';
import { withStandIn } from './stand-in-fixture.ts';

const LOGIN = { username: 'admin', password: 'right' };
const RIGHT = { u: 'admin', p: 'right' };
const WRONG = { u: 'admin', p: 'wrong' };

const basic = (text: string): Record<string, string> => ({
  Authorization: `Basic ${Buffer.from(text).toString('base64')}`,
});

describe('the headers of a reply', () => {
  test(
    'the headers of a reply contain the error, the version, and the id of the request',
    withStandIn({}, async ({ write }) => {
      const reply = await write('m v=1 é', { headers: { 'X-Request-Id': 'mine', 'Request-Id': 'other' } });
      expect(reply.headers).toMatchObject({
        'content-type': 'application/json',
        'request-id': 'mine',
        'x-request-id': 'mine',
        'x-geminidb-version': '',
        'x-geminidb-build': 'OSS',
      });
      expect(Buffer.from(String(reply.headers['x-influxdb-error']), 'latin1').toString()).toBe(
        'cannot parse timestamp "é": bad timestamp',
      );
      expect(reply.body).toBe('{"error":"cannot parse timestamp \\"é\\": bad timestamp"}\n');
    }),
  );

  test(
    'the headers of a reply contain at most 1,024 bytes of the error',
    withStandIn({}, async ({ write }) => {
      const reply = await write(`m v="${'x'.repeat(2_000)}`);
      expect(reply.headers['x-influxdb-error']).toBe(reply.error?.slice(0, 1_024));
    }),
  );

  test(
    'the headers of a reply contain raw control bytes, so that a strict client fails to read it',
    withStandIn({}, async ({ standIn, write }) => {
      const line = 'a\x01b v=1 5';
      expect(await write(line)).toMatchObject({
        status: 400,
        error: 'partial write: invalid measurement name: a\x01b dropped=1',
      });
      const failure = await new Promise((resolve) => {
        httpRequest(`${standIn.url}/write?db=db`, { method: 'POST' }, resolve).on('error', resolve).end(line);
      });
      expect(failure).toMatchObject({ code: 'HPE_INVALID_HEADER_TOKEN' });
    }),
  );
});

describe('a user', () => {
  test.each([
    ['no credentials', {}, 'unable to parse authentication credentials'],
    ['a token without a colon', { Authorization: 'Token abc' }, 'unable to parse authentication credentials'],
    ['a wrong token', { Authorization: 'Token admin:wrong' }, 'authorization failed'],
    ['a bearer token', { Authorization: 'Bearer abc' }, 'bearer auth disabld'],
    ['no name', basic(':right'), 'username required'],
    ['another name', basic('other:right'), 'authorization failed'],
  ])('a request with %s is refused', async (_what, headers: Record<string, string>, error) => {
    const play = withStandIn({ credentials: LOGIN }, async ({ write }) => {
      const reply = await write('m v=1 5', { headers });
      expect(reply).toMatchObject({ status: 401, error });
      expect(reply.headers['www-authenticate']).toBe('Basic realm="InfluxDB"');
      expect(reply.headers).not.toHaveProperty('x-influxdb-error');
    });
    await play();
  });

  test(
    'a user is authenticated by parameters, which have priority over headers, by name and password, and by token',
    withStandIn({ credentials: LOGIN }, async ({ write, standIn }) => {
      expect((await write('m v=1 5', { params: RIGHT, headers: basic('admin:wrong') })).status).toBe(204);
      expect((await write('m v=1 5', { headers: basic('admin:right') })).status).toBe(204);
      expect((await write('m v=1 5', { headers: { Authorization: 'Token admin:right' } })).status).toBe(204);
      expect((await send(`${standIn.url}/query?q=SHOW%20DATABASES`)).status).toBe(401);
      expect((await send(`${standIn.url}/ping`, { method: 'GET' })).status).toBe(204);
    }),
  );

  test('a user is locked for 30 seconds after five wrong passwords, even with the right password', async () => {
    let seconds = 1_000n;
    const play = withStandIn({ credentials: LOGIN, clock: () => seconds * 1_000_000_000n }, async ({ write }) => {
      const errorFor = async (params: Record<string, string>): Promise<string | null> =>
        (await write('m v=1 5', { params })).error;
      for (let failure = 1; failure < 5; failure++) expect(await errorFor(WRONG)).toBe('authorization failed');
      expect(await errorFor(RIGHT)).toBeNull();
      for (let failure = 1; failure <= 5; failure++) expect(await errorFor(WRONG)).toBe('authorization failed');
      expect(await errorFor(RIGHT)).toBe('user is locked');
      seconds += 29n;
      expect(await errorFor(WRONG)).toBe('user is locked');
      seconds += 1n;
      expect(await errorFor(RIGHT)).toBeNull();
      expect(await errorFor(WRONG)).toBe('authorization failed');
    });
    await play();
  });
});

describe('the order of refusals', () => {
  test(
    'the server checks the user first, then its switches, the database, the encoding, and the size',
    withStandIn({ credentials: LOGIN, maxBodyBytes: 10 }, async ({ write, standIn }) => {
      const errorFor = async (params: Record<string, string>): Promise<string | null> =>
        (await write('x'.repeat(11), { params, headers: { 'Content-Encoding': 'gzip' } })).error;
      const switchMod = (mod: string, on: boolean) =>
        send(`${standIn.url}/debug/ctrl?mod=${mod}&switchon=${on}&u=admin&p=right`);
      await switchMod('disablewrite', true);
      await switchMod('readonly', true);
      expect(await errorFor({})).toBe('unable to parse authentication credentials');
      expect(await errorFor({ ...RIGHT, db: '' })).toBe('disable write!');
      await switchMod('disablewrite', false);
      expect(await errorFor({ ...RIGHT, db: '' })).toBe('readonly now and writing is not allowed');
      await switchMod('readonly', false);
      expect(await errorFor({ ...RIGHT, db: '' })).toBe('database is required');
      expect(await errorFor({ ...RIGHT, db: 'no"pe' })).toBe('database not found: "no\\"pe"');
      expect(await errorFor(RIGHT)).toBe('gzip: invalid header');
      expect((await write('x'.repeat(11), { params: RIGHT })).status).toBe(413);
    }),
  );
});

describe('an overloaded server', () => {
  test(
    'an overloaded server processes one write, queues one, and refuses the others in plain text',
    withStandIn({ concurrentWritesMax: 1, enqueuedWritesMax: 1, writeCostMs: 50 }, async ({ write, standIn }) => {
      const replies = await Promise.all(Array.from({ length: 8 }, () => write('m v=1 5')));
      expect(replies.filter(({ status }) => status === 204)).toHaveLength(2);
      const refused = replies.find(({ status }) => status === 503);
      expect(refused).toMatchObject({ body: 'request throttled, queue full\n', error: null });
      expect(refused?.headers).toMatchObject({ 'content-type': 'text/plain; charset=utf-8', connection: 'close' });
      expect(refused?.headers).not.toHaveProperty('x-influxdb-error');
      expect(standIn.counts).toMatchObject({ writesReceived: 8, writesByStatus: { 204: 2, 503: 6 }, linesStored: 2 });
    }),
  );

  test(
    'an overloaded server refuses a write that waited too long, and does not throttle the v2 API',
    withStandIn(
      { concurrentWritesMax: 1, enqueuedWritesMax: 5, enqueuedWriteTimeoutMs: 20, writeCostMs: 150 },
      async ({ write, standIn }) => {
        const first = write('m v=1 5');
        const second = await write('m v=1 5');
        expect(second).toMatchObject({ status: 503, body: 'request throttled, exceeds timeout\n' });
        expect((await send(`${standIn.url}/api/v2/write?bucket=db`, { body: 'm v=1 5' })).status).toBe(204);
        expect((await first).status).toBe(204);
        expect((await write('m v=1 5')).status).toBe(204);
      },
    ),
  );
});

describe('other paths', () => {
  test.each([
    ['GET', '/ping', 204],
    ['HEAD', '/ping', 204],
    ['GET', '/ping?verbose=true', 200],
    ['GET', '/ping?verbose=0', 204],
    ['POST', '/ping', 405],
    ['GET', '/write?db=db', 405],
    ['GET', '/health', 404],
    ['POST', '/debug/ctrl', 400],
    ['POST', '/debug/ctrl?mod=readonly', 400],
    ['POST', '/debug/ctrl?mod=readonly&switchon=maybe', 400],
    ['POST', '/debug/ctrl?mod=nonesuch&switchon=true', 400],
    ['POST', '/api/v2/write?bucket=', 404],
    ['POST', '/api/v2/write?bucket=/x', 404],
    ['POST', '/api/v2/write?bucket=db/', 204],
    ['POST', '/api/v2/write?bucket=db/nope', 204],
  ])('the request %s %s gets the status %i', async (method, path, status) => {
    const play = withStandIn({}, async ({ standIn }) => {
      expect((await send(standIn.url + path, { method })).status).toBe(status);
    });
    await play();
  });
});
