/** Basic authentication, the form of credentials that openGemini accepts from headers (`httpd/handler.go`). */

/** User and password of openGemini. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** A shorter password could occur in a text at random, and the text would become unreadable. */
const PASSWORD_CHARACTERS_MIN = 6;

/**
 * Removes the credentials from a text of the server. A proxy may quote the headers of a request in its error page, and
 * error texts are logged and stored.
 */
export const withoutCredentials = (text: string, credentials: Credentials | undefined): string => {
  if (credentials === undefined) return text;
  const { username, password } = credentials;
  const token = Buffer.from(`${username}:${password}`).toString('base64');
  const secrets = [
    token,
    ...(password.length < PASSWORD_CHARACTERS_MIN ? [] : [password, encodeURIComponent(password)]),
  ];
  return secrets.reduce((left, secret) => left.replaceAll(secret, '***'), text);
};

/**
 * Returns the `Authorization` header. Returns no header if `credentials` is undefined: the server then has no
 * authentication.
 */
export const basicAuthorization = (credentials: Credentials | undefined): Record<string, string> =>
  credentials === undefined
    ? {}
    : { authorization: `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64')}` };
