/** Servers that are unavailable, slow, or close connections: repeated requests, their nodes, and the outcomes. */

import type { ServerResponse } from 'node:http';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/adapters/clock.ts';
import { fixedCredentials } from '../../src/adapters/secrets.ts';
import {
  batch,
  closedAddress,
  inTurn,
  openWriter,
  refusing,
  reset,
  startNode,
  startRawNode,
  within,
  withStandIn,
  written,
} from './nodes.ts';

const WRITTEN = { kind: 'written' };
const closing = refusing(400, 'server is closing');

// Which node receives a batch is tested in simulated time (`test/writer/several-nodes.test.ts`).
describe('several nodes', () => {
  const silent = (): void => undefined;

  test('a batch is written while one of the nodes works', async () => {
    const closed = await closedAddress();
    const [failing, working] = [await startNode(closing), await startNode(written)];
    const writer = openWriter([closed, failing.url, working.url]);
    for (let i = 0; i < 3; i++) expect(await writer.write(batch(), within(5_000))).toEqual(WRITTEN);
    expect(working.seen).toHaveLength(3);
    expect(failing.seen.length).toBeLessThanOrEqual(1);
  });
  test('a node that accepts connections and never answers receives one batch, which is aborted', async () => {
    const [hanging, working] = [await startNode(silent), await startNode(written)];
    const failed: string[] = [];
    const events = { nodeFailed: (node: string) => failed.push(node), nodeRecovered: () => undefined };
    const writer = openWriter([hanging.url, working.url], { timeoutMs: 60_000, events });
    for (let i = 0; i < 20; i++) expect(await writer.write(batch(), within(30_000))).toEqual(WRITTEN);
    expect(hanging.seen).toHaveLength(1);
    await expect.poll(() => hanging.closed).toEqual([0]);
    expect(failed).toEqual([new URL(hanging.url).host]);
  });
  test('each node receives the batch once when all are unavailable, and the next batch is tried again', async () => {
    const [a, b] = [await startNode(inTurn(closing, written)), await startNode(closing)];
    const writer = openWriter([a.url, b.url]);
    expect(await writer.write(batch(), within(5_000))).toMatchObject({ kind: 'unavailable' });
    expect([a.seen.length, b.seen.length]).toEqual([1, 1]);
    expect(await writer.write(batch(), within(5_000))).toEqual(WRITTEN);
    expect(a.seen).toHaveLength(2);
  });
  test('a probe is an empty write to the same database', async () => {
    const [failing, working] = [await startNode(inTurn(closing, written)), await startNode(written)];
    const clock = { ...systemClock, monotonicMs: () => systemClock.monotonicMs() + laterMs };
    let laterMs = 0;
    const writer = openWriter([failing.url, working.url], { clock });
    while (failing.seen.length === 0) await writer.write(batch(), within(5_000));
    laterMs = 1_000;
    writer.probes?.startDue(batch().target);
    await writer.probes?.finish();
    const { path, params, body } = failing.seen[1] ?? expect.fail('no probe arrived');
    expect([path, params.get('db'), body.length]).toEqual(['/write', 'db', 0]);
  });
  test('one node has no probes', async () => {
    expect(openWriter(['http://127.0.0.1:1']).probes).toBeUndefined();
  });
});

describe('time limits', () => {
  const silent = (): void => undefined;
  const half = (_: unknown, response: ServerResponse): void => {
    response.writeHead(400, { 'content-length': '100' }).write('{"error"');
  };
  const dripping = (_: unknown, response: ServerResponse): void => {
    response.writeHead(400);
    const drops = setInterval(() => response.write('x'), 20);
    response.on('close', () => clearInterval(drops));
  };
  test.each([
    ['no response', silent],
    ['half a response', half],
    ['an endless response', dripping],
  ])('%s within the time limit counts as throttled, and the request is aborted', async (_, answer) => {
    const node = await startNode(answer);
    expect(await openWriter([node.url], { timeoutMs: 150 }).write(batch(), within(30_000))).toMatchObject({
      kind: 'throttled',
    });
    await expect.poll(() => node.closed).toEqual([0]);
    expect(node.seen).toHaveLength(1);
  });
  test('the deadline aborts a request before its own time limit', async () => {
    const node = await startNode(silent);
    const started = performance.now();
    const outcome = await openWriter([node.url], { timeoutMs: 60_000 }).write(batch(), within(150));
    expect(outcome).toMatchObject({ kind: 'throttled' });
    expect(performance.now() - started).toBeLessThan(5_000);
    await expect.poll(() => node.closed).toEqual([0]);
  });
  test('an aborted signal aborts a request', async () => {
    const node = await startNode(silent);
    const abort = new AbortController();
    const deadline = { remainingMs: () => 60_000, signal: abort.signal };
    const outcome = openWriter([node.url], { timeoutMs: 60_000 }).write(batch(), deadline);
    await expect.poll(() => node.seen.length).toBe(1);
    abort.abort();
    expect(await outcome).toMatchObject({ kind: 'throttled' });
    await expect.poll(() => node.closed).toEqual([0]);
  });
  test('no request is sent after the deadline', async () => {
    const node = await startNode(written);
    expect(await openWriter([node.url]).write(batch(), within(0))).toMatchObject({ kind: 'unavailable' });
    expect(node.seen).toEqual([]);
  });
});

const connections = ({ seen }: Awaited<ReturnType<typeof startNode>>): number[] =>
  seen.map(({ connection }) => connection);
/** The pool reuses a connection one turn of the event loop after its response. */
const nextTurn = (): Promise<unknown> => new Promise((resolve) => setImmediate(resolve));

test('a reset on a connection that was used before is stale, and the batch is sent once more on a new one', async () => {
  const node = await startNode(inTurn(written, reset, written));
  const writer = openWriter([node.url]);
  await writer.write(batch(), within(5_000));
  await nextTurn();
  expect(await writer.write(batch(), within(5_000))).toEqual(WRITTEN);
  expect(connections(node)).toEqual([0, 0, 1]);
});
test('two resets in a row are an outcome', async () => {
  const node = await startNode(inTurn(written, reset, reset, written));
  const writer = openWriter([node.url]);
  await writer.write(batch(), within(5_000));
  await nextTurn();
  expect(await writer.write(batch(), within(5_000))).toMatchObject({ kind: 'unavailable' });
  expect(connections(node)).toEqual([0, 0, 1]);
});
test('after two resets the new pool has no stale connections, so the next reset is an outcome immediately', async () => {
  const node = await startNode(inTurn(written, reset, reset, reset, written));
  const writer = openWriter([node.url]);
  await writer.write(batch(), within(5_000));
  await nextTurn();
  for (let i = 0; i < 2; i++) expect(await writer.write(batch(), within(5_000))).toMatchObject({ kind: 'unavailable' });
  expect(node.seen).toHaveLength(4);
});
test('a reset before the first response is an outcome immediately', async () => {
  const node = await startNode(inTurn(reset, written));
  expect(await openWriter([node.url]).write(batch(), within(5_000))).toMatchObject({ kind: 'unavailable' });
  expect(node.seen).toHaveLength(1);
});
test('a reset after the server has stored the batch is repeated, because equal points merge', async () => {
  const standIn = await withStandIn();
  const writer = openWriter([standIn.url]);
  await writer.write(batch(), within(5_000));
  await nextTurn();
  standIn.faults.set({ name: 'dropped-reply', count: 1 });
  expect(await writer.write(batch(), within(5_000))).toEqual(WRITTEN);
  expect(standIn.points('db')).toHaveLength(1);
});
test('a reset while other requests are answered counts as the connection limit of the server', async () => {
  let first: (() => void) | undefined;
  const node = await startNode((seen, response) => {
    if (first === undefined) {
      first = () => reset(seen, response);
      return;
    }
    written(seen, response);
  });
  const writer = openWriter([node.url]);
  const slow = writer.write(batch(), within(5_000));
  await expect.poll(() => node.seen.length).toBe(1);
  expect(await writer.write(batch(), within(5_000))).toEqual(WRITTEN);
  first?.();
  expect(await slow).toMatchObject({ kind: 'throttled' });
});
test('a reset does not abort the requests in flight on other connections', async () => {
  let answerSlow: (() => void) | undefined;
  const node = await startNode((seen, response) => {
    if (node.seen.length === 2) answerSlow = () => written(seen, response);
    else if (node.seen.length === 3) reset(seen, response);
    else written(seen, response);
  });
  const writer = openWriter([node.url]);
  await writer.write(batch(), within(5_000));
  await nextTurn();
  const slow = writer.write(batch(), within(5_000));
  await expect.poll(() => node.seen.length).toBe(2);
  expect(await writer.write(batch(), within(5_000))).toEqual(WRITTEN);
  answerSlow?.();
  expect(await slow).toEqual(WRITTEN);
  expect(connections(node)).toEqual([0, 0, 1, 2]);
});

describe('unreadable responses', () => {
  const REFUSED = { kind: 'refused', code: 'line-refused' };
  test('a response with a control character in the error header refuses the line', async () => {
    const error = 'cannot parse \u0001';
    const node = await startRawNode(
      `HTTP/1.1 400 Bad Request\r\nX-Influxdb-Error: ${error}\r\nContent-Length: 0\r\n\r\n`,
    );
    expect(await openWriter([node.url]).write(batch(), within(5_000))).toMatchObject(REFUSED);
  });
  test('a line with a control character is refused through the unreadable response of the server', async () => {
    const standIn = await withStandIn();
    const line = Buffer.from('m,t\u0001=1,t\u0001=2 v=1 1\n');
    expect(await openWriter([standIn.url]).write({ ...batch(), body: line }, within(5_000))).toMatchObject(REFUSED);
  });
  test('a response that is unreadable for another reason counts as unavailable', async () => {
    for (const bytes of ['nonsense\r\n\r\n', 'HTTP/1.1 204 No Content\r\nbad header\r\n\r\n', '']) {
      const node = await startRawNode(bytes);
      expect(await openWriter([node.url]).write(batch(), within(5_000)), bytes).toMatchObject({ kind: 'unavailable' });
    }
  });
});

describe('responses that no openGemini sends', () => {
  const MIB = 1024 * 1024;

  /** Sends an error text, and then more until the client closes the connection. Counts the bytes that it sent. */
  const endless = async (text: string) => {
    const sent = { bytes: 0 };
    const node = await startNode((_, response) => {
      response.writeHead(500).write(text);
      const more = (): void => {
        while (!response.destroyed && sent.bytes < 256 * MIB) {
          sent.bytes += MIB;
          if (!response.write(Buffer.alloc(MIB, 'x'))) {
            response.once('drain', more);
            return;
          }
        }
      };
      more();
    });
    return { node, sent };
  };

  test('a response without an end is cut at 1 MiB, and its connection is closed', async () => {
    const { node, sent } = await endless('some error ');
    const outcome = await openWriter([node.url]).write(batch(), within(30_000));
    expect(outcome).toMatchObject({
      kind: 'unavailable',
      unexplained: true,
      text: expect.stringMatching(/^HTTP 500: some error x+$/),
    });
    await expect.poll(() => node.closed).toEqual([0]);
    // Buffers of both sockets contain some MiB that the client never reads.
    expect(sent.bytes).toBeLessThan(32 * MIB);
  });

  test('the text of a conflict is complete for the longest line, although JSON writes each byte as six', async () => {
    const field = '\u0001'.repeat(60 * 1024);
    const text = `partial write: field type conflict: input field "${field}" on measurement "m" is type string, already exists as type float dropped=0`;
    const node = await startNode((_, response) => response.writeHead(400).end(JSON.stringify({ error: text })));
    expect(await openWriter([node.url]).write(batch(), within(5_000))).toEqual({
      kind: 'refused',
      code: 'type-conflict',
      text,
    });
  });

  test.each([301, 302, 303, 307, 308])(
    'a redirect with status %i is a fault of the configuration, and is not followed',
    async (status) => {
      const other = await startNode(written);
      const location = `${other.url}/write?db=db`;
      const node = await startNode((_, response) => response.writeHead(status, { location }).end('moved'));
      const credentials = fixedCredentials({ username: 'u', password: 'p' });
      const writer = openWriter([node.url], { credentials });
      expect(await writer.write(batch(), within(5_000))).toEqual({
        kind: 'misconfigured',
        databaseMissing: false,
        text: `HTTP ${status}: moved`,
      });
      expect(await writer.createDatabase('db', within(5_000))).toBe(false);
      expect([node.seen.length, other.seen.length]).toEqual([2, 0]);
    },
  );
});
