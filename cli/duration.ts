/** Durations and times of options, and durations in output. */

import { valueOption } from './options.ts';
import { UsageError } from './usage-error.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

const UNITS: Readonly<Record<string, number>> = { s: SECOND_MS, m: MINUTE_MS, h: HOUR_MS, d: DAY_MS };

/** Longest duration of an option. */
const DURATION_MAX_MS = 365 * DAY_MS;

/** Returns an option for a duration such as `30m`, whose value is in milliseconds: 1 s to 365 d. */
export const durationOption = (flags: string, description: string) =>
  valueOption(flags, `${description}, such as 30m or 2h`, (value, name) => {
    const [, count = '', unit = ''] = /^(\d{1,9})([smhd])$/.exec(value) ?? [];
    const ms = Number(count) * (UNITS[unit] ?? Number.NaN);
    if (ms >= SECOND_MS && ms <= DURATION_MAX_MS) return ms;
    throw new UsageError(`${name} must be a number with s, m, h, or d, from 1s to 365d, got "${value}".`);
  });

/** A time with a zone. A time without one would depend on the machine. */
const ZONED_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/;

/** Returns an option for a time in ISO 8601 with a zone, whose value is in milliseconds since 1970. */
export const timeOption = (flags: string, description: string) =>
  valueOption(flags, `${description}, such as 2027-01-31T18:00Z`, (value, name) => {
    const ms = ZONED_TIME.test(value) ? Date.parse(value) : Number.NaN;
    if (!Number.isNaN(ms)) return ms;
    throw new UsageError(
      `${name} must be a time with a zone, such as 2027-01-31T18:00Z or 2027-01-31T18:00+01:00, got "${value}".`,
    );
  });

/** Returns a duration as text, rounded: `90 s`, `5 min`, `3 h`, `4 d`. A negative one is `0 s`. */
export const durationText = (ms: number): string => {
  if (ms < 2 * MINUTE_MS) return `${Math.max(0, Math.round(ms / SECOND_MS))} s`;
  if (ms < 2 * HOUR_MS) return `${Math.round(ms / MINUTE_MS)} min`;
  return ms < 3 * DAY_MS ? `${Math.round(ms / HOUR_MS)} h` : `${Math.round(ms / DAY_MS)} d`;
};

/** Returns how long ago a time was. */
export const agoText = (atMs: number, nowMs: number): string => `${durationText(nowMs - atMs)} ago`;
