/**
 * The event source's `MaximumConcurrency` follows the decision of all instances: the flush function, which alone has the
 * right to it, looks what it is, sets what is wanted, and tells all what it has found. A deployment sets it back to the
 * template's value; the next run finds that, and sets it again.
 */

import type { TimedDeadline } from '../runtime/clock.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { Deadline } from '../sink/ports.ts';
import type { FlushTable } from './flush-table.ts';

/** What was told is repeated so often, so that all can tell a limit that nobody moves any more. */
const TELL_AGAIN_MS = 240_000;
/** While the limit is on the move, a run stays and looks again so often: a minute between two looks would be too long. */
export const LOOK_AGAIN_MS = 5_000;
/** So long after its beginning a run ends, that the next one does not meet it. */
export const STAY_MS = 45_000;
/** A decision that nobody has renewed for so long moves nothing. */
const RENEWED_MS = 60_000;
/** Kept back from Lambda's own deadline. */
const RESERVE_MS = 5_000;

export class ConcurrencyLimit {
  readonly #mapping: EventSourceMapping;
  readonly #runtime: Runtime;
  readonly #table: FlushTable;

  constructor(mapping: EventSourceMapping, runtime: Runtime, table: FlushTable) {
    this.#mapping = mapping;
    this.#runtime = runtime;
    this.#table = table;
  }

  /**
   * Never throws: events do not wait for it. `spentMs`: how long the run has lasted. The answer is the limit as it is then,
   * undefined when there is none, or nobody could ask.
   */
  async run(spentMs: number, remainingMs: number): Promise<number | undefined> {
    const { clock } = this.#runtime.services;
    // One look there must be, however long the run has lasted: else nobody is told, and nobody decides any more.
    const timeMs = Math.min(Math.max(STAY_MS - spentMs, LOOK_AGAIN_MS), remainingMs - RESERVE_MS);
    if (timeMs <= 0) return undefined;
    const deadline = clock.deadlineIn(timeMs);
    try {
      return await this.#follow(deadline);
    } catch (error) {
      this.#runtime.services.events.warning("The event source's MaximumConcurrency could not be moved", {
        error: (error as Error).message,
      });
      return undefined;
    } finally {
      deadline.release();
    }
  }

  async #follow(deadline: TimedDeadline): Promise<number | undefined> {
    const { pace: control, services: world } = this.#runtime;
    let limit = await this.#settle(deadline);
    while (limit !== undefined && control.isMoving && deadline.remainingMs() > LOOK_AGAIN_MS) {
      await world.clock.sleep(LOOK_AGAIN_MS, deadline.signal);
      await this.#runtime.syncIfDue();
      if (control.decision?.maximumConcurrency?.wanted !== limit) limit = await this.#settle(deadline);
    }
    return limit;
  }

  async #settle(deadline: Deadline): Promise<number | undefined> {
    const found = await this.#mapping.maximumConcurrency(deadline);
    if (found === undefined) return undefined;
    const wanted = this.#wanted() ?? found;
    const moved = wanted !== found && (await this.#mapping.limitTo(wanted, deadline));
    const limit = moved ? wanted : found;
    await this.#tell(limit, deadline);
    return limit;
  }

  /** Undefined when nobody decides at present: then whoever deploys or changes the limit by hand has the last word. */
  #wanted(): number | undefined {
    const { pace: control, services: world } = this.#runtime;
    const { decision } = control;
    const isOld = decision === undefined || world.clock.nowMs() - decision.asOfMs > RENEWED_MS;
    return isOld ? undefined : decision.maximumConcurrency?.wanted;
  }

  async #tell(maximumConcurrency: number, deadline: Deadline): Promise<void> {
    const { pace: control, services: world } = this.#runtime;
    const nowMs = world.clock.nowMs();
    const { limit } = control;
    if (limit?.maximumConcurrency === maximumConcurrency && nowMs - limit.atMs < TELL_AGAIN_MS) return;
    await this.#table.writeLimit({ maximumConcurrency, atMs: nowMs }, deadline);
  }
}

/** Every call may throw. */
export interface EventSourceMapping {
  /** Undefined where it has none. */
  maximumConcurrency(deadline: Deadline): Promise<number | undefined>;
  /** False while an earlier change is still under way. It acts within a minute or so. */
  limitTo(maximumConcurrency: number, deadline: Deadline): Promise<boolean>;
}
