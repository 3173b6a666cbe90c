/** Tracing outside of Lambda. */

import { expect, test } from 'vitest';
import { createTrace } from '../../src/adapters/tracing.ts';

test.each([true, false])(
  'work returns and throws unchanged outside of Lambda, with tracing enabled: %s',
  async (enabled) => {
    const trace = createTrace(enabled, 'sink');
    expect(await trace('work', async () => 7)).toBe(7);
    await expect(trace('work', () => Promise.reject(new Error('failure of the work')))).rejects.toThrow(
      'failure of the work',
    );
  },
);
