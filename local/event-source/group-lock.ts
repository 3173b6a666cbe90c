/**
 * Keeps two invocations from having messages of one group at once. SQS itself holds a group back while a message of
 * it is in flight; this lock covers the invocation that outlives the visibility of its messages.
 */
export interface GroupLock {
  /** Resolves, when none of the groups is taken, to the function that frees them. */
  take(groups: ReadonlySet<string>): Promise<() => void>;
}

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
