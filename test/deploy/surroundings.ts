/** What every deployment test runs in: an emulator of AWS, clients for it, and an openGemini for the functions. */

import { type StandIn, startStandIn } from '../../local/opengemini/server.ts';
import type { ServerAccess } from '../../local/opengemini-client.ts';
import { openQueues, type QueueAccess } from '../../local/queue/queue-access.ts';
import { type Clients, openClients } from './deployed.ts';
import { type Emulator, REGION, startEmulator } from './emulator.ts';

/** The running parts. */
export interface Surroundings {
  readonly emulator: Emulator;
  readonly clients: Clients;
  readonly queues: QueueAccess;
  /** The server of `OPENGEMINI_URL`, otherwise the stand-in. */
  readonly server: ServerAccess;
  close(): Promise<void>;
}

/**
 * Starts all parts. If the emulator does not start, the stand-in is stopped.
 *
 * @param executable - Path of the emulator.
 */
export const openSurroundings = async (
  executable: string,
  onLogLine: (line: string) => void = () => undefined,
): Promise<Surroundings> => {
  const given = process.env.OPENGEMINI_URL;
  const standIn: StandIn | undefined = given ? undefined : await startStandIn();
  try {
    const emulator = await startEmulator(executable, onLogLine);
    const queues = openQueues(emulator.endpoint, REGION);
    return {
      emulator,
      clients: openClients(emulator.endpoint, REGION),
      queues,
      server: { url: given || (standIn?.url ?? ''), credentials: undefined },
      async close() {
        queues.close();
        await emulator.close();
        await standIn?.close();
      },
    };
  } catch (error) {
    await standIn?.close();
    throw error;
  }
};
