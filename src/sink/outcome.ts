/**
 * What became of one write request, and what follows from it. The rows are those of the design's table of outcomes;
 * the retry wrapper, the isolation, the ledger and the breaker all ask this file and nobody decides by himself.
 */

import type { RefusalCode } from './refusal.ts';

export type Outcome =
  | { readonly kind: 'written' }
  /** The server blames the data. `code` is what a line that is found guilty is quarantined with. */
  | { readonly kind: 'refused'; readonly code: RefusalCode; readonly text: string }
  /** The server has no room for such data at present: new series, new columns, a range of time that is being moved. */
  | { readonly kind: 'held'; readonly text: string }
  | { readonly kind: 'too-large'; readonly text: string }
  /** `unexplained`: nothing was said of why (a time limit, a reset, an unknown 5xx); as a last resort, a line is to blame. */
  | { readonly kind: 'throttled'; readonly unexplained: boolean; readonly text: string }
  | { readonly kind: 'unavailable'; readonly unexplained: boolean; readonly text: string }
  | { readonly kind: 'denied'; readonly scope: 'server' | 'target'; readonly text: string }
  | { readonly kind: 'misconfigured'; readonly databaseMissing: boolean; readonly text: string }
  /** The server was not asked: the circuit breaker is open. */
  | { readonly kind: 'withheld'; readonly text: string };

export type OutcomeKind = Outcome['kind'];

interface Consequence {
  /** The same request may succeed within this invocation. */
  readonly retry: boolean;
  /** Some lines of the batch are to blame and the others can be written. */
  readonly isolate: boolean;
  /** Says that the server has too much to do (or that the batch was too big): a sign to shrink. */
  readonly congestion: boolean;
  /** Whose circuit breaker it speaks for; `closes`: server and target are well. */
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

/** The server's last words. */
export const textOf = (outcome: Outcome): string => ('text' in outcome ? outcome.text : '');

/** Whether the failure may be the fault of a line, for all that was said. */
export const isUnexplained = (outcome: Outcome): boolean => 'unexplained' in outcome && outcome.unexplained;

/** 401 speaks for the whole server, 403 for one target. */
export const consequenceOf = (outcome: Outcome): Consequence =>
  outcome.kind === 'denied' ? { ...CONSEQUENCES.denied, breaker: outcome.scope } : CONSEQUENCES[outcome.kind];
