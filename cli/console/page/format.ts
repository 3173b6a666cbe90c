/** Numbers and times as the page shows them. */

const WHOLE = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const SHORT = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 3 });
const COMPACT = new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 1 });

/** Returns a whole number with separators. */
export const whole = (value: number): string => WHOLE.format(value);

/** Returns a measured value with three digits, and a dash for none. */
export const measured = (value: number | null | undefined): string => {
  if (value === null || value === undefined) return '–';
  return Math.abs(value) >= 1_000 ? WHOLE.format(value) : SHORT.format(value);
};

/** Returns a short number for an axis. */
export const compact = (value: number): string => COMPACT.format(value);

/** Returns the number of bytes with a unit. */
export const bytes = (value: number): string =>
  value < 1_024 ? `${whole(value)} B` : `${measured(value / 1_024)} KiB`;

/** Returns a duration: seconds below two minutes, otherwise minutes or hours. */
export const duration = (ms: number): string => {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7_200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3_600)} h`;
};

/** Returns the time of day. */
export const timeOfDay = (ms: number): string => new Date(ms).toLocaleTimeString('en-GB');

/** Returns a count with its noun: `1 line`, `2 lines`. */
export const counted = (count: number, noun: string): string => `${whole(count)} ${noun}${count === 1 ? '' : 's'}`;
