/** Limited concurrency. Covers `src/sink/write/in-flight.ts`. */

import { describe, expect, test } from 'vitest';
import { allOrFirstError, forEachConcurrent } from '../../../src/sink/write/in-flight.ts';

/** Work whose pieces end when the test ends them. */
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

/** Follows the state of a promise: in flight, done, or the message of its error. */
const follow = (promise: Promise<unknown>): { state: string } => {
  const followed = { state: 'in flight' };
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

describe('concurrent work', () => {
  test('starts at most the allowed number of tasks, in order, and the next one when a task ends', async () => {
    const { begun, inFlight, do: begin, end } = work();
    const all = follow(forEachConcurrent([1, 2, 3, 4, 5], 2, begin));
    await aTurn();
    expect(begun).toEqual([1, 2]);
    await end(2);
    expect(inFlight()).toEqual([1, 3]);
    await end(3);
    await end(4);
    await end(5);
    expect([begun, all.state]).toEqual([[1, 2, 3, 4, 5], 'in flight']);
    await end(1);
    expect(all.state).toBe('done');
  });
  test('starts no task after an error, and waits for the tasks in flight', async () => {
    const { begun, do: begin, end } = work();
    const all = follow(forEachConcurrent([1, 2, 3, 4, 5], 3, begin));
    await aTurn();
    await end(2, new Error('of 2'));
    expect([begun, all.state]).toEqual([[1, 2, 3], 'in flight']);
    await end(1);
    expect([begun, all.state]).toEqual([[1, 2, 3], 'in flight']);
    await end(3);
    expect([begun, all.state]).toEqual([[1, 2, 3], 'of 2']);
  });
  test('throws one of several errors and handles the others', async () => {
    const { do: begin, end } = work();
    const all = follow(forEachConcurrent([1, 2], 2, begin));
    await aTurn();
    await end(2, new Error('of 2'));
    await end(1, new Error('of 1'));
    expect(all.state).toMatch(/^of [12]$/);
  });
  test('treats an error of the iterator like an error of a task', async () => {
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
    expect(all.state).toBe('in flight');
    await end(1);
    expect(all.state).toBe('in the making');
  });
  test.each([1, 4])('does nothing for an empty list with %i tasks allowed at a time', async (atOnce) => {
    const { begun, do: begin } = work();
    await forEachConcurrent([], atOnce, begin);
    expect(begun).toEqual([]);
  });
});

describe('awaiting several promises', () => {
  test('returns the results of all promises in order', async () => {
    expect(await allOrFirstError([Promise.resolve('a'), Promise.resolve('b')])).toEqual(['a', 'b']);
  });
  test('throws the error of one promise only after all others have ended', async () => {
    const { do: begin, end } = work();
    const all = follow(allOrFirstError([begin(1), begin(2), begin(3)]));
    await end(2, new Error('of 2'));
    await end(1);
    expect(all.state).toBe('in flight');
    await end(3);
    expect(all.state).toBe('of 2');
  });
});
