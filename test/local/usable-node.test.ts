/** Which node of several the local tools query. Covers `local/usable-node.ts`. */

import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { expect, onTestFinished, test, vi } from 'vitest';
import { startStandIn } from '../../local/opengemini/server.ts';
import { findUsableNode, ServerUnusable } from '../../local/usable-node.ts';

const CLOSED = 'http://127.0.0.1:1';

const startServer = async (): Promise<string> => {
  const standIn = await startStandIn();
  onTestFinished(() => standIn.close());
  return standIn.url;
};

test('a single address is not asked, and may have a slash at its end', async () => {
  expect(await findUsableNode(` ${CLOSED}/ `, undefined)).toEqual({ url: CLOSED, silent: [] });
  expect(await findUsableNode(undefined, undefined)).toEqual({ url: undefined, silent: [] });
});

test('the first node that answers is used, and the others are named with the reason', async () => {
  const [first, second] = [await startServer(), await startServer()];
  const { url, silent } = await findUsableNode(`${CLOSED},${first},${second}`, undefined);
  expect(url).toBe(first);
  expect(silent).toEqual([{ url: CLOSED, fault: 'connect ECONNREFUSED 127.0.0.1:1' }]);
});

test('a node that never answers is given up after 2 s', async () => {
  const timeout = vi.spyOn(AbortSignal, 'timeout');
  onTestFinished(() => void timeout.mockRestore());
  const sockets = new Set<Socket>();
  const hanging = createServer((socket) => sockets.add(socket)).listen(0, '127.0.0.1');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    hanging.close();
  });
  await once(hanging, 'listening');
  const url = `http://127.0.0.1:${(hanging.address() as AddressInfo).port}`;
  const usable = await startServer();
  expect(await findUsableNode(`${url},${usable}`, undefined)).toEqual({
    url: usable,
    silent: [{ url, fault: 'The operation was aborted due to timeout' }],
  });
  expect(timeout.mock.calls).toEqual([[2_000], [2_000]]);
});

test('an error names every node if none answers', async () => {
  const found = findUsableNode(`${CLOSED},http://127.0.0.1:9`, undefined);
  await expect(found).rejects.toThrow(ServerUnusable);
  await expect(found).rejects.toThrow(
    'none of the 2 nodes can be used (http://127.0.0.1:1: connect ECONNREFUSED 127.0.0.1:1; http://127.0.0.1:9: connect ECONNREFUSED 127.0.0.1:9)',
  );
});
