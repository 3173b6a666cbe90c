/** What a user can do about an error of AWS whose own text names no remedy. */

const CREDENTIALS = 'Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.';
const MISSING = 'Check the name, the account, and the region.';

/** Remedies by the name or the code of an error. */
const REMEDIES: Readonly<Record<string, string>> = {
  CredentialsProviderError: CREDENTIALS,
  UnrecognizedClientException: CREDENTIALS,
  ResourceNotFoundException: MISSING,
  QueueDoesNotExist: MISSING,
  'AWS.SimpleQueueService.NonExistentQueue': MISSING,
  ENOTFOUND: 'Check the region, because no host has this name.',
};

/** Returns a sentence for the first error of the chain of causes that has a remedy, or an empty text. */
export const awsRemedy = (error: unknown): string => {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    // The AWS SDK gives this error neither a name nor a code.
    if (cause.message === 'Region is missing') return 'Set AWS_REGION.';
    const remedy = REMEDIES[cause.name] ?? REMEDIES[(cause as NodeJS.ErrnoException).code ?? ''];
    if (remedy !== undefined) return remedy;
  }
  return '';
};
