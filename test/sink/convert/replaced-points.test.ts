/** Points of one message that replace each other in openGemini are counted. Covers `src/sink/lines/written-points.ts`. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { convert, mapping, message } from '../make.ts';

const RULES = { timestamp: 'ts', tags: { t: 't' }, fields: { v: 'v' } };

const replaced = (events: readonly object[], declared: object = {}): number =>
  convert(message(events), { mapping: mapping({ ...RULES, ...declared }) }).pointsReplaced;

describe('points of one message', () => {
  test('a point with the series and time of an earlier one is counted', () => {
    const events = [
      { ts: 1, t: 'a', v: 1 },
      { ts: 1, t: 'a', v: 2 },
      { ts: 1, t: 'b', v: 3 },
      { ts: 2, t: 'a', v: 4 },
      { ts: 1, t: 'a', v: 5 },
    ];
    expect(replaced(events)).toBe(2);
  });

  test('points of one series and time in two databases do not replace each other', () => {
    const events = ['north', 'south', 'north'].map((tenant) => ({ tenant, ts: 1, v: 1 }));
    const database = { path: 'tenant', allow: ['north', 'south'] };
    expect(replaced(events, { database })).toBe(1);
  });

  test('the database and the retention policy of a target are distinct', () => {
    const events = [
      { db: 'ab', rp: 'c', ts: 1, v: 1 },
      { db: 'a', rp: 'bc', ts: 1, v: 1 },
    ];
    const declared = {
      database: { path: 'db', allow: ['a', 'ab'] },
      retentionPolicy: { path: 'rp', allow: ['c', 'bc'] },
    };
    expect(replaced(events, declared)).toBe(0);
  });

  test.each([
    ['1780000000.500', '1780000000500000000', 1_000_000n],
    ['1780000000.0', '1780000000000000000', 100_000_000n],
    ['1780000000', '1780000000000000000', 1_000_000_000n],
    ['17800000000e-1', '1780000000000000000', 100_000_000n],
    ['2026-05-28T20:26:40.500Z', '1780000000500000000', 1_000_000n],
  ])('spread moves the text %s by less than its last written digit', (ts, time, nanos) => {
    const rules = mapping({ timestamp: { path: 'ts', precision: 'auto', spread: true }, fields: { v: 'v' } });
    const moved = Array.from({ length: 50 }, (_, n) => {
      const [line = ''] = convert(message({ ts, v: 1 }, { id: `message-${n}` }), { mapping: rules }).lines;
      return BigInt(line.split(' ')[2] as string) - BigInt(time);
    });
    for (const by of moved) expect(by >= 0n && by < nanos, String(by)).toBe(true);
    expect(new Set(moved).size).toBeGreaterThan(1);
  });

  test('spread gives every event of one time its own point', () => {
    const events = Array.from({ length: 100 }, (_, v) => ({ ts: 1, t: 'a', v }));
    expect(replaced(events)).toBe(99);
    expect(replaced(events, { timestamp: { path: 'ts', spread: true } })).toBe(0);
  });

  test('the count is that of a comparison of all series and times', () => {
    const event = fc.record({
      ts: fc.integer({ min: 0, max: 12 }),
      t: fc.constantFrom('a', 'b', 'ab', '1', '13', 'a b'),
      v: fc.constant(1),
    });
    fc.assert(
      fc.property(fc.array(event, { minLength: 2, maxLength: 60 }), (events) => {
        const distinct = new Set(events.map(({ ts, t }) => `${t} ${ts}`));
        expect(replaced(events)).toBe(events.length - distinct.size);
      }),
    );
  });
});
