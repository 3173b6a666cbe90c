/**
 * Prevents concurrent invocations for one message group. SQS itself blocks a group while one of its messages is in
 * flight. This lock covers an invocation that runs longer than the visibility timeout of its messages.
 */

/** A lock for message groups. */
export interface GroupLock {
  /** Waits until all the groups are free, takes them, and returns a function that frees them. */
  take(groups: ReadonlySet<string>): Promise<() => void>;
}

/** Creates a lock with all groups free. */
export const createGroupLock = (): GroupLock => {
  const taken = new Map<string, Promise<void>>();
  return {
    take: async (groups) => {
      for (;;) {
        const busy = [...groups].map((group) => taken.get(group)).filter((freed) => freed !== undefined);
        if (busy.length === 0) break;
        await Promise.all(busy);
      }
      const { promise, resolve } = Promise.withResolvers<void>();
      for (const group of groups) taken.set(group, promise);
      return () => {
        for (const group of groups) taken.delete(group);
        resolve();
      };
    },
  };
};
