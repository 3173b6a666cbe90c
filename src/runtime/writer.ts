/** Composes the writers of an instance, in one place. */

import type { GuardState } from '../breaker/guarded.ts';
import { guarded } from '../breaker/guarded.ts';
import type { SharedBreakers } from '../breaker/shared-breakers.ts';
import { type ReferenceLines, rememberingReference } from '../checkpoint/drain/reference-lines.ts';
import { type PacedOptions, paced } from '../controller/paced.ts';
import type { Writer, WriterWrapper } from '../sink/ports.ts';
import { creatingDatabase, type DatabaseCreator } from '../writer/creating-database.ts';
import { type Attempt, observed } from '../writer/observed.ts';
import { type RetryOptions, retrying } from '../writer/retrying.ts';
import type { Clock } from './clock.ts';

/** Parts that the wrappers of the writers need. */
export interface WriterParts {
  readonly clock: Clock;
  /** `undefined` without `OPENGEMINI_CREATE_DATABASE`. */
  readonly database: { readonly creator: DatabaseCreator; readonly created: Set<string> } | undefined;
  readonly observe: (attempt: Attempt) => void;
  readonly referenceLines: ReferenceLines;
  readonly retry: RetryOptions;
  /** `undefined` with `SINK_CONTROL=off`. */
  readonly pace: PacedOptions | undefined;
  readonly breakers: SharedBreakers;
  readonly guard: GuardState;
}

/** Writers of one invocation. */
export interface Writers {
  /** For batches. */
  readonly writer: Writer;
  /**
   * For probes. It sends requests even while a breaker is open. A probe also tries again to create a missing database.
   */
  readonly probe: Writer;
}

/** Composes the writers. The first wrapper of each list is the outermost. */
export const composeWriters = (server: Writer, parts: WriterParts): Writers => {
  const { clock, database, pace } = parts;
  const probe = wrap(server, [
    database && creatingDatabase(database.creator, clock, database.created),
    observed(() => clock.monotonicMs(), parts.observe),
    rememberingReference(parts.referenceLines),
  ]);
  const writer = wrap(probe, [retrying(clock, parts.retry), pace && paced(pace), guarded(parts.breakers, parts.guard)]);
  return { probe, writer };
};

const wrap = (inner: Writer, wrappers: readonly (WriterWrapper | undefined)[]): Writer =>
  wrappers.reduceRight<Writer>((writer, wrapper) => (wrapper === undefined ? writer : wrapper(writer)), inner);
