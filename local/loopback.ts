/** Addresses and names of the local cloud. */

/** The only address that the local services listen on, because no other machine may reach them. */
export const LOOPBACK_HOST = '127.0.0.1';

/** Region of the local services. */
export const LOCAL_REGION = 'us-east-1';
/** Account in the ARNs of the local services. */
export const LOCAL_ACCOUNT = '000000000000';

/**
 * Returns the configuration with which an AWS SDK client reaches an emulator. The emulators check no signature, but the
 * SDK does not send a request without credentials.
 */
export const emulatorAccess = (endpoint: string, region: string = LOCAL_REGION) => ({
  endpoint,
  region,
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
});
