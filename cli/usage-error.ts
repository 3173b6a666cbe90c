/** Errors that the caller of the command can fix. */

/** An error that the caller of the command can fix. It is printed as a sentence, without a stack. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/**
 * Returns the error for a failure outside this process. The message contains the error texts of the whole chain of
 * causes.
 *
 * @param more - Remedy, printed on a second line.
 */
export const externalError = (what: string, error: unknown, more = ''): UsageError => {
  const texts = [what];
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    texts.push(cause.message || String((cause as NodeJS.ErrnoException).code));
  return new UsageError(`${texts.join(': ')}${more === '' ? '' : `\n${more}`}`);
};
