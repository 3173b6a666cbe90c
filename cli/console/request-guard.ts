/**
 * Decides which requests the console accepts. It listens on loopback, but every page in a browser can send requests there:
 * directly, and under its own name if that resolves to 127.0.0.1 (DNS rebinding). docs/decisions/0041 gives the reasons.
 */

import type { IncomingHttpHeaders } from 'node:http';

/** A request that is not accepted. */
export interface Rejection {
  readonly status: 400 | 403 | 405 | 415;
  readonly text: string;
}

/** Headers of every response. The policy admits only files of the console itself. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': [
    "default-src 'none'",
    ...["script-src 'self'", "style-src 'self'", "img-src 'self'", "connect-src 'self'"],
    ...["base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'"],
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
};

/**
 * Returns why a request is not accepted, or undefined.
 *
 * `Host` must be the address of the console, which excludes names of other sites. A request with `Origin` must come from the
 * console's own page. A change of the state needs `Origin` and JSON, because a form of another site can send neither.
 */
export const rejectionOf = (
  method: string | undefined,
  headers: IncomingHttpHeaders,
  port: number,
): Rejection | undefined => {
  const hosts = [`127.0.0.1:${port}`, `localhost:${port}`];
  if (!hosts.includes(headers.host ?? ''))
    return { status: 403, text: `The header Host must be ${hosts.join(' or ')}.` };
  if (method !== 'GET' && method !== 'POST') return { status: 405, text: 'The method must be GET or POST.' };
  const own = `http://${headers.host}`;
  if (headers.origin !== undefined && headers.origin !== own)
    return { status: 403, text: `The header Origin must be ${own}.` };
  const site = headers['sec-fetch-site'];
  // "none": the user has entered the address.
  if (site !== undefined && site !== 'same-origin' && !(site === 'none' && method === 'GET'))
    return { status: 403, text: 'Requests of other sites are not accepted.' };
  if (method === 'GET') return undefined;
  if (headers.origin === undefined) return { status: 403, text: `The header Origin must be ${own}.` };
  return headers['content-type'] === 'application/json'
    ? undefined
    : { status: 415, text: 'The header Content-Type must be application/json.' };
};
