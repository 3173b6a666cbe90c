/** Results of the checks of `check --live`. */

/** One result. */
export interface Finding {
  /** What was checked: an address, a queue, or a table. */
  readonly part: string;
  readonly check: string;
  readonly state: 'ok' | 'fault' | 'not checked';
  /** What was found, or why nothing was. */
  readonly detail: string;
  /** What to do about a fault. */
  readonly remedy?: string;
}

/** Creates the findings of one part. */
export interface Findings {
  ok(check: string, detail: string): Finding;
  fault(check: string, detail: string, remedy: string): Finding;
  notChecked(check: string, reason: string): Finding;
}

/** Returns the functions that create findings of a part. */
export const findingsOf = (part: string): Findings => ({
  ok: (check, detail) => ({ part, check, state: 'ok', detail }),
  fault: (check, detail, remedy) => ({ part, check, state: 'fault', detail, remedy }),
  notChecked: (check, detail) => ({ part, check, state: 'not checked', detail }),
});

/** Returns a finding that depends on a condition. */
export const foundIf = (
  { ok, fault }: Findings,
  isOk: boolean,
  check: string,
  detail: string,
  remedy: string,
): Finding => (isOk ? ok(check, detail) : fault(check, detail, remedy));
