/** Limits the number of concurrent tasks. The limit may change while tasks run. */

/**
 * Runs tasks concurrently, at most `max()` at a time. The limit is read again before each task starts. A limit below 1
 * counts as 1.
 *
 * Tasks report expected failures as values, so only a bug makes one throw. After the first error no further task
 * starts. The error is thrown once all running tasks have ended, because no work may outlive the invocation.
 */
export class InFlight {
  readonly #max: () => number;
  readonly #running = new Set<Promise<void>>();
  #failure: { readonly error: unknown } | undefined;

  constructor(max: () => number) {
    this.#max = max;
  }

  /**
   * Waits until fewer than `max()` tasks run, starts the task, and returns without waiting for its end.
   *
   * @throws The first error of a task, after all running tasks have ended. The given task does not start then.
   */
  async submit(task: () => Promise<void>): Promise<void> {
    while (this.#running.size > 0 && this.#running.size >= this.#max()) await Promise.race(this.#running);
    if (this.#failure !== undefined) await this.drain();
    const running = this.#run(task).finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  /**
   * Waits until all running tasks have ended.
   *
   * @throws The first error of a task.
   */
  async drain(): Promise<void> {
    await Promise.all(this.#running);
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  async #run(task: () => Promise<void>): Promise<void> {
    try {
      await task();
    } catch (error) {
      this.#failure ??= { error };
    }
  }
}

/**
 * Runs `work` for each item in order, at most `max` at a time. Items are taken from the iterable only as tasks start.
 *
 * @throws The first error, after all running tasks have ended.
 */
export const forEachConcurrent = async <T>(
  items: Iterable<T>,
  max: number,
  work: (item: T) => Promise<void>,
): Promise<void> => {
  const inFlight = new InFlight(() => max);
  try {
    for (const item of items) await inFlight.submit(() => work(item));
  } finally {
    await inFlight.drain();
  }
};

/**
 * Waits for all promises and returns their values.
 *
 * @throws The first rejection in the order of the list, after all promises have settled. `Promise.all` would throw
 * earlier and leave the others running.
 */
export const allOrFirstError = async <T>(promises: readonly Promise<T>[]): Promise<T[]> => {
  const results = await Promise.allSettled(promises);
  return results.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
};
