/** Calls functions that users have written. Whatever they throw becomes a refusal of the event, never an error of the sink. */

import { type Refusal, refuse } from '../refusal.ts';

/**
 * Thrown by a function of a user that is called from inside an encoder. The converter catches it and refuses the event.
 */
export class CodeFailed {
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    this.refusal = refusal;
  }
}

/** Returns the refusal for something that a function of a user has thrown. */
export const codeFailure = (what: string, thrown: unknown): Refusal =>
  refuse('converter-error', `${what} threw ${thrownText(thrown)}`);

/** Characters of the text of an error in a refusal, at most, so that its place fits into the detail of a dead letter. */
const ERROR_TEXT_MAX = 600;
const UNREADABLE = 'an error whose text cannot be read';

const thrownText = (thrown: unknown): string => {
  try {
    if (!(thrown instanceof Error)) return `a value of type ${typeof thrown} instead of an error`;
    const { name, message, stack = '' } = thrown;
    const whole = `${name}: ${message}`.replaceAll(/\s+/g, ' ');
    const text = whole.length > ERROR_TEXT_MAX ? `${whole.slice(0, ERROR_TEXT_MAX)}...` : whole;
    // The stack begins with the message, which may look like a place.
    const place = /^\s+at (?:.*\()?(.+?)\)?$/m.exec(stack.slice(stack.indexOf(message) + message.length))?.[1];
    return place === undefined ? text : `${text} (${place.replace(/^file:\/\//, '')})`;
  } catch {
    // Members of an error may be getters or symbols.
    return UNREADABLE;
  }
};

/** Returns an error as text for the log: its stack, as far as it can be read. */
export const loggedError = (error: unknown): string => {
  try {
    return error instanceof Error ? `${error.stack ?? error.message}` : String(error);
  } catch {
    return UNREADABLE;
  }
};

/**
 * Returns the refusal for a result of the wrong kind.
 *
 * @param found - What it returned, as a noun phrase.
 */
export const wrongResult = (what: string, expected: string, found: string): Refusal =>
  refuse('converter-error', `${what} must return ${expected}, it returned ${found}`);

/** Returns a noun phrase for a value of any kind. */
export const nounOf = (value: unknown): string => {
  if (value === undefined || value === null) return String(value);
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
};

/** Whether a function of a user returned a promise. Its rejection is handled, because it would end the process otherwise. */
export const isHandledPromise = (result: unknown): boolean => {
  if (!(result instanceof Promise)) return false;
  result.catch(() => undefined);
  return true;
};

/**
 * Calls a function of a user and returns its result, or a refusal if it throws or returns a promise. Events are
 * converted synchronously, because waiting between events would cost more than the conversion.
 *
 * @param what - Name of the function, for the refusal.
 */
export const callCode = <T>(what: string, call: () => T): T | Refusal => {
  let result: T;
  try {
    result = call();
  } catch (thrown) {
    return codeFailure(what, thrown);
  }
  if (!isHandledPromise(result)) return result;
  return refuse('converter-error', `${what} returned a promise, but it must be synchronous`);
};
