/** The ports of `dev`. Those of the last run in the folder are used again, so that addresses in other programs stay valid. */

import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { LOOPBACK_HOST } from '../../local/loopback.ts';
import type { LocalAddresses, LocalSystemOptions } from '../../local/system.ts';
import { DEV_FOLDER, prepareDevFolder } from '../dev-state.ts';

/** Ports of the system, and of the console. 0 means any free port. */
export type DevPorts = LocalSystemOptions['ports'] & { readonly console: number };

const NAMES = { sqs: 'queue', dynamodb: 'table', opengemini: 'openGemini stand-in', console: 'console' } as const;

const fileIn = (folder: string): string => join(folder, DEV_FOLDER, 'ports.json');

/**
 * Returns the ports to use: those that the caller gives, then those of the last run that are free, then any.
 *
 * @param given - Ports of the options.
 * @param folder - Working directory.
 * @param print - Receives one line if a port of the last run is in use.
 */
export const chosenPorts = async (
  given: Partial<DevPorts>,
  folder: string,
  print: (line: string) => void,
): Promise<DevPorts> => {
  const last = lastPorts(folder);
  const ports = { sqs: 0, dynamodb: 0, opengemini: 0, console: 0, ...given };
  const taken: string[] = [];
  for (const name of Object.keys(NAMES) as (keyof DevPorts)[]) {
    const port = last[name];
    if (given[name] !== undefined || port === undefined) continue;
    if (!Object.values(ports).includes(port) && (await isFree(port))) ports[name] = port;
    else taken.push(`${port} (${NAMES[name]})`);
  }
  if (taken.length > 0)
    print(`Ports of the last run that are in use, so that other free ports replace them: ${taken.join(', ')}.`);
  return ports;
};

/**
 * Stores the ports of this run. A stand-in or a console that did not run keeps its port.
 *
 * @param consoleUrl - Address of the console; undefined if it did not run.
 */
export const storePorts = (
  folder: string,
  addresses: LocalAddresses,
  hasStandIn: boolean,
  consoleUrl: string | undefined,
): void => {
  const portOf = (url: string): number => Number(new URL(url).port);
  const ports = {
    ...lastPorts(folder),
    sqs: portOf(addresses.sqsEndpoint),
    dynamodb: portOf(addresses.dynamodbEndpoint),
    ...(hasStandIn ? { opengemini: portOf(addresses.opengeminiUrl) } : {}),
    ...(consoleUrl === undefined ? {} : { console: portOf(consoleUrl) }),
  };
  prepareDevFolder(folder);
  writeFileSync(fileIn(folder), `${JSON.stringify(ports)}\n`);
};

/** Returns the ports in the file. A file that is missing or damaged gives none. */
const lastPorts = (folder: string): Partial<DevPorts> => {
  try {
    const found = JSON.parse(readFileSync(fileIn(folder), 'utf8')) as Record<string, unknown>;
    return Object.fromEntries(Object.entries(found).filter(([name, port]) => name in NAMES && isPort(port)));
  } catch {
    return {};
  }
};

const isPort = (port: unknown): boolean => Number.isInteger(port) && Number(port) > 0 && Number(port) <= 65_535;

const isFree = async (port: number): Promise<boolean> => {
  const server = createServer().listen(port, LOOPBACK_HOST);
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
};
