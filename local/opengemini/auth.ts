/** Authentication of the stand-in: one user, and the server's lock after wrong passwords. */

import type { IncomingMessage } from 'node:http';

/** Name and password of a user. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** Checks the credentials of a request. Returns undefined if it is allowed, otherwise the error text of a 401. */
export type Authenticate = (request: IncomingMessage, params: URLSearchParams) => string | undefined;

const FAILURES_MAX = 5;
const LOCK_S = 30n;

/** Error text for a locked user. */
export const USER_IS_LOCKED = 'user is locked';

const splitAtColon = (text: string): Credentials | undefined => {
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : { username: text.slice(0, colon), password: text.slice(colon + 1) };
};

const fromHeader = (header: string): Credentials | 'bearer' | undefined => {
  const words = header.split(' ');
  if (words.length === 2 && words[0] === 'Bearer') return 'bearer';
  if (words.length === 2 && words[0] === 'Token') return splitAtColon(words[1] ?? '');
  const basic = /^basic (.*)$/i.exec(header)?.[1];
  if (basic === undefined || !/^[A-Za-z0-9+/]*={0,2}$/.test(basic) || basic.length % 4 !== 0) return undefined;
  return splitAtColon(Buffer.from(basic, 'base64').toString('utf8'));
};

const readCredentials = (request: IncomingMessage, params: URLSearchParams): Credentials | 'bearer' | undefined => {
  const [username, password] = [params.get('u'), params.get('p')];
  if (username && password) return { username, password };
  return fromHeader(request.headers.authorization ?? '');
};

/**
 * Creates the check for one user, or a check that allows every request if there are no credentials. After five wrong
 * passwords the server locks the user for 30 s, for all clients and even with the right password. Only a correct login
 * outside the lock resets the count. Requests during the lock do not prolong it.
 */
export const createAuthenticate = (credentials: Credentials | undefined, nowNs: () => bigint): Authenticate => {
  if (credentials === undefined) return () => undefined;
  let failures = 0;
  let failedAtS = 0n;
  return (request, params) => {
    const given = readCredentials(request, params);
    if (given === undefined) return 'unable to parse authentication credentials';
    if (given === 'bearer') return 'bearer auth disabld';
    if (given.username === '') return 'username required';
    if (given.username !== credentials.username) return 'authorization failed';
    const nowS = nowNs() / 1_000_000_000n;
    if (failures >= FAILURES_MAX && failedAtS + LOCK_S > nowS) return USER_IS_LOCKED;
    if (given.password === credentials.password) {
      failures = 0;
      return undefined;
    }
    if (failedAtS + LOCK_S < nowS) failures = 0;
    failures++;
    failedAtS = nowS;
    return 'authorization failed';
  };
};
