/** Circuit breakers that all instances share, and the leases of their probes. */

import { expect, test } from 'vitest';
import type { OpenBreaker } from '../../../src/breaker/breaker.ts';
import { breakerOf, type FreshTable, NOW_MS, UNICODE } from './made-up.ts';

const setUp = async (fresh: FreshTable) => {
  const view = (await fresh())('sink');
  const shown = async (): Promise<readonly OpenBreaker[]> => (await view.readShared()).breakers;
  /** Leases the probe for 10 s, starting `afterMs` after `NOW_MS`. */
  const lease = (owner: string, afterMs = 0, seen: OpenBreaker = breakerOf()): Promise<boolean> =>
    view.breakers.lease(seen, owner, NOW_MS + afterMs + 10_000, NOW_MS + afterMs);
  return { breakers: view.breakers, shown, lease };
};
/** `breakerOf()` after a failed probe. */
const again = breakerOf({ kind: 'throttled', text: 'busy', probes: 1, probeAtMs: NOW_MS + 9_000 });

/** Declares the tests of the shared breakers. */
export const breakerContract = (fresh: FreshTable): void => {
  openingContract(fresh);
  leasingContract(fresh);
  reopeningContract(fresh);
  closingContract(fresh);
};

const openingContract = (fresh: FreshTable): void => {
  test('a new table has no open breakers', async () => {
    const { shown } = await setUp(fresh);
    expect(await shown()).toEqual([]);
  });

  test('open breakers are read with all their attributes', async () => {
    const { breakers, shown } = await setUp(fresh);
    const all = [
      breakerOf(),
      breakerOf({
        key: 'target#Größe 測定 😀/week "é"',
        kind: 'denied',
        text: '«авторизация» 😀\n"\\',
        target: UNICODE,
      }),
      breakerOf({ key: 'target#db/', text: '', probes: 7, credentialsMark: 'a1b2c3' }),
    ];
    for (const breaker of all) expect(await breakers.open(breaker)).toBe(true);
    expect((await shown()).toSorted((a, b) => (a.key < b.key ? -1 : 1))).toStrictEqual(all);
  });

  test('a breaker is opened once, with the reason of the first instance', async () => {
    const { breakers, shown } = await setUp(fresh);
    await breakers.open(breakerOf());
    expect(await breakers.open(breakerOf({ openedBy: 'two', text: 'too late' }))).toBe(false);
    expect(await shown()).toStrictEqual([breakerOf()]);
  });

  test('of ten instances that open a breaker concurrently, one succeeds', async () => {
    const { breakers, shown } = await setUp(fresh);
    const owners = Array.from({ length: 10 }, (_, number) => `owner ${number}`);
    const opened = await Promise.all(owners.map((openedBy) => breakers.open(breakerOf({ openedBy }))));
    expect(opened.filter((first) => first)).toHaveLength(1);
    expect((await shown()).map(({ openedBy }) => openedBy)).toEqual([owners[opened.indexOf(true)]]);
  });

  test('repeating the call that opened a breaker returns the same result', async () => {
    const { breakers, shown } = await setUp(fresh);
    for (let time = 0; time < 2; time++) expect(await breakers.open(breakerOf())).toBe(true);
    expect(await shown()).toStrictEqual([breakerOf()]);
    // Another time means another opening, and the breaker is already open.
    expect(await breakers.open(breakerOf({ openedAtMs: NOW_MS + 1 }))).toBe(false);
  });

  test('a late repetition of an open call does not undo what other instances have done since', async () => {
    const { breakers, shown, lease } = await setUp(fresh);
    await breakers.open(breakerOf());
    await lease('two');
    expect(await breakers.open(breakerOf())).toBe(true);
    expect(await lease('three')).toBe(false);
    expect(await breakers.reopen(again, 'two')).toBe(true);
    expect(await breakers.open(breakerOf())).toBe(true);
    expect(await shown()).toStrictEqual([again]);
  });
};

const leasingContract = (fresh: FreshTable): void => {
  test('the probe of a breaker has one owner until exactly the end of the lease', async () => {
    const { breakers, lease } = await setUp(fresh);
    await breakers.open(breakerOf());
    expect(await lease('one')).toBe(true);
    expect(await lease('two', 9_999)).toBe(false);
    expect(await lease('one', 5_000)).toBe(true);
    expect(await lease('two', 14_999)).toBe(false);
    expect(await lease('two', 15_000)).toBe(true);
    expect(await lease('one', 15_001)).toBe(false);
  });

  test('of ten concurrent leases of a probe, one succeeds', async () => {
    const { breakers, lease } = await setUp(fresh);
    await breakers.open(breakerOf());
    const asked = await Promise.all(Array.from({ length: 10 }, (_, number) => lease(`owner ${number}`)));
    expect(asked.filter((won) => won)).toHaveLength(1);
  });

  test('leasing the probe does not change the breaker that is read', async () => {
    const { breakers, shown, lease } = await setUp(fresh);
    await breakers.open(breakerOf());
    await lease('one');
    expect(await shown()).toStrictEqual([breakerOf()]);
  });

  test('the probe of a closed breaker, or of one that has changed since it was read, is not leased', async () => {
    const { breakers, shown, lease } = await setUp(fresh);
    expect(await lease('one')).toBe(false);
    expect(await shown()).toEqual([]);
    await breakers.open(breakerOf());
    expect(await lease('one', 0, breakerOf({ probeAtMs: NOW_MS + 999 }))).toBe(false);
    expect(await lease('two')).toBe(true);
  });
};

const reopeningContract = (fresh: FreshTable): void => {
  test('only the owner of the lease can reopen a breaker', async () => {
    const { breakers, shown, lease } = await setUp(fresh);
    expect(await breakers.reopen(again, 'one')).toBe(false);
    await breakers.open(breakerOf());
    expect(await breakers.reopen(again, 'one')).toBe(false);
    await lease('one');
    expect(await breakers.reopen(again, 'two')).toBe(false);
    expect(await shown()).toStrictEqual([breakerOf()]);
    expect(await breakers.reopen(again, 'one')).toBe(true);
    expect(await shown()).toStrictEqual([again]);
  });

  test('an owner whose lease was taken over can neither reopen nor close the breaker', async () => {
    const { breakers, shown, lease } = await setUp(fresh);
    await breakers.open(breakerOf());
    await lease('one');
    await lease('two', 10_000);
    expect(await breakers.reopen(again, 'one')).toBe(false);
    expect(await breakers.close('server', 'one')).toBe(false);
    expect(await shown()).toStrictEqual([breakerOf()]);
  });

  test('the probe of a reopened breaker can be leased by an instance that has read its new state', async () => {
    const { breakers, lease } = await setUp(fresh);
    await breakers.open(breakerOf());
    await lease('one');
    await breakers.reopen(again, 'one');
    expect(await lease('two', 1)).toBe(false);
    expect(await lease('two', 1, again)).toBe(true);
  });

  test('repeating the call that reopened a breaker succeeds until another instance leases the probe', async () => {
    const { breakers, shown, lease } = await setUp(fresh);
    await breakers.open(breakerOf());
    await lease('one');
    for (let time = 0; time < 2; time++) expect(await breakers.reopen(again, 'one')).toBe(true);
    expect(await shown()).toStrictEqual([again]);
    // Reopening released the lease, so a different reopening fails.
    expect(await breakers.reopen({ ...again, probes: 2, probeAtMs: NOW_MS + 20_000 }, 'one')).toBe(false);
    expect(await breakers.close('server', 'one')).toBe(false);
    await lease('two', 1, again);
    expect(await breakers.reopen(again, 'one')).toBe(false);
  });
};

const closingContract = (fresh: FreshTable): void => {
  test('only the owner of the lease can close a breaker', async () => {
    const { breakers, shown, lease } = await setUp(fresh);
    await breakers.open(breakerOf());
    await breakers.open(breakerOf({ key: 'target#db/' }));
    expect(await breakers.close('server', 'one')).toBe(false);
    await lease('one');
    expect(await breakers.close('server', 'two')).toBe(false);
    expect(await shown()).toHaveLength(2);
    expect(await breakers.close('server', 'one')).toBe(true);
    expect(await shown()).toStrictEqual([breakerOf({ key: 'target#db/' })]);
  });

  test('closing a breaker that is already closed succeeds', async () => {
    const { breakers, lease } = await setUp(fresh);
    expect(await breakers.close('server', 'one')).toBe(true);
    await breakers.open(breakerOf());
    await lease('one');
    for (let time = 0; time < 2; time++) expect(await breakers.close('server', 'one')).toBe(true);
    // Any instance may open it again, without the old lease.
    expect(await breakers.open(breakerOf({ openedBy: 'two' }))).toBe(true);
    expect(await lease('three')).toBe(true);
  });
};
