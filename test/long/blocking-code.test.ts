/** A function of the user never returns for one event. Its message is quarantined, and all others are stored. */

import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { readPoints } from '../../local/workload/verify.ts';
import { openWorld, pause, until } from './world.ts';

const HANDLER = fileURLToPath(new URL('../local/functions/extended.ts', import.meta.url));
const TS = 1_780_000_000_000;

test('quarantines a message for which a function of the user never returns, and stores all others', async () => {
  const world = await openWorld({
    system: { handlerFile: HANDLER, batchSize: 10 },
    variables: { SITE: 'hall', SINK_MAPPING: undefined },
  });
  await world.send([{ body: `blocks|1@${TS}`, region: undefined }]);
  let sent = 0;
  const letters: string[] = [];
  await until(
    async () => {
      // Messages that complete show that not the release is the cause.
      await world.send([{ body: `good|${sent}@${TS + sent}`, region: undefined }]);
      sent += 1;
      await pause(500);
      for (const { body, attributes } of await world.letters()) letters.push(`${attributes.reason} ${body}`);
      return letters.length > 0;
    },
    'the message was quarantined',
    300_000,
  );
  const { server, addresses } = world.system;
  const stored = async (): Promise<number> => (await readPoints(server, addresses.database)).length;
  await until(async () => (await stored()) === sent, 'all others were stored', 120_000);
  const { invocations, invocationsFailed } = world.system.eventSource.stats();
  console.log(`${invocationsFailed} of ${invocations} invocations reached their time limit; ${sent} other events`);
  expect(letters).toEqual([`unfinished blocks|1@${TS}`]);
});
