/** Requests to openGemini: their form, compression, credentials and certificates. */

import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { Credentials } from '../../src/adapters/basic-auth.ts';
import type { CredentialSource } from '../../src/adapters/opengemini.ts';
import { fixedCredentials } from '../../src/adapters/secrets.ts';
import { hasOpenssl, selfSigned } from './certificates.ts';
import {
  batch,
  closedAddress,
  inTurn,
  openWriter,
  refusing,
  startNode,
  within,
  withStandIn,
  written,
} from './nodes.ts';

const WRITTEN = { kind: 'written' };

describe('batches', () => {
  test('a batch is stored by the server and acknowledged', async () => {
    const standIn = await withStandIn();
    const lines = Buffer.from('m,t=a v=1.5 1\nm,t=b s="x" 2\n');
    const outcome = await openWriter([standIn.url]).write({ ...batch(), body: lines, lines: 2 }, within(5_000));
    expect(outcome).toEqual(WRITTEN);
    expect(standIn.points('db').map(({ timeNs }) => timeNs)).toEqual([1n, 2n]);
  });

  test.each([
    [1_023, undefined],
    [1_024, 'gzip'],
    [300_000, 'gzip'],
  ])('a batch of %i bytes has the content encoding %s, and arrives unchanged', async (bytes, encoding) => {
    const node = await startNode(written);
    const one = batch(bytes);
    expect(one.body).toHaveLength(bytes);
    expect(await openWriter([node.url]).write(one, within(5_000))).toEqual(WRITTEN);
    const [{ headers, body } = expect.fail('nothing arrived')] = node.seen;
    expect(headers['content-encoding']).toBe(encoding);
    expect((encoding === undefined ? body : gunzipSync(body)).equals(one.body)).toBe(true);
    expect(headers['content-length']).toBe(String(body.length));
  });

  test.each([
    ['db', undefined],
    ['two words', 'week 1'],
    ['データ', 'été'],
    ['a&b=c+d%20?#', 'rp&precision=s'],
  ])('a batch names the database %j, the policy %j and nanoseconds', async (database, retentionPolicy) => {
    const node = await startNode(written);
    await openWriter([node.url]).write(batch(0, { database, retentionPolicy }), within(5_000));
    const [{ path, params } = expect.fail('nothing arrived')] = node.seen;
    expect(path).toBe('/write');
    const policy = retentionPolicy === undefined ? {} : { rp: retentionPolicy };
    expect(Object.fromEntries(params)).toEqual({ db: database, precision: 'ns', ...policy });
  });

  test('a request accepts errors as JSON', async () => {
    const node = await startNode(written);
    await openWriter([node.url]).write(batch(), within(5_000));
    expect(node.seen[0]?.headers).toMatchObject({
      accept: 'application/json',
      'content-type': 'text/plain; charset=utf-8',
    });
    expect(node.seen[0]?.headers.authorization).toBeUndefined();
  });

  test.each(['/proxy/og', '/proxy/og/'])('requests keep the path of the URL: %s', async (prefix) => {
    const node = await startNode(written);
    const writer = openWriter([node.url + prefix]);
    await writer.write(batch(), within(5_000));
    await writer.createDatabase('db', within(5_000));
    expect(node.seen.map(({ path }) => path)).toEqual(['/proxy/og/write', '/proxy/og/query']);
  });
});

describe('compression', () => {
  const NO_LOOPBACK = 'http://0.0.0.0'; // The system connects to this machine, but the address is not in 127.0.0.0/8.
  test.each([
    ['auto', 'http://127.0.0.1', undefined],
    ['auto', 'http://localhost', undefined],
    ['auto', NO_LOOPBACK, 'gzip'],
    ['on', 'http://127.0.0.1', 'gzip'],
    ['on', NO_LOOPBACK, 'gzip'],
    ['off', 'http://127.0.0.1', undefined],
    ['off', NO_LOOPBACK, undefined],
  ] as const)('with %s a large body for %s has the content encoding %s', async (gzip, host, encoding) => {
    const node = await startNode(written);
    const one = batch(300_000);
    const writer = openWriter([node.url.replace('http://127.0.0.1', host)], { gzip });
    expect(await writer.write(one, within(5_000))).toEqual(WRITTEN);
    const [{ headers, body } = expect.fail('nothing arrived')] = node.seen;
    expect(headers['content-encoding']).toBe(encoding);
    expect((encoding === undefined ? body : gunzipSync(body)).equals(one.body)).toBe(true);
  });

  test.each(['auto', 'on', 'off'] as const)('with %s a body under 1,024 bytes is not compressed', async (gzip) => {
    const node = await startNode(written);
    const writer = openWriter([node.url.replace('http://127.0.0.1', NO_LOOPBACK)], { gzip });
    expect(await writer.write(batch(1_023), within(5_000))).toEqual(WRITTEN);
    expect(node.seen.map(({ headers }) => headers['content-encoding'])).toEqual([undefined]);
  });

  test('with auto each of several nodes is decided separately', async () => {
    const closing = refusing(400, 'server is closing');
    const [near, far] = [await startNode(closing), await startNode(closing)];
    const writer = openWriter([near.url, far.url.replace('http://127.0.0.1', NO_LOOPBACK)], { gzip: 'auto' });
    expect(await writer.write(batch(2_000), within(5_000))).toMatchObject({ kind: 'unavailable' });
    expect([near, far].map(({ seen }) => seen.map(({ headers }) => headers['content-encoding']))).toEqual([
      [undefined],
      ['gzip'],
    ]);
  });
});

describe('damaged bodies', () => {
  test.each([
    'gzip: invalid header',
    'EOF',
    'unexpected EOF',
    'cannot read influx line protocol data: cannot read a block of data in 0.000s: gzip: invalid checksum',
    'cannot read influx line protocol data: cannot read a block of data in 0.000s: unexpected EOF',
  ])('a body that arrived damaged is sent once more without compression: %s', async (error) => {
    const node = await startNode(inTurn(refusing(400, error), written));
    const one = batch(2_000);
    expect(await openWriter([node.url]).write(one, within(5_000))).toEqual(WRITTEN);
    expect(node.seen.map(({ headers }) => headers['content-encoding'])).toEqual(['gzip', undefined]);
    expect(node.seen[1]?.body.equals(one.body)).toBe(true);
  });
  test('a damaged body is not sent a third time', async () => {
    const node = await startNode(refusing(400, 'gzip: invalid header'));
    expect(await openWriter([node.url]).write(batch(2_000), within(5_000))).toMatchObject({ kind: 'unavailable' });
    expect(node.seen).toHaveLength(2);
  });
  test('a body is not repeated if it was not compressed, or if the server is unavailable for another reason', async () => {
    const node = await startNode(inTurn(refusing(400, 'unexpected EOF'), refusing(400, 'server is closing')));
    const writer = openWriter([node.url]);
    expect(await writer.write(batch(100), within(5_000))).toMatchObject({ kind: 'unavailable' });
    expect(await writer.write(batch(2_000), within(5_000))).toMatchObject({ kind: 'unavailable' });
    expect(node.seen).toHaveLength(2);
  });
});

describe('credentials', () => {
  const OLD: Credentials = { username: 'writer', password: 'old' };
  const NEW: Credentials = { username: 'writer', password: 'new' };
  const source = (renewed: Credentials): CredentialSource & { renewals: number } => ({
    renewals: 0,
    current: async () => OLD,
    async renew() {
      this.renewals += 1;
      return renewed;
    },
  });

  test.each([NEW, { username: 'Jürgen ☃', password: 'pä:ß wörd' }])(
    'the credentials %j are accepted by the server',
    async (credentials) => {
      const standIn = await withStandIn({ credentials });
      const writer = openWriter([standIn.url], { credentials: fixedCredentials(credentials) });
      expect(await writer.write(batch(), within(5_000))).toEqual(WRITTEN);
    },
  );
  test('missing credentials deny the whole server', async () => {
    const standIn = await withStandIn({ credentials: NEW });
    expect(await openWriter([standIn.url]).write(batch(), within(5_000))).toMatchObject({
      kind: 'denied',
      scope: 'server',
    });
  });
  test('stale credentials are renewed once, and the batch is written with the new ones', async () => {
    const standIn = await withStandIn({ credentials: NEW });
    const credentials = source(NEW);
    expect(await openWriter([standIn.url], { credentials }).write(batch(), within(5_000))).toEqual(WRITTEN);
    expect(credentials.renewals).toBe(1);
    expect(standIn.counts.writesByStatus).toEqual({ 204: 1, 401: 1 });
  });
  test.each([
    ['the same ones, which are not sent again', OLD, 1],
    ['other wrong ones, which are sent once', { username: 'writer', password: 'wrong' }, 2],
    ['those of another user, which are sent once', { username: 'other', password: 'old' }, 2],
  ])('the batch is denied if renewal gives %s', async (_, renewed, requests) => {
    const standIn = await withStandIn({ credentials: NEW });
    const credentials = source(renewed);
    const outcome = await openWriter([standIn.url], { credentials }).write(batch(), within(5_000));
    expect(outcome).toEqual({ kind: 'denied', scope: 'server', text: 'authorization failed' });
    expect([standIn.counts.writesByStatus, credentials.renewals]).toEqual([{ 401: requests }, 1]);
  });
  test.each([0, 460])(
    'credentials that a proxy quotes after %i characters are removed from the text',
    async (before) => {
      const secret = { username: 'writer', password: 'p&ss wörd/1' };
      const node = await startNode(({ headers }, response) => {
        const quoted = `${headers.authorization} ${secret.password} ${encodeURIComponent(secret.password)}`;
        response.writeHead(502).end(`${'x'.repeat(before)} ${quoted}`);
      });
      const outcome = await openWriter([node.url], { credentials: fixedCredentials(secret) }).write(
        batch(),
        within(5_000),
      );
      const text = `HTTP 502: ${'x'.repeat(before)} Basic *** *** ***`.replace('502:  ', '502: ');
      expect(outcome).toEqual({ kind: 'unavailable', unexplained: true, text });
    },
  );
  test('credentials are not renewed if the user has no right to the database', async () => {
    const node = await startNode(refusing(403, '"w" user is not authorized to write to database "db"'));
    const credentials = source(NEW);
    expect(await openWriter([node.url], { credentials }).write(batch(), within(5_000))).toMatchObject({
      kind: 'denied',
      scope: 'target',
    });
    expect([credentials.renewals, node.seen.length]).toEqual([0, 1]);
  });

  const failing = async (): Promise<never> => {
    throw new Error('no rights on the secret');
  };
  const DENIED = { kind: 'denied', scope: 'server', text: 'credentials: no rights on the secret' };
  test('unreadable credentials are an outcome, and nothing is sent without them', async () => {
    const node = await startNode(written);
    const writer = openWriter([node.url], { credentials: { current: failing, renew: failing } });
    expect(await writer.write(batch(), within(5_000))).toEqual(DENIED);
    expect(await writer.createDatabase('db', within(5_000))).toBe(false);
    expect(node.seen).toEqual([]);
  });
  test('a failed renewal of credentials is an outcome', async () => {
    const standIn = await withStandIn({ credentials: NEW });
    const writer = openWriter([standIn.url], { credentials: { current: async () => OLD, renew: failing } });
    expect(await writer.write(batch(), within(5_000))).toEqual(DENIED);
  });
});

describe('databases', () => {
  test.each([['plain'], ['two words'], ['quo"ted'], ['データ']])('the database %j is created', async (name) => {
    const standIn = await withStandIn();
    const writer = openWriter([standIn.url]);
    expect(await writer.write(batch(0, { database: name }), within(5_000))).toMatchObject({ databaseMissing: true });
    expect(await writer.createDatabase(name, within(5_000))).toBe(true);
    expect(standIn.databases()).toEqual(['db', name].sort());
    expect(await writer.write(batch(0, { database: name }), within(5_000))).toEqual(WRITTEN);
  });
  test('the name of a database cannot change the statement that creates it', async () => {
    const node = await startNode(written);
    await openWriter([node.url]).createDatabase('a\\"; DROP DATABASE "b', within(5_000));
    const statement = new URLSearchParams(node.seen[0]?.body.toString()).get('q');
    expect(statement).toBe('CREATE DATABASE "a\\\\\\"; DROP DATABASE \\"b"');
  });
  test('creating a database returns false if the server did not create it', async () => {
    const standIn = await withStandIn();
    expect(await openWriter([standIn.url]).createDatabase('a/b', within(5_000))).toBe(false);
    const locked = await withStandIn({ credentials: { username: 'a', password: 'b' } });
    expect(await openWriter([locked.url]).createDatabase('x', within(5_000))).toBe(false);
    expect(await openWriter([await closedAddress()]).createDatabase('x', within(5_000))).toBe(false);
    const other = await startNode(written);
    expect(await openWriter([other.url]).createDatabase('x', within(5_000))).toBe(false);
  });
});

describe.skipIf(!hasOpenssl)('a private certificate authority (needs the openssl command)', () => {
  test('a private certificate authority is trusted only if it is configured', async () => {
    const tls = selfSigned();
    const node = await startNode(written, tls);
    const distrusting = await openWriter([node.url]).write(batch(), within(5_000));
    expect(distrusting).toMatchObject({ kind: 'unavailable', text: expect.stringContaining('SELF_SIGNED') });
    expect(node.seen).toEqual([]);
    expect(await openWriter([node.url], { ca: tls.cert }).write(batch(), within(5_000))).toEqual(WRITTEN);
    // The meaning of errors and resets was measured with this version.
    expect(node.seen.map(({ httpVersion }) => httpVersion)).toEqual(['1.1']);
  });
  test('a certificate is refused for a server of another name', async () => {
    const tls = selfSigned();
    const node = await startNode(written, tls);
    const writer = openWriter([node.url.replace('127.0.0.1', 'localhost')], { ca: tls.cert });
    expect(await writer.write(batch(), within(5_000))).toMatchObject({ kind: 'unavailable' });
    expect(node.seen).toEqual([]);
  });
});

describe.skipIf(!hasOpenssl)('a server that requires a client certificate (needs the openssl command)', () => {
  const startDemanding = async () => {
    const [server, client] = [selfSigned(), selfSigned()];
    const node = await startNode(written, { ...server, ca: client.cert, requestCert: true });
    return { node, client, ca: server.cert };
  };
  test('accepts a batch of a client that has the certificate', async () => {
    const { node, client, ca } = await startDemanding();
    const clientCertificate = { cert: client.cert, key: client.key };
    expect(await openWriter([node.url], { ca, clientCertificate }).write(batch(), within(5_000))).toEqual(WRITTEN);
    expect(node.seen).toHaveLength(1);
  });
  test.each(['no certificate', 'another certificate'])(
    'refuses a client with %s, and no line is refused for it',
    async (which) => {
      const { node, ca } = await startDemanding();
      const { cert, key } = selfSigned();
      const clientCertificate = which === 'no certificate' ? undefined : { cert, key };
      const outcome = await openWriter([node.url], { ca, clientCertificate }).write(batch(), within(5_000));
      expect(outcome).toMatchObject({ kind: 'unavailable' });
      expect(node.seen).toEqual([]);
    },
  );
});
