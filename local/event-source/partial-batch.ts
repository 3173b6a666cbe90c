/*
 * The contract of ReportBatchItemFailures, as AWS documents it. Where it says nothing (a list that is no list, a bare
 * string) the whole batch comes back: that can duplicate, and never loses.
 */

const NOTHING: readonly string[] = [];

/** The ids an answer names as failed, or undefined if it is not one that Lambda accepts. */
const failedIds = (response: unknown, ids: ReadonlySet<string>): ReadonlySet<string> | undefined => {
  // An absent answer, and one without the list, count as "nothing failed". This is how a wrong shape loses messages.
  if (response === undefined || response === null) return new Set();
  if (typeof response !== 'object' || Array.isArray(response)) return undefined;
  const failures = (response as { batchItemFailures?: unknown }).batchItemFailures ?? [];
  if (!Array.isArray(failures)) return undefined;
  const failed = new Set<string>();
  for (const failure of failures) {
    const id: unknown = (failure as { itemIdentifier?: unknown } | null)?.itemIdentifier;
    if (typeof id !== 'string' || !ids.has(id)) return undefined;
    failed.add(id);
  }
  return failed;
};

/** The ids of the messages that may be deleted after an invocation that did not fail, in the order of the batch. */
export const settleResponse = (response: unknown, ids: readonly string[]): readonly string[] => {
  const failed = failedIds(response, new Set(ids));
  return failed ? ids.filter((id) => !failed.has(id)) : NOTHING;
};
