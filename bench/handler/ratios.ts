/** Ratios and figures of the handler. */

import type { HandlerResults, Ratios } from '../results.ts';
import { type Quartiles, quartilesOf, ratiosByRound } from '../turns/statistics.ts';
import type { Times } from '../turns/take-turns.ts';
import { type EventSize, sizeName } from './event.ts';
import {
  FLOOR,
  type HandlerTimes,
  MAIN_SIZE,
  OURS,
  OURS_GZIP,
  OURS_RAW,
  POWERTOOLS,
  POWERTOOLS_PER_RECORD,
  partName,
} from './measure.ts';
import { PARTS } from './stages.ts';

/** Points per second of CPU time. This is a figure measured for the Flink connector of openGemini, on another machine. */
export const FLINK_CONNECTOR_POINTS_PER_S = 275_000;

const NS_PER_S = 1e9;
const NS_PER_US = 1e3;

const ratioOf = (above: readonly number[] | undefined, below: readonly number[]): Quartiles | null =>
  above === undefined ? null : quartilesOf(ratiosByRound(above, below));

/**
 * Returns the ratios of one size. Powertools sends raw bodies, so it is compared with the handler without gzip. The
 * floor compresses, so it is compared with the handler with gzip. Points per second are those without gzip. Versions that cannot choose are compared as they are.
 */
const ratiosOf = (times: Times, { events }: EventSize): Ratios => {
  const ours = times[OURS] ?? [];
  const [zipped, raw, floor = []] = [times[OURS_GZIP] ?? ours, times[OURS_RAW] ?? ours, times[FLOOR]];
  const pointsPerS = raw.map((ns) => (NS_PER_S / ns) * events);
  return {
    cpuVsPowertools: ratioOf(times[POWERTOOLS], raw),
    cpuVsPowertoolsPerRecord: ratioOf(times[POWERTOOLS_PER_RECORD], raw),
    cpuOverFloor: ratioOf(zipped, floor),
    microsecondsPerMessage: quartilesOf(raw.map((ns) => ns / NS_PER_US)),
    microsecondsPerMessageGzip: quartilesOf(zipped.map((ns) => ns / NS_PER_US)),
    pointsPerCpuSecond: quartilesOf(pointsPerS),
    pointsVsFlinkConnector: quartilesOf(pointsPerS.map((points) => points / FLINK_CONNECTOR_POINTS_PER_S)),
  };
};

/** Returns the parts of the handler's time in percent: the differences between nested parts of its work. */
const stagesOf = (times: Times): Ratios => {
  const whole = times[OURS_GZIP] ?? times[OURS] ?? [];
  const nested = [...PARTS.map((part) => times[partName(part)] ?? []), whole];
  const names = [...PARTS, 'rest'];
  return Object.fromEntries(
    nested.map((part, index) => {
      const before = nested[index - 1];
      const percent = part.map((ns, round) => (100 * (ns - (before?.[round] ?? 0))) / (whole[round] as number));
      return [names[index], quartilesOf(percent)];
    }),
  );
};

const hasStages = ({ times }: HandlerTimes): boolean => partName(PARTS[0]) in times;

/** Returns the results of all sizes. The main figures are those of the main size, or of the only one. */
export const handlerResults = (measured: readonly HandlerTimes[]): HandlerResults => {
  const sizes = Object.fromEntries(measured.map(({ size, times }) => [sizeName(size), ratiosOf(times, size)]));
  const stages = measured.filter(hasStages).map(({ size, times }) => [sizeName(size), stagesOf(times)]);
  const main = sizes[sizeName(MAIN_SIZE)] ?? Object.values(sizes)[0] ?? {};
  const rounds = measured[0]?.times[OURS]?.length ?? 0;
  return { rounds, main, sizes, stages: Object.fromEntries(stages) };
};
