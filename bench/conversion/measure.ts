/** Measures the conversion of each data set. */

import type { DataName } from '../data.ts';
import type { Cpus } from '../turns/cpus.ts';
import { type Pace, startAll, type Times, takeTurns } from '../turns/take-turns.ts';
import { type EntryOptions, entriesOf } from './entries.ts';
import { verify } from './verify.ts';

/** Measures one data set, after its contestants have written the same points. */
export const measureConversion = async (
  data: DataName,
  options: EntryOptions,
  pace: Pace,
  cpus: Cpus,
): Promise<Times> => {
  const { running } = await startAll(entriesOf(data, options), cpus);
  await verify(running);
  return takeTurns(running, pace);
};
