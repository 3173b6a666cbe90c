import { describe, expect, test } from 'vitest';
import { allOrFirstError, forEachConcurrent } from '../../../src/sink/write/in-flight.ts';

/** Work whose every piece ends when the test says so. */
const work = () => {
  const pieces = new Map<number, { resolve: () => void; reject: (error: Error) => void }>();
  const begun: number[] = [];
  return {
    begun,
    inFlight: () => [...pieces.keys()],
    do(thing: number): Promise<void> {
      begun.push(thing);
      return new Promise((resolve, reject) => pieces.set(thing, { resolve, reject }));
    },
    async end(thing: number, error?: Error): Promise<void> {
      const piece = pieces.get(thing);
      pieces.delete(thing);
      if (error === undefined) piece?.resolve();
      else piece?.reject(error);
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
};

/** Tasks after the first start a microtask later than the call. */
const aTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** What a promise has come to, so far. */
const follow = (promise: Promise<unknown>): { state: string } => {
  const followed = { state: 'under way' };
  promise.then(
    () => {
      followed.state = 'done';
    },
    (error: Error) => {
      followed.state = error.message;
    },
  );
  return followed;
};

describe('side by side', () => {
  test('so many are under way at once, in their order, and the next begins when one ends', async () => {
    const { begun, inFlight, do: begin, end } = work();
    const all = follow(forEachConcurrent([1, 2, 3, 4, 5], 2, begin));
    await aTurn();
    expect(begun).toEqual([1, 2]);
    await end(2);
    expect(inFlight()).toEqual([1, 3]);
    await end(3);
    await end(4);
    await end(5);
    expect([begun, all.state]).toEqual([[1, 2, 3, 4, 5], 'under way']);
    await end(1);
    expect(all.state).toBe('done');
  });
  test('after an error nothing new begins, and what is under way is awaited', async () => {
    const { begun, do: begin, end } = work();
    const all = follow(forEachConcurrent([1, 2, 3, 4, 5], 3, begin));
    await aTurn();
    await end(2, new Error('of 2'));
    expect([begun, all.state]).toEqual([[1, 2, 3], 'under way']);
    await end(1);
    expect([begun, all.state]).toEqual([[1, 2, 3], 'under way']);
    await end(3);
    expect([begun, all.state]).toEqual([[1, 2, 3], 'of 2']);
  });
  test('of several errors one is told, and none is left to itself', async () => {
    const { do: begin, end } = work();
    const all = follow(forEachConcurrent([1, 2], 2, begin));
    await aTurn();
    await end(2, new Error('of 2'));
    await end(1, new Error('of 1'));
    expect(all.state).toMatch(/^of [12]$/);
  });
  test('an error in making the next thing is one of the work', async () => {
    const { do: begin, end } = work();
    const all = follow(
      forEachConcurrent(
        (function* () {
          yield 1;
          throw new Error('in the making');
        })(),
        2,
        begin,
      ),
    );
    await end(0);
    expect(all.state).toBe('under way');
    await end(1);
    expect(all.state).toBe('in the making');
  });
  test.each([1, 4])('nothing is done for nothing (%i at once)', async (atOnce) => {
    const { begun, do: begin } = work();
    await forEachConcurrent([], atOnce, begin);
    expect(begun).toEqual([]);
  });
});

describe('together', () => {
  test('gives back what all have come to, in order', async () => {
    expect(await allOrFirstError([Promise.resolve('a'), Promise.resolve('b')])).toEqual(['a', 'b']);
  });
  test('fails when one has failed, but not before all others have ended', async () => {
    const { do: begin, end } = work();
    const all = follow(allOrFirstError([begin(1), begin(2), begin(3)]));
    await end(2, new Error('of 2'));
    await end(1);
    expect(all.state).toBe('under way');
    await end(3);
    expect(all.state).toBe('of 2');
  });
});
