/** Credentials for openGemini: from variables, or from a secret in Secrets Manager, cached for a while. */

import type { CredentialSource, Credentials } from './opengemini.ts';
import { AWS_TIMEOUTS } from './sqs.ts';

const CACHE_SECONDS = 300;

export const fixedCredentials = (credentials: Credentials | undefined): CredentialSource => ({
  current: async () => credentials,
  renew: async () => credentials,
});

/** The secret is JSON `{"username", "password"}`. Loaded lazily: most deployments do not need the client. */
export const secretCredentials = (arn: string, requestTimeoutMs: number): CredentialSource => {
  const load = async (forceFetch: boolean): Promise<Credentials> => {
    const { SecretsProvider } = await import('@aws-lambda-powertools/parameters/secrets');
    provider ??= new SecretsProvider({
      clientConfig: { requestHandler: { ...AWS_TIMEOUTS, requestTimeout: requestTimeoutMs } },
    });
    const secret = await provider.get(arn, { maxAge: CACHE_SECONDS, forceFetch, transform: 'json' });
    return credentialsFrom(secret, arn);
  };
  let provider:
    | { get(name: string, options: { maxAge: number; forceFetch: boolean; transform: 'json' }): Promise<unknown> }
    | undefined;
  return { current: () => load(false), renew: () => load(true) };
};

const credentialsFrom = (secret: unknown, arn: string): Credentials => {
  const { username, password } = (secret ?? {}) as Partial<Credentials>;
  if (typeof username === 'string' && typeof password === 'string') return { username, password };
  throw new Error(`The secret ${arn} must be JSON with the texts "username" and "password".`);
};
