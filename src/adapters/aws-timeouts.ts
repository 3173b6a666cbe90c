/** Time limits of calls to AWS. */

/**
 * Time limits of every call to AWS, in milliseconds. A call without a limit could block an invocation until Lambda
 * kills it. Without `throwOnRequestTimeout` the SDK only logs a warning at the limit.
 */
export const AWS_TIMEOUTS = { connectionTimeout: 2_000, requestTimeout: 5_000, throwOnRequestTimeout: true } as const;
