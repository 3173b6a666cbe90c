/** Local times are the same moments as with Temporal. Covers `src/sink/time/zone.ts`. */

import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { describe, expect, test, vi } from 'vitest';
import { isZone, secondsInZone } from '../../../src/sink/time/zone.ts';

const SECONDS_2100 = 4_102_444_800;
const DAY = 86_400;

/** Returns the moment of a local time by Temporal, where a local time may exist twice or not at all. */
const expected = (localSeconds: number, zone: string): number =>
  Temporal.Instant.fromEpochMilliseconds(localSeconds * 1000)
    .toZonedDateTimeISO('UTC')
    .toPlainDateTime()
    .toZonedDateTime(zone, { disambiguation: 'compatible' }).epochMilliseconds / 1000;

/** Zones with changes of an hour and of half an hour, of a whole day, of laws, and without changes. */
const ZONES = [
  ...['Europe/Berlin', 'America/New_York', 'America/St_Johns', 'Australia/Lord_Howe', 'Asia/Kolkata', 'Asia/Kathmandu'],
  ...['Pacific/Apia', 'Pacific/Kwajalein', 'Africa/Casablanca', 'Africa/Cairo', 'America/Sao_Paulo', 'Asia/Pyongyang'],
  ...[
    'Antarctica/Troll',
    'Europe/London',
    'Europe/Dublin',
    'Pacific/Chatham',
    'America/Caracas',
    'UTC',
    'Etc/GMT+5',
    'Africa/Monrovia',
  ],
];

/** Returns the local times, in seconds, at which the clocks of a zone are changed, from 1970 on. */
const changesOf = (zone: string): number[] => {
  const changes: number[] = [];
  let at = Temporal.Instant.fromEpochMilliseconds(2 * DAY * 1000).toZonedDateTimeISO(zone);
  for (;;) {
    const next = at.getTimeZoneTransition('next');
    if (next === null || next.epochMilliseconds / 1000 > SECONDS_2100) return changes;
    const before = next.subtract({ seconds: 1 });
    for (const one of [before, next]) changes.push((one.epochMilliseconds + one.offsetNanoseconds / 1e6) / 1000);
    at = next;
  }
};

describe.each(ZONES)('the zone %s', (zone) => {
  test(`finds the moments of random local times of ${zone} like Temporal`, () => {
    fc.assert(
      fc.property(fc.integer({ min: 2 * DAY, max: SECONDS_2100 }), (local) => {
        expect(secondsInZone(local, zone)).toBe(expected(local, zone));
      }),
      { numRuns: 200 },
    );
  });

  test(`finds the moments of local times around every change of ${zone} like Temporal`, () => {
    const changes = changesOf(zone).filter((_, index) => index < 120);
    const differences = [-DAY, -7_200, -3_601, -3_600, -1_800, -1, 0, 1, 1_799, 1_800, 3_599, 3_600, 7_200, DAY];
    for (const change of changes)
      for (const difference of differences) {
        const local = change + difference;
        expect([local, secondsInZone(local, zone)]).toEqual([local, expected(local, zone)]);
      }
  });
});

test.each([
  ['+02:00', 7_200],
  ['-0330', -12_600],
  ['+23:59', 86_340],
])('reads the offset %s as %d seconds', (zone, seconds) => {
  expect(isZone(zone)).toBe(true);
  expect(secondsInZone(1_780_000_000, zone)).toBe(1_780_000_000 - seconds);
});

test.each(['+24:00', '+02:60', '+2', '+02', 'Europe/Atlantis', '', 'CEST+1', '+02:00:00', 'Z '])(
  'accepts no zone of the name %j',
  (zone) => {
    expect(isZone(zone)).toBe(false);
  },
);

describe('the offsets that are kept', () => {
  /** Returns how often the runtime formats a date while times of a zone are converted. */
  const formattedBy = (zone: string, times: readonly number[]): number => {
    const spy = vi.spyOn(Intl.DateTimeFormat.prototype as unknown as { format: unknown }, 'format', 'get');
    try {
      for (const time of times) secondsInZone(time, zone);
      return spy.mock.calls.length;
    } finally {
      spy.mockRestore();
    }
  };
  const start = 1_780_000_200;

  test('times of the same quarter of an hour are formatted once', () => {
    expect(formattedBy('Europe/Oslo', [start])).toBeGreaterThan(0);
    expect(formattedBy('Europe/Oslo', [start, start + 1, start + 500])).toBe(0);
  });

  test('they are forgotten after 512, so that memory stays limited', () => {
    const many = Array.from({ length: 300 }, (_, index) => start + index * 10 * DAY);
    formattedBy('Europe/Madrid', [start]);
    formattedBy('Europe/Madrid', many);
    expect(formattedBy('Europe/Madrid', [start])).toBeGreaterThan(0);
  });

  test('an offset needs no formatting', () => {
    expect(formattedBy('+05:30', [start, start + DAY])).toBe(0);
  });
});

test('keeps only a limited number of offsets, and finds the same moments after more of them', () => {
  const zone = 'Europe/Paris';
  const times = Array.from({ length: 3_000 }, (_, index) => 1_700_000_000 + index * 50_000);
  const first = times.map((local) => secondsInZone(local, zone));
  expect(times.map((local) => secondsInZone(local, zone))).toEqual(first);
  expect(first).toEqual(times.map((local) => expected(local, zone)));
});

test.each(['BST', 'bst', 'CST', 'IST', 'PST', 'JST'])(
  '%s is no zone, because it is the abbreviation of several',
  (zone) => {
    expect(isZone(zone)).toBe(false);
  },
);

test.each(['EST', 'MST', 'CET', 'UTC', 'Asia/Kolkata', 'Etc/GMT+5', 'Etc/GMT-14'])(
  '%s is a name of the IANA database',
  (zone) => {
    expect(isZone(zone)).toBe(true);
  },
);
