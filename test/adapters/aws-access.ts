import { afterEach, beforeEach, vi } from 'vitest';

/** What an SDK client finds in its environment: where the emulators are, and credentials that none of them checks. */
export const useAwsEnvironment = (endpoints: () => Readonly<Record<string, string>>): void => {
  beforeEach(() => {
    const access = { AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local' };
    for (const [name, value] of Object.entries({ ...access, ...endpoints() })) vi.stubEnv(name, value);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
  });
};
