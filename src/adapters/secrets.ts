/** Credentials for openGemini, from environment variables or from a secret in Secrets Manager. */

import { AWS_TIMEOUTS } from './aws-timeouts.ts';
import type { Credentials } from './basic-auth.ts';
import type { CredentialSource } from './opengemini.ts';

/** Duration for which a secret is cached. After the server has refused it, it is read again immediately. */
const CACHE_SECONDS = 300;

/** Returns a source that always has the same credentials. */
export const fixedCredentials = (credentials: Credentials | undefined): CredentialSource => ({
  current: async () => credentials,
  renew: async () => credentials,
});

/**
 * Returns a source that reads a secret with the JSON `{"username", "password"}`. Both calls throw if the secret cannot
 * be read or has another form. The client is loaded lazily, because most deployments do not need it.
 */
export const secretCredentials = (arn: string, requestTimeoutMs: number): CredentialSource => {
  const load = async (forceFetch: boolean): Promise<Credentials> => {
    const { SecretsProvider } = await import('@aws-lambda-powertools/parameters/secrets');
    provider ??= new SecretsProvider({
      clientConfig: { requestHandler: { ...AWS_TIMEOUTS, requestTimeout: requestTimeoutMs } },
    });
    return credentialsFrom(await provider.get(arn, { maxAge: CACHE_SECONDS, forceFetch }), arn);
  };
  let provider: { get(name: string, options: { maxAge: number; forceFetch: boolean }): Promise<unknown> } | undefined;
  return { current: () => load(false), renew: () => load(true) };
};

const credentialsFrom = (secret: unknown, arn: string): Credentials => {
  const { username, password } = (parsed(secret) ?? {}) as Partial<Credentials>;
  if (typeof username === 'string' && typeof password === 'string') return { username, password };
  throw new Error(`The secret ${arn} must be JSON with the strings "username" and "password".`);
};

/** Returns the value of a JSON text, or undefined. The error of a parser quotes the text, and would be logged. */
const parsed = (secret: unknown): unknown => {
  try {
    return JSON.parse(String(secret));
  } catch {
    return undefined;
  }
};
