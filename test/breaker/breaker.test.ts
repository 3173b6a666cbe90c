import { describe, expect, test } from 'vitest';
import {
  addFailure,
  breakerOf,
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
import { TARGET } from '../sink/make.ts';
import { AWAY, BUSY, FAILED, NO_DATABASE, NOT_AUTHORIZED, REFUSED, WRITTEN, WRONG_PASSWORD } from './breaker-world.ts';

const TIMED_OUT: Outcome = { kind: 'throttled', unexplained: true, text: 'no answer' };
const NOW = { owner: 'one', nowMs: 1_000_000, random: 0, credentialsMark: 'old' };

/** Whether the last of these failures opens a closed breaker; bodies are told apart by their letter. */
const isOpenAfter = (outcome: Outcome, bodies: string): boolean => {
  let failures = NO_FAILURES;
  for (const body of bodies) failures = addFailure(failures, outcome, body);
  return opens(failures, outcome);
};

describe('a breaker opens', () => {
  test.each<[string, Outcome, string, boolean]>([
    ['four failures of different bodies are too few', AWAY, 'abcd', false],
    ['five of two bodies are enough', AWAY, 'aaaab', true],
    ['the order of the bodies does not matter', AWAY, 'abaaa', true],
    ['one body alone never opens it: the fault may be its own', FAILED, 'aaaaaaaaaaaaaaaaaaaa', false],
    ['nor does it when the server explains itself', AWAY, 'aaaaaaaaaaaaaaaaaaaa', false],
    ['time limits count in full', TIMED_OUT, 'abcde', true],
    ['a busy server is at work: 19 times are too few', BUSY, 'abcdefghijklmnopqrs', false],
    ['but 20 times are not', BUSY, 'abcdefghijklmnopqrst', true],
    ['a wrong password needs no second proof', WRONG_PASSWORD, 'a', true],
    ['nor do missing rights', NOT_AUTHORIZED, 'a', true],
    ['nor does a database that is not there', NO_DATABASE, 'a', true],
  ])('%s', (_, outcome, bodies, expected) => {
    expect(isOpenAfter(outcome, bodies)).toBe(expected);
  });
  test('with what is needed to explain it, and to probe', () => {
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
  ['a server that is away: the server', AWAY, SERVER],
  ['a server that has too much to do: the server', BUSY, SERVER],
  ['401: the server', WRONG_PASSWORD, SERVER],
  ['403: the target', NOT_AUTHORIZED, targetBreaker(TARGET)],
  ['a missing database: the target', NO_DATABASE, targetBreaker(TARGET)],
  ['a bad line: nobody', REFUSED, undefined],
  ['no room for new series: nobody', { kind: 'held', text: 'too many series' }, undefined],
  ['a batch that is too large: nobody', { kind: 'too-large', text: '413' }, undefined],
  ['a success: nobody', WRITTEN, undefined],
])('is blamed for %s', (_, outcome, key) => {
  expect(breakerOf(outcome, TARGET)).toBe(key);
});

test('targets with different retention policies have breakers of their own', () => {
  expect(targetBreaker({ ...TARGET, retentionPolicy: 'week' })).not.toBe(targetBreaker(TARGET));
});

describe('the pause before the next probe', () => {
  const seconds = (kind: Outcome['kind'], random: number, shared: boolean): number[] =>
    [0, 1, 2, 3, 4, 5, 50].map((probes) => probeDelayMs(kind, probes, random, shared) / 1_000);
  test.each<[string, Outcome['kind'], boolean, readonly number[]]>([
    ['is short where recovery waits for it', 'unavailable', true, [1, 2, 4, 8, 10, 10, 10]],
    ['is the same for a busy server', 'throttled', true, [1, 2, 4, 8, 10, 10, 10]],
    ['grows to half a minute for what a person must repair', 'misconfigured', true, [2, 4, 8, 16, 30, 30, 30]],
    ['is long after a denial, which the server counts', 'denied', true, [35, 60, 120, 120, 120, 120, 120]],
    [
      'is ten times as long for each of those who share nothing',
      'denied',
      false,
      [350, 600, 1200, 1200, 1200, 1200, 1200],
    ],
  ])('%s', (_, kind, shared, expected) => {
    expect(seconds(kind, 0, shared)).toEqual(expected);
  });
  test('is up to a quarter shorter by chance, so that instances part', () => {
    expect(probeDelayMs('unavailable', 1, 0.999, true)).toBe(1_501);
    expect(probeDelayMs('denied', 0, 0.999, false)).toBe(262_588);
  });
  test('is never shorter than 35 s after a denial: a locked user is unlocked after 30', () => {
    expect(seconds('denied', 0.999, true)).toEqual(seconds('denied', 0, true));
    expect(Math.min(...seconds('denied', 0.999, false))).toBeGreaterThan(35);
  });
});

describe('who may probe', () => {
  const opened = open(SERVER, TARGET, AWAY, NOW);
  const denied = open(SERVER, TARGET, WRONG_PASSWORD, NOW);
  test.each<[string, typeof opened, number, string, boolean]>([
    ['nobody before its time', opened, 1_000_999, 'old', false],
    ['anybody when it has come', opened, 1_001_000, 'old', true],
    ['nobody with the credentials that were denied, a moment before', denied, 1_034_999, 'old', false],
    ['anybody with them at last', denied, 1_035_000, 'old', true],
    ['whoever has new credentials, at once', denied, 1_000_000, 'new', true],
    ['but new credentials make no server come back', opened, 1_000_000, 'new', false],
  ])('%s', (_, breaker, nowMs, mark, expected) => {
    expect(mayProbe(breaker, nowMs, mark)).toBe(expected);
  });
});

describe('after a probe that failed', () => {
  test('it waits longer, and says what was said last', () => {
    const again = reopen(open(SERVER, TARGET, AWAY, NOW), FAILED, { ...NOW, nowMs: 1_002_000 });
    expect(again).toMatchObject({
      kind: 'unavailable',
      text: FAILED.kind === 'unavailable' ? FAILED.text : '',
      probes: 1,
      openedAtMs: 1_000_000,
      probeAtMs: 1_004_000,
    });
  });
  test('credentials that were denied now are those that must wait', () => {
    const again = reopen(open(SERVER, TARGET, WRONG_PASSWORD, NOW), WRONG_PASSWORD, { ...NOW, credentialsMark: 'new' });
    expect(mayProbe(again, NOW.nowMs, 'new')).toBe(false);
    expect(again.probeAtMs - NOW.nowMs).toBe(60_000);
  });
});

test('by itself, an environment waits longer only where the server counts', () => {
  const now = { nowMs: NOW.nowMs + 10, random: 0 };
  expect(localBreaker(open(SERVER, TARGET, AWAY, NOW), now).probeAtMs).toBe(NOW.nowMs + 1_000);
  expect(localBreaker(open(SERVER, TARGET, WRONG_PASSWORD, NOW), now).probeAtMs).toBe(NOW.nowMs + 350_010);
});
