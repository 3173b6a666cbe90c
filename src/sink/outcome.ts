/**
 * Outcomes of a write request, and their consequences. The retry wrapper, the isolation, the drainer and the breakers
 * all use this table; none of them has separate rules. `adapters/opengemini-reply.ts` classifies the responses of the
 * server.
 */

import type { RefusalCode } from './refusal.ts';

/**
 * Outcome of one write request. `text` is the error text: of the server where there is a response, otherwise of the
 * client.
 *
 * `unexplained` is `true` if the failure gives no reason (a timeout, a connection reset, an unknown 5xx). A line may
 * have caused such a failure. The isolation of unexplained failures looks for that line.
 */
export type Outcome =
  /** The server accepted every line. */
  | { readonly kind: 'written' }
  /** The server cannot accept at least one line. A failing line is quarantined with `code`. */
  | { readonly kind: 'refused'; readonly code: RefusalCode; readonly text: string }
  /** The server has no capacity for such data now: new series, new columns, or a time range that is being moved. */
  | { readonly kind: 'held'; readonly text: string }
  /** The request, or a line in it, exceeds a size limit of the server. */
  | { readonly kind: 'too-large'; readonly text: string }
  /** The server is overloaded. */
  | { readonly kind: 'throttled'; readonly unexplained: boolean; readonly text: string }
  /** The server cannot be reached or cannot write now. */
  | { readonly kind: 'unavailable'; readonly unexplained: boolean; readonly text: string }
  /** The server refuses the credentials (`server`), or the user has no permission for this target (`target`). */
  | { readonly kind: 'denied'; readonly scope: 'server' | 'target'; readonly text: string }
  /**
   * The target does not exist, or the status is an unknown one below 500. An operator must correct the configuration.
   */
  | { readonly kind: 'misconfigured'; readonly databaseMissing: boolean; readonly text: string }
  /** No request was sent, because the circuit breaker is open or an operator paused the sink. */
  | { readonly kind: 'withheld'; readonly text: string };

/** A field whose column has another type in openGemini, as a refusal of the server names it. */
export interface TypeConflict {
  readonly field: string;
  /** Type of the column: that of a field, or `tag`. */
  readonly columnType: string;
}

/** Name of an outcome. */
export type OutcomeKind = Outcome['kind'];

/** Consequence of an outcome. */
interface Consequence {
  /** Whether the same request may succeed within this invocation. */
  readonly retry: boolean;
  /** Whether only some lines of the batch fail, so that the others can be written. */
  readonly isolate: boolean;
  /** Whether the outcome is a sign to reduce load: the server is overloaded, or the batch was too large. */
  readonly congestion: boolean;
  /**
   * The circuit breaker that counts this failure. `closes`: a success, which closes the breakers of server and target.
   */
  readonly breaker: 'closes' | 'server' | 'target' | 'none';
}

const CONSEQUENCES: Readonly<Record<OutcomeKind, Consequence>> = {
  written: { retry: false, isolate: false, congestion: false, breaker: 'closes' },
  refused: { retry: false, isolate: true, congestion: false, breaker: 'none' },
  held: { retry: false, isolate: true, congestion: false, breaker: 'none' },
  'too-large': { retry: false, isolate: true, congestion: true, breaker: 'none' },
  throttled: { retry: true, isolate: false, congestion: true, breaker: 'server' },
  unavailable: { retry: true, isolate: false, congestion: false, breaker: 'server' },
  denied: { retry: false, isolate: false, congestion: false, breaker: 'server' },
  misconfigured: { retry: false, isolate: false, congestion: false, breaker: 'target' },
  withheld: { retry: false, isolate: false, congestion: false, breaker: 'none' },
};

/** Returns the error text of an outcome, or an empty string if the outcome has none. */
export const textOf = (outcome: Outcome): string => ('text' in outcome ? outcome.text : '');

/** Whether the failure gives no reason, so that a line may have caused it. */
export const isUnexplained = (outcome: Outcome): boolean => 'unexplained' in outcome && outcome.unexplained;

/**
 * Returns the consequence of an outcome. `denied` counts for the whole server after a 401, for one target after a 403.
 */
export const consequenceOf = (outcome: Outcome): Consequence =>
  outcome.kind === 'denied' ? { ...CONSEQUENCES.denied, breaker: outcome.scope } : CONSEQUENCES[outcome.kind];
