/** Time zones of texts without an offset: offsets and names of the IANA database, as the runtime knows them. */

const OFFSET = /^([+-])(\d\d):?(\d\d)$/;

/** Returns the seconds of an offset such as `+02:00`; `undefined` for any other text. */
const offsetSeconds = (zone: string): number | undefined => {
  const match = OFFSET.exec(zone);
  if (match === null) return undefined;
  const [, sign, hours, minutes] = match;
  if (Number(hours) > 23 || Number(minutes) > 59) return undefined;
  return (sign === '-' ? -1 : 1) * (Number(hours) * 3600 + Number(minutes) * 60);
};

/**
 * Abbreviations that `Intl` knows beside the names of the IANA database (ICU, "short ids"). Each means one of several
 * zones, and often not the one that its author means: `BST` is Bangladesh, `IST` India, and `CST` changes in summer.
 */
const ABBREVIATIONS: ReadonlySet<string> = new Set(
  'ACT AET AGT ART AST BET BST CAT CNT CST CTT EAT ECT IET IST JST MIT NET NST PLT PNT PRT PST SST VST'.split(' '),
);

/** Whether a text is an offset, or a name of the IANA database. */
export const isZone = (zone: string): boolean => {
  if (/^[+-]/.test(zone)) return offsetSeconds(zone) !== undefined;
  if (ABBREVIATIONS.has(zone.toUpperCase())) return false;
  try {
    return zoneFormat(zone) !== undefined;
  } catch {
    return false;
  }
};

const zoneFormat = (zone: string): Intl.DateTimeFormat =>
  new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });

/** Returns the offset of a zone at a moment, in seconds. */
type OffsetAt = (utcSeconds: number) => number;

/** Offsets that are kept for one zone, at most. Telemetry arrives in order, so few of them are used at a time. */
const KEPT_MAX = 512;
/** Most offsets change at multiples of a quarter of an hour. */
const QUARTER = 900;

const LONG_OFFSET = /GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/;

/**
 * Returns the function of a named zone. It keeps the offsets at quarters of an hour, because formatting a date takes
 * microseconds. Between two quarters with different offsets it formats the moment itself: until 2011 the clocks of
 * Newfoundland were changed one minute after midnight.
 */
const offsetsOf = (zone: string): OffsetAt => {
  const format = zoneFormat(zone);
  const formatted: OffsetAt = (utcSeconds) => {
    const [, sign, hours = 0, minutes = 0, seconds = 0] =
      LONG_OFFSET.exec(format.format(new Date(utcSeconds * 1000))) ?? [];
    return (sign === '-' ? -1 : 1) * (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds));
  };
  const kept = new Map<number, number>();
  const atQuarter = (quarter: number): number => {
    const known = kept.get(quarter);
    if (known !== undefined) return known;
    const offset = formatted(quarter * QUARTER);
    if (kept.size >= KEPT_MAX) kept.clear();
    kept.set(quarter, offset);
    return offset;
  };
  return (utcSeconds) => {
    const quarter = Math.floor(utcSeconds / QUARTER);
    const offset = atQuarter(quarter);
    return offset === atQuarter(quarter + 1) ? offset : formatted(utcSeconds);
  };
};

const zones = new Map<string, OffsetAt>();

const offsetsIn = (zone: string): OffsetAt => {
  const known = zones.get(zone);
  if (known !== undefined) return known;
  const fixed = offsetSeconds(zone);
  const created = fixed === undefined ? offsetsOf(zone) : () => fixed;
  zones.set(zone, created);
  return created;
};

/** More than the difference between any local time and UTC, and less than the time between two changes of a zone. */
const DAY = 86_400;

/**
 * Returns the moment of a local time, in seconds since 1970. Where a local time exists twice, or not at all, the offset
 * in force before the change counts, as with `compatible` of Temporal.
 *
 * @param localSeconds - The local time, as if it were UTC.
 * @param zone - A zone for which `isZone` returns `true`.
 */
export const secondsInZone = (localSeconds: number, zone: string): number => {
  const offsetAt = offsetsIn(zone);
  const before = offsetAt(localSeconds - DAY);
  const after = offsetAt(localSeconds + DAY);
  const early = localSeconds - before;
  if (before === after || offsetAt(early) === before) return early;
  const late = localSeconds - after;
  return offsetAt(late) === after ? late : early;
};
