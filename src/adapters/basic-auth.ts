/** Basic authentication, the form of credentials that openGemini accepts from headers (`httpd/handler.go`). */

/** User and password of openGemini. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/**
 * Returns the `Authorization` header. Returns no header if `credentials` is undefined: the server then has no
 * authentication.
 */
export const basicAuthorization = (credentials: Credentials | undefined): Record<string, string> =>
  credentials === undefined
    ? {}
    : { authorization: `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64')}` };
