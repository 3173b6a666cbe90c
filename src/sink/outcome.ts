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
  | { readonly kind: 'throttled'; readonly text: string }
  | { readonly kind: 'unavailable'; readonly text: string }
  | { readonly kind: 'denied'; readonly scope: 'server' | 'target'; readonly text: string }
  | { readonly kind: 'misconfigured'; readonly databaseMissing: boolean; readonly text: string };

export type OutcomeKind = Outcome['kind'];

interface Consequence {
  /** The same request may succeed within this invocation. */
  readonly retry: boolean;
  /** Some lines of the batch are to blame and the others can be written. */
  readonly isolate: boolean;
  /** Says that the server has too much to do (or that the batch was too big): a sign to shrink. */
  readonly congestion: boolean;
}

const CONSEQUENCES: Readonly<Record<OutcomeKind, Consequence>> = {
  written: { retry: false, isolate: false, congestion: false },
  refused: { retry: false, isolate: true, congestion: false },
  held: { retry: false, isolate: true, congestion: false },
  'too-large': { retry: false, isolate: true, congestion: true },
  throttled: { retry: true, isolate: false, congestion: true },
  unavailable: { retry: true, isolate: false, congestion: false },
  denied: { retry: false, isolate: false, congestion: false },
  misconfigured: { retry: false, isolate: false, congestion: false },
};

export const consequenceOf = (outcome: Outcome): Consequence => CONSEQUENCES[outcome.kind];
