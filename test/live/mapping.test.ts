/** Presets and type conflicts through queue and function into a real openGemini, and read back from it. */

import { readFileSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { LOCAL_DEFAULTS } from '../../local/local-defaults.ts';
import { dropDatabase, type ServerAccess } from '../../local/opengemini-client.ts';
import { type LocalSystem, startLocalSystem } from '../../local/system.ts';
import { awaitLines, CONFLICTS, comparable, conflictMapping, send, sendInOrder } from '../local/stored-points.ts';

const { OPENGEMINI_USERNAME: username, OPENGEMINI_PASSWORD: password, OPENGEMINI_URL: url = '' } = process.env;
const server: ServerAccess = { url, credentials: username && password ? { username, password } : undefined };
const created: string[] = [];
afterAll(async () => {
  for (const database of created) await dropDatabase(server, database);
});

const SAMPLES = new URL('../presets/samples/', import.meta.url);
const linesIn = (file: string): string[] =>
  readFileSync(new URL(file, SAMPLES), 'utf8')
    .split('\n')
    .filter((line) => line !== '');

const systemWith = (name: string, mapping: string): Promise<LocalSystem> => {
  const database = `sink_live_${name.replaceAll('-', '_')}_${Date.now()}`;
  created.push(database);
  return startLocalSystem({
    ...LOCAL_DEFAULTS,
    windowMs: 500,
    visibilitySeconds: 361,
    variables: { ...process.env, OPENGEMINI_DATABASE: database, SINK_MAPPING: mapping },
    onLogLine: () => undefined,
  });
};

test.each(['otlp-metrics', 'chirpstack-v4', 'senml', 'cloudwatch-metric-stream'])(
  'a real server returns the points that the preset "%s" makes of the samples of its producer',
  async (preset) => {
    const system = await systemWith(preset, `preset:${preset}`);
    try {
      await send(system, linesIn(`${preset}.ndjson`));
      const expected = linesIn(`${preset}.lines`).map(comparable).sort();
      const database = created.at(-1) as string;
      expect(await awaitLines(server, database, expected.length)).toEqual(expected);
    } finally {
      await system.close();
    }
  },
);

test.each(CONFLICTS)(
  'a real server stores a field whose column has another type as the policy "%s" states',
  async (policy, values, expected) => {
    const system = await systemWith(policy, conflictMapping(policy));
    const database = created.at(-1) as string;
    try {
      await sendInOrder(system, database, values, expected);
      expect(await awaitLines(server, database, expected.length)).toEqual(expected.map(comparable).sort());
    } finally {
      await system.close();
    }
  },
);
