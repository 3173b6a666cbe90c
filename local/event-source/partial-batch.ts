/**
 * The contract of ReportBatchItemFailures, as documented by AWS. In cases that AWS does not document (a list that is
 * not an array, a bare string) the whole batch is returned. That can cause duplicates but never loses a message.
 */

const NOTHING: readonly string[] = [];

/** Returns the ids that a response names as failed, or undefined if Lambda does not accept the response. */
const failedIds = (response: unknown, ids: ReadonlySet<string>): ReadonlySet<string> | undefined => {
  // A missing response, or one without the list, means that nothing failed. A response with a wrong structure therefore
  // loses messages.
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

/** Returns the ids of the messages to delete after a successful invocation, in the order of the batch. */
export const settleResponse = (response: unknown, ids: readonly string[]): readonly string[] => {
  const failed = failedIds(response, new Set(ids));
  return failed ? ids.filter((id) => !failed.has(id)) : NOTHING;
};
