/** Chooses the node of openGemini that the local tools query. The sink itself writes to all nodes. */

import { query, type ServerAccess } from './opengemini-client.ts';

/** Thrown when the openGemini that the variables name cannot be used. */
export class ServerUnusable extends Error {
  override readonly name = 'ServerUnusable';
}

/** A node that does not answer, and why. */
export interface SilentNode {
  readonly url: string;
  readonly fault: string;
}

/** Which nodes answer. */
export interface FoundNode {
  /** Address of the first node that answers; `undefined` without addresses. */
  readonly url: string | undefined;
  /** The other nodes that were asked and did not answer. */
  readonly silent: readonly SilentNode[];
}

/** Time limit for a node of several. One that hangs must not keep the system from starting. */
const NODE_MS = 2_000;

/**
 * Asks all nodes at once, and returns the first one of the list that answers a query. A single address is returned without
 * a query.
 *
 * @param urls - Addresses, separated by commas.
 * @throws {ServerUnusable} if none of several answers. The message names each with its reason.
 */
export const findUsableNode = async (
  urls: string | undefined,
  credentials: ServerAccess['credentials'],
): Promise<FoundNode> => {
  const nodes = (urls ?? '').split(',').flatMap((url) => url.trim().replace(/\/$/, '') || []);
  if (nodes.length < 2) return { url: nodes[0], silent: [] };
  const faults = await Promise.all(nodes.map((url) => faultOf({ url, credentials, timeoutMs: NODE_MS })));
  const silent = nodes.flatMap((url, index) => {
    const fault = faults[index];
    return fault === undefined ? [] : [{ url, fault }];
  });
  const url = nodes[faults.indexOf(undefined)];
  if (url !== undefined) return { url, silent };
  const named = silent.map((node) => `${node.url}: ${node.fault}`).join('; ');
  throw new ServerUnusable(`none of the ${nodes.length} nodes can be used (${named})`);
};

/** Returns why a server does not answer a query; `undefined` if it does. */
const faultOf = (server: ServerAccess): Promise<string | undefined> =>
  query(server, 'SHOW DATABASES').then(
    () => undefined,
    ({ message, cause }: Error) => (cause instanceof Error ? cause.message : message),
  );
