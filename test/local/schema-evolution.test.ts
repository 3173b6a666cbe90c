/** Fields whose columns have another type, through queue and function into the stand-in for openGemini. */

import { expect, test } from 'vitest';
import { LOCAL_DEFAULTS } from '../../local/local-defaults.ts';
import { startLocalSystem } from '../../local/system.ts';
import { awaitLines, CONFLICTS, comparable, conflictMapping, sendInOrder } from './stored-points.ts';

test.each(CONFLICTS)(
  'the stand-in stores a field whose column has another type as the policy "%s" states',
  async (policy, values, expected) => {
    const logged: string[] = [];
    const system = await startLocalSystem({
      ...LOCAL_DEFAULTS,
      windowMs: 500,
      visibilitySeconds: 361,
      variables: { SINK_MAPPING: conflictMapping(policy), OPENGEMINI_DATABASE: 'evolution' },
      onLogLine: (line) => logged.push(line),
    });
    try {
      await sendInOrder(system, 'evolution', values, expected);
      expect(await awaitLines(system.server, 'evolution', expected.length)).toEqual(expected.map(comparable).sort());
      expect(logged.filter((line) => /"conflictsResolved":[1-9]/.test(line)).length).toBeGreaterThan(0);
    } finally {
      await system.close();
    }
  },
);
