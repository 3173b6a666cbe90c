/** The local cloud listens here only: nothing of it is meant for another machine. */
export const LOOPBACK_HOST = '127.0.0.1';

export const LOCAL_REGION = 'us-east-1';
export const LOCAL_ACCOUNT = '000000000000';

/** How an AWS SDK client reaches an emulator: the emulators check no signature, but the SDK will not send without one. */
export const emulatorAccess = (endpoint: string, region: string = LOCAL_REGION) => ({
  endpoint,
  region,
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
});
