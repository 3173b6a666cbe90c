/**
 * Sets the event source's `MaximumConcurrency` to the decision of all instances. Only the flush function may do so
 * (docs/decisions/0021). It reads the limit, sets the decided one, and publishes the result to all instances. A
 * deployment resets the limit to the template's value. The next run detects that and sets it again.
 */

import type { TimedDeadline } from '../runtime/clock.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { Deadline } from '../sink/ports.ts';
import type { FlushTable } from './flush-table.ts';

/** The event source mapping of the ingest function. Every call may throw. */
export interface EventSourceMapping {
  /** Returns `undefined` if the mapping has no limit. */
  maximumConcurrency(deadline: Deadline): Promise<number | undefined>;
  /** Returns `false` while an earlier change is in progress. A change takes effect after 20 to 40 s. */
  limitTo(maximumConcurrency: number, deadline: Deadline): Promise<boolean>;
}

/** Interval at which the limit is published again. Instances use it to detect a limit that is no longer maintained. */
const PUBLISH_AGAIN_MS = 240_000;
/**
 * Interval at which a run checks the decision while the limit moves. The interval of the schedule, a minute, would be
 * too long.
 */
export const CHECK_INTERVAL_MS = 5_000;
/** Time after its start at which a run ends, so that it does not overlap with the next one (docs/decisions/0022). */
export const STAY_MS = 45_000;
/** Maximum age of a decision that moves the limit. */
const DECISION_AGE_MAX_MS = 60_000;
/** Time kept in reserve before Lambda ends the invocation. */
const RESERVE_MS = 5_000;

/** Moves the limit of one event source. */
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
   * Follows the decision until the limit no longer moves or the time has passed, and returns the limit. Returns
   * `undefined` if there is none or it could not be read. Never throws, because no event depends on it.
   *
   * @param spentMs - Duration of this run of the flush function so far.
   */
  async run(spentMs: number, remainingMs: number): Promise<number | undefined> {
    const { clock, events } = this.#runtime.services;
    // Makes at least one check, even after a long drain. Otherwise the limit would not be published, and no instance
    // would move it.
    const timeMs = Math.min(Math.max(STAY_MS - spentMs, CHECK_INTERVAL_MS), remainingMs - RESERVE_MS);
    if (timeMs <= 0) return undefined;
    const deadline = clock.deadlineIn(timeMs);
    try {
      return await this.#follow(deadline);
    } catch (error) {
      events.warning("Failed to move the event source's MaximumConcurrency.", { error: (error as Error).message });
      return undefined;
    } finally {
      deadline.release();
    }
  }

  async #follow(deadline: TimedDeadline): Promise<number | undefined> {
    const { pace, services } = this.#runtime;
    let limit = await this.#move(deadline);
    while (limit !== undefined && pace.isMoving && deadline.remainingMs() > CHECK_INTERVAL_MS) {
      await services.clock.sleep(CHECK_INTERVAL_MS, deadline.signal);
      await this.#runtime.syncIfDue();
      if (pace.decision?.maximumConcurrency?.wanted !== limit) limit = await this.#move(deadline);
    }
    return limit;
  }

  async #move(deadline: Deadline): Promise<number | undefined> {
    const current = await this.#mapping.maximumConcurrency(deadline);
    if (current === undefined) return undefined;
    const wanted = this.#wanted() ?? current;
    const isMoved = wanted !== current && (await this.#mapping.limitTo(wanted, deadline));
    const limit = isMoved ? wanted : current;
    await this.#publish(limit, deadline);
    return limit;
  }

  /**
   * Returns the decided limit, or `undefined` without a recent decision. A limit that was set by hand or by a
   * deployment then stays.
   */
  #wanted(): number | undefined {
    const { pace, services } = this.#runtime;
    const { decision } = pace;
    const isOld = decision === undefined || services.clock.nowMs() - decision.asOfMs > DECISION_AGE_MAX_MS;
    return isOld ? undefined : decision.maximumConcurrency?.wanted;
  }

  async #publish(maximumConcurrency: number, deadline: Deadline): Promise<void> {
    const { pace, services } = this.#runtime;
    const nowMs = services.clock.nowMs();
    const { limit } = pace;
    if (limit?.maximumConcurrency === maximumConcurrency && nowMs - limit.atMs < PUBLISH_AGAIN_MS) return;
    await this.#table.writeLimit({ maximumConcurrency, atMs: nowMs }, deadline);
  }
}
