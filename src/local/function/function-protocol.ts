/** What a function's process and its keeper say to each other. Events and answers travel as the JSON that Lambda would carry. */

export interface FunctionIdentity {
  readonly functionName: string;
  readonly memoryMb: number;
  readonly region: string;
  readonly logStreamName: string;
}

export type ToFunction =
  | { readonly kind: 'init'; readonly module: string; readonly exportName: string; readonly identity: FunctionIdentity }
  | { readonly kind: 'invoke'; readonly requestId: string; readonly event: string; readonly deadlineMs: number };

/** As Lambda reports it. */
export interface FunctionFault {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly stackTrace: readonly string[];
}

export type FromFunction =
  | { readonly kind: 'ready' }
  | { readonly kind: 'init-failed'; readonly fault: FunctionFault }
  | { readonly kind: 'answer'; readonly response: string }
  | { readonly kind: 'fault'; readonly fault: FunctionFault };
