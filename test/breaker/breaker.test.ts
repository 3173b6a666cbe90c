/** Transitions of a circuit breaker as pure functions. Covers `src/breaker/breaker.ts`. */

import { describe, expect, test } from 'vitest';
import {
  addFailure,
  afterFailure,
  afterRead,
  afterSuccess,
  type BreakerState,
  breakerOf,
  CLOSED,
  fingerprint,
  halfOpen,
  localBreaker,
  mayProbe,
  NO_FAILURES,
  open,
  opens,
  probeDelayMs,
  reopen,
  SERVER,
  targetBreaker,
  withheldOutcome,
} from '../../src/breaker/breaker.ts';
import type { Outcome } from '../../src/sink/outcome.ts';
import type { Batch } from '../../src/sink/ports.ts';
import { TARGET } from '../sink/make.ts';
import {
  AWAY,
  BUSY,
  batch,
  FAILED,
  NO_DATABASE,
  NOT_AUTHORIZED,
  REFUSED,
  WRITTEN,
  WRONG_PASSWORD,
} from './breaker-world.ts';

const TIMED_OUT: Outcome = { kind: 'throttled', unexplained: true, text: 'no answer' };
const NOW = { owner: 'one', nowMs: 1_000_000, random: 0, credentialsMark: 'old' };

/** Returns whether the last of these failures opens a closed breaker. Each letter stands for a body. */
const isOpenAfter = (outcome: Outcome, bodies: string): boolean => {
  let failures = NO_FAILURES;
  for (const body of bodies) failures = addFailure(failures, outcome, body);
  return opens(failures, outcome);
};

describe('opening a breaker', () => {
  test.each<[string, Outcome, string, boolean]>([
    ['stays closed after four failures of different bodies', AWAY, 'abcd', false],
    ['opens after five failures of two bodies', AWAY, 'aaaab', true],
    ['opens after five failures in any order of the bodies', AWAY, 'abaaa', true],
    ['stays closed for one body, which may cause the failure', FAILED, 'aaaaaaaaaaaaaaaaaaaa', false],
    ['stays closed for one body with an explained failure', AWAY, 'aaaaaaaaaaaaaaaaaaaa', false],
    ['counts time limits like other failures', TIMED_OUT, 'abcde', true],
    ['stays closed after 19 responses of a busy server', BUSY, 'abcdefghijklmnopqrs', false],
    ['opens after 20 responses of a busy server', BUSY, 'abcdefghijklmnopqrst', true],
    ['opens after one wrong password', WRONG_PASSWORD, 'a', true],
    ['opens after one denial for missing rights', NOT_AUTHORIZED, 'a', true],
    ['opens after one request to a missing database', NO_DATABASE, 'a', true],
  ])('a breaker %s', (_, outcome, bodies, expected) => {
    expect(isOpenAfter(outcome, bodies)).toBe(expected);
  });
  test('keeps no more fingerprints than a breaker needs to open', () => {
    let failures = NO_FAILURES;
    for (const body of 'abc') failures = addFailure(failures, AWAY, body);
    expect(failures).toEqual({ count: 3, bodies: ['b', 'c'] });
  });
  test('records in an open breaker what explains it and what a probe needs', () => {
    expect(open(SERVER, TARGET, WRONG_PASSWORD, NOW)).toEqual({
      key: 'server',
      kind: 'denied',
      text: '401',
      target: TARGET,
      openedBy: 'one',
      openedAtMs: 1_000_000,
      probes: 0,
      probeAtMs: 1_035_000,
      credentialsMark: 'old',
    });
    expect(withheldOutcome(open(SERVER, TARGET, WRONG_PASSWORD, NOW))).toEqual({
      kind: 'withheld',
      text: 'the circuit breaker is open (denied): 401',
    });
  });
});

test.each<[string, Outcome, string | undefined]>([
  ['the server breaker to an unavailable server', AWAY, SERVER],
  ['the server breaker to a busy server', BUSY, SERVER],
  ['the server breaker to a 401 response', WRONG_PASSWORD, SERVER],
  ['the target breaker to a 403 response', NOT_AUTHORIZED, targetBreaker(TARGET)],
  ['the target breaker to a missing database', NO_DATABASE, targetBreaker(TARGET)],
  ['no breaker to a refused line', REFUSED, undefined],
  ['no breaker to a held line', { kind: 'held', text: 'too many series' }, undefined],
  ['no breaker to a batch that is too large', { kind: 'too-large', text: '413' }, undefined],
  ['no breaker to a success', WRITTEN, undefined],
])('assigns %s', (_, outcome, key) => {
  expect(breakerOf(outcome, TARGET)).toBe(key);
});

test('keeps separate breakers for targets with different retention policies', () => {
  expect(targetBreaker({ ...TARGET, retentionPolicy: 'week' })).not.toBe(targetBreaker(TARGET));
});

describe('pause before the next probe', () => {
  const seconds = (kind: Outcome['kind'], random: number, shared: boolean): number[] =>
    [0, 1, 2, 3, 4, 5, 50].map((probes) => probeDelayMs(kind, probes, random, shared) / 1_000);
  test.each<[string, Outcome['kind'], boolean, readonly number[]]>([
    ['is short for an unavailable server', 'unavailable', true, [1, 2, 4, 4, 4, 4, 4]],
    ['is short for a busy server', 'throttled', true, [1, 2, 4, 4, 4, 4, 4]],
    ['grows to half a minute if an operator must fix the cause', 'misconfigured', true, [2, 4, 8, 16, 30, 30, 30]],
    ['is long after a denial, which the server counts', 'denied', true, [35, 60, 120, 120, 120, 120, 120]],
    [
      'is at least five times as long after a denial for instances without a shared store',
      'denied',
      false,
      [175, 300, 600, 600, 600, 600, 600],
    ],
  ])('the pause before the next probe %s', (_, kind, shared, expected) => {
    expect(seconds(kind, 0, shared)).toEqual(expected);
  });
  test('subtracts up to a quarter of the pause at random, so that instances do not probe together', () => {
    expect(probeDelayMs('unavailable', 1, 0.999, true)).toBe(1_501);
  });
  test('spreads the probes of instances that share nothing over as much time as the pause is long', () => {
    expect(probeDelayMs('denied', 0, 0.5, false)).toBe(350_000);
    expect(probeDelayMs('denied', 0, 0.999, false)).toBe(524_650);
  });
  test('waits at least 35 s after a denial, because the server unlocks a locked user after 30 s', () => {
    expect(seconds('denied', 0.999, true)).toEqual(seconds('denied', 0, true));
    expect(Math.min(...seconds('denied', 0.999, false))).toBeGreaterThan(35);
  });
});

describe('right to probe', () => {
  const opened = open(SERVER, TARGET, AWAY, NOW);
  const denied = open(SERVER, TARGET, WRONG_PASSWORD, NOW);
  test.each<[string, typeof opened, number, string, boolean]>([
    ['does not probe before the probe time', opened, 1_000_999, 'old', false],
    ['probes at the probe time', opened, 1_001_000, 'old', true],
    ['does not probe with denied credentials 1 ms too early', denied, 1_034_999, 'old', false],
    ['probes with denied credentials at the probe time', denied, 1_035_000, 'old', true],
    ['probes with new credentials immediately after a denial', denied, 1_000_000, 'new', true],
    ['does not probe an unavailable server earlier with new credentials', opened, 1_000_000, 'new', false],
  ])('an instance %s', (_, breaker, nowMs, mark, expected) => {
    expect(mayProbe(breaker, nowMs, mark)).toBe(expected);
  });
});

describe('failed probe', () => {
  test('waits longer after a failed probe, and stores the last error text', () => {
    const again = reopen(open(SERVER, TARGET, AWAY, NOW), FAILED, { ...NOW, nowMs: 1_002_000 });
    expect(again).toMatchObject({
      kind: 'unavailable',
      text: FAILED.kind === 'unavailable' ? FAILED.text : '',
      probes: 1,
      openedAtMs: 1_000_000,
      probeAtMs: 1_004_000,
    });
  });
  test('applies the pause to the credentials that the last probe used', () => {
    const again = reopen(open(SERVER, TARGET, WRONG_PASSWORD, NOW), WRONG_PASSWORD, { ...NOW, credentialsMark: 'new' });
    expect(mayProbe(again, NOW.nowMs, 'new')).toBe(false);
    expect(again.probeAtMs - NOW.nowMs).toBe(60_000);
  });
});

test('begins the delays of another reason anew, so that a wrong password after an outage is probed after 35 s', () => {
  const away = reopen(reopen(open(SERVER, TARGET, AWAY, NOW), AWAY, NOW), AWAY, NOW);
  const denied = reopen(away, WRONG_PASSWORD, NOW);
  expect([away, denied].map(({ probeAtMs }) => probeAtMs - NOW.nowMs)).toEqual([4_000, 35_000]);
  expect(reopen(denied, WRONG_PASSWORD, NOW).probeAtMs - NOW.nowMs).toBe(60_000);
});

test('multiplies the pause of a breaker without a store only after a denial, because the server counts those', () => {
  const now = { nowMs: NOW.nowMs + 10, random: 0 };
  expect(localBreaker(open(SERVER, TARGET, AWAY, NOW), now).probeAtMs).toBe(NOW.nowMs + 1_000);
  expect(localBreaker(open(SERVER, TARGET, WRONG_PASSWORD, NOW), now).probeAtMs).toBe(NOW.nowMs + 175_010);
});

describe('transitions', () => {
  const breaker = open(SERVER, TARGET, AWAY, NOW);
  const isOpen: BreakerState = { status: 'open', breaker, isLocal: false };
  const withFailures: BreakerState = { status: 'closed', failures: { count: 4.5, bodies: ['a', 'b'] } };
  const empty: Batch = { target: TARGET, body: Buffer.alloc(0), lines: 0 };

  test('ignores failures of requests that were in flight when the breaker opened', () => {
    expect(afterFailure(isOpen, batch('a'), AWAY)).toEqual([isOpen, 'none']);
  });
  test('closes an open breaker without failures when no instance stores it any more', () => {
    expect(afterRead(isOpen, undefined)).toBe(CLOSED);
    expect(afterFailure(afterRead(isOpen, undefined), batch('a'), AWAY)).toEqual([
      { status: 'closed', failures: { count: 1, bodies: [fingerprint(batch('a'))] } },
      'none',
    ]);
  });
  test('keeps the failures of a closed breaker over a reading, and drops them when another instance opens it', () => {
    expect(afterRead(withFailures, undefined)).toBe(withFailures);
    expect(afterRead(withFailures, breaker)).toEqual(isOpen);
  });
  test('drops the failures of a closed breaker after a success', () => {
    expect(afterSuccess(withFailures, batch('a'), WRITTEN)).toEqual([CLOSED, 'none']);
  });
  test('opens a closed breaker at its fifth failure of two bodies', () => {
    const [state, action] = afterFailure(withFailures, batch('c'), AWAY);
    expect([state.status, action]).toEqual(['closed', 'open']);
  });
  test('closes a half-open breaker after a written batch, but not after an empty write', () => {
    expect(afterSuccess(halfOpen(breaker), empty, WRITTEN)[1]).toBe('none');
    expect(afterSuccess(halfOpen(breaker), batch('a'), WRITTEN)[1]).toBe('close');
  });
  test('keeps a breaker open after a success of a request that was in flight when it opened', () => {
    expect(afterSuccess(isOpen, batch('a'), WRITTEN)).toEqual([isOpen, 'none']);
  });
  test('keeps a half-open breaker after a response that does not show that lines are stored, without its failures', () => {
    const doubted: BreakerState = { ...halfOpen(breaker), failures: { count: 1, bodies: ['a'] } };
    expect(afterSuccess(doubted, batch('a'), REFUSED)).toEqual([halfOpen(breaker), 'none']);
  });
  test('reopens a half-open breaker after a failure that no line can cause', () => {
    expect(afterFailure(halfOpen(breaker), batch('a'), AWAY)[1]).toBe('reopen');
    expect(afterFailure(halfOpen(breaker), empty, FAILED)[1]).toBe('reopen');
  });
  test('doubts a half-open breaker after one body failed without a reason, and reopens it after a second one', () => {
    const [doubted, first] = afterFailure(halfOpen(breaker), batch('a'), FAILED);
    expect([doubted, first]).toMatchObject([{ status: 'half-open', doubt: FAILED }, 'none']);
    expect(afterFailure(doubted, batch('a'), FAILED)[1]).toBe('none');
    expect(afterFailure(doubted, batch('b'), FAILED)[1]).toBe('reopen');
  });
  test('keeps a breaker half-open over a reading, unless another instance has probed since', () => {
    const probing = halfOpen(breaker);
    expect(afterRead(probing, undefined)).toBe(probing);
    expect(afterRead(probing, breaker)).toBe(probing);
    const later = { ...breaker, probeAtMs: breaker.probeAtMs + 1 };
    expect(afterRead(probing, later)).toEqual({ status: 'open', breaker: later, isLocal: false });
  });
});
