import { expect, test } from 'vitest';
import { createTrace } from '../../src/adapters/tracing.ts';

test.each([true, false])(
  'work is done and its faults are told, tracing enabled: %s, outside of Lambda',
  async (enabled) => {
    const trace = createTrace(enabled, 'sink');
    expect(await trace('work', async () => 7)).toBe(7);
    await expect(trace('work', () => Promise.reject(new Error('fault of the work')))).rejects.toThrow(
      'fault of the work',
    );
  },
);
