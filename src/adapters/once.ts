/** Work that is done at its first use. */

/** Returns a function that starts the work at its first call. All calls return the same promise. */
export const once = <T>(work: () => Promise<T>): (() => Promise<T>) => {
  let started: Promise<T> | undefined;
  return () => {
    started ??= work();
    return started;
  };
};
