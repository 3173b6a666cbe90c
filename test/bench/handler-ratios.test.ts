/** Ratios of the handler (`bench/handler/ratios.ts`). Times are nanoseconds per message. */

import { expect, test } from 'vitest';
import { handlerResults } from '../../bench/handler/ratios.ts';

const SIZE = { messages: 1_000, events: 1 } as const;
const TIMES = { Ours: [4_000], Powertools: [12_000], Floor: [1_000] };

const medians = (ratios: object): Record<string, unknown> =>
  Object.fromEntries(Object.entries(ratios).map(([name, one]) => [name, one?.median ?? null]));

test('compares Powertools without gzip, and the floor with gzip', () => {
  const times = { ...TIMES, OursGzip: [5_000], OursRaw: [3_000], PowertoolsPerRecord: [90_000] };
  expect(medians(handlerResults([{ size: SIZE, times }]).main)).toMatchObject({
    ...{ cpuVsPowertools: 4, cpuVsPowertoolsPerRecord: 30, cpuOverFloor: 5 },
    ...{ microsecondsPerMessage: 3, microsecondsPerMessageGzip: 5, pointsPerCpuSecond: 1e9 / 3_000 },
  });
});

test('compares the handler as it is if it cannot choose', () => {
  const { main } = handlerResults([{ size: SIZE, times: TIMES }]);
  expect(medians(main)).toMatchObject({ cpuVsPowertools: 3, cpuVsPowertoolsPerRecord: null, cpuOverFloor: 4 });
});

test('counts points and not messages per second', () => {
  const size = { messages: 1_000, events: 20 } as const;
  const { sizes } = handlerResults([{ size, times: { ...TIMES, Ours: [40_000] } }]);
  expect(medians(sizes['1000x20'] ?? {})).toMatchObject({ pointsPerCpuSecond: 500_000 });
});

test('takes the main figures from 1,000 messages with one event', () => {
  const { main } = handlerResults([
    { size: { messages: 10, events: 1 }, times: { ...TIMES, Powertools: [4_000] } },
    { size: SIZE, times: TIMES },
  ]);
  expect(medians(main)).toMatchObject({ cpuVsPowertools: 3 });
});

test('returns the stages as differences in percent of the whole', () => {
  const parts = { 'Part convert': [2_000], 'Part compress': [3_000], 'Part write': [3_200] };
  const { stages } = handlerResults([{ size: SIZE, times: { ...TIMES, ...parts } }]);
  expect(medians(stages['1000x1'] ?? {})).toEqual({ convert: 50, compress: 25, write: 5, rest: 20 });
  expect(handlerResults([{ size: SIZE, times: TIMES }]).stages).toEqual({});
});
