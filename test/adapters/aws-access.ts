/** Environment variables for the SDK clients of a test. */

import { afterEach, beforeEach, vi } from 'vitest';

/** Sets region, credentials that no emulator checks, and the addresses of the emulators, for every test of the file. */
export const useAwsEnvironment = (endpoints: () => Readonly<Record<string, string>>): void => {
  beforeEach(() => {
    const access = { AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local' };
    for (const [name, value] of Object.entries({ ...access, ...endpoints() })) vi.stubEnv(name, value);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
  });
};
