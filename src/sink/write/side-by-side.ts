/** Works through things in their order, at most so many at once. The first error ends it; what is under way then is awaited. */
export const forEachConcurrent = async <T>(
  things: Iterable<T>,
  atOnce: number,
  work: (thing: T) => Promise<void>,
): Promise<void> => {
  const waiting = things[Symbol.iterator]();
  let failed = false;
  const worker = async (): Promise<void> => {
    for (let next = waiting.next(); !next.done && !failed; next = waiting.next()) {
      try {
        await work(next.value);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  await allOrFirstError(Array.from({ length: atOnce }, worker));
};

/** What all have come to, or the first error; but not before all of them have ended, so that nothing goes on by itself. */
export const allOrFirstError = async <T>(works: readonly Promise<T>[]): Promise<T[]> => {
  const results = await Promise.allSettled(works);
  return results.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
};
