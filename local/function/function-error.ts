/** As Lambda reports it. */
export interface FunctionFault {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly stackTrace: readonly string[];
}

/** An invocation that failed: thrown by the handler, or ended from outside (`Sandbox.Timedout`, `Runtime.ExitError`). */
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

export const functionError = (errorType: string, errorMessage: string): FunctionError =>
  new FunctionError({ errorType, errorMessage, stackTrace: [] });
