/** Errors of invocations, in the form in which Lambda reports them. */

/** An error as Lambda reports it. */
export interface FunctionFault {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly stackTrace: readonly string[];
}

/**
 * A failed invocation: the handler threw, or the process was ended from outside (`Sandbox.Timedout`,
 * `Runtime.ExitError`).
 */
export class FunctionError extends Error {
  override name = 'FunctionError' as const;
  readonly errorType: string;
  readonly stackTrace: readonly string[];

  constructor({ errorType, errorMessage, stackTrace }: FunctionFault) {
    super(errorMessage);
    this.errorType = errorType;
    this.stackTrace = stackTrace;
  }
}

/** Returns an error without a stack trace, for failures outside the handler. */
export const functionError = (errorType: string, errorMessage: string): FunctionError =>
  new FunctionError({ errorType, errorMessage, stackTrace: [] });
