/** Basic authentication, the form of credentials that openGemini accepts from headers (`httpd/handler.go`). */

import type { Credentials } from './opengemini.ts';

/**
 * Returns the header for these credentials, or no header if they are undefined, for a server without authentication.
 */
export const basicAuthorization = (credentials: Credentials | undefined): Record<string, string> =>
  credentials === undefined
    ? {}
    : { authorization: `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64')}` };
