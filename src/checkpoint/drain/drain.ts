/**
 * Writes the backlog. A drain leases shards, joins segments, writes them, and quarantines lines that the server
 * refuses. It deletes a segment once each of its lines is safe elsewhere. A crash at any moment leaves the segment to
 * the next drainer, which writes it again. The points are the same, so nothing changes.
 */

import { allOrFirstError, InFlight } from '../../sink/write/in-flight.ts';
import type { CheckpointClock } from '../save.ts';
import { type IndexEntry, LEASE_MARGIN_MS } from '../segment-store.ts';
import {
  DrainContext,
  type DrainDeadlines,
  type DrainOptions,
  type DrainPorts,
  type DrainReport,
} from './drain-context.ts';
import { loadSegments } from './load.ts';
import { type DrainPlan, type Group, planDrain } from './plan.ts';
import { SegmentGroup } from './segment-group.ts';
import { settleGroup } from './settle-group.ts';
import { GroupWriter } from './write-group.ts';

/**
 * Groups that are loaded and written concurrently, at most. It limits memory, because a group has up to 4 MiB of lines.
 */
const GROUPS_IN_FLIGHT = 3;
/** Minimum time before the deadline in which a group starts. With less time it could not finish. */
const GROUP_MS_MIN = 1_000;

/** Drains the backlog of one sink. */
export class Drainer {
  readonly #options: DrainOptions;
  readonly #clock: CheckpointClock;

  constructor(options: DrainOptions, clock: CheckpointClock) {
    this.#options = options;
    this.#clock = clock;
  }

  /** Writes the due segments of the given shards, as far as time and server permit. Throws only for a bug. */
  async drain(shards: readonly number[], ports: DrainPorts, deadlines: DrainDeadlines): Promise<DrainReport> {
    const context = new DrainContext(ports, this.#options, this.#clock, deadlines);
    return new DrainRun(context).run(shards);
  }
}

class DrainRun {
  readonly #context: DrainContext;
  readonly #writer: GroupWriter;

  constructor(context: DrainContext) {
    this.#context = context;
    this.#writer = new GroupWriter(context);
  }

  async run(shards: readonly number[]): Promise<DrainReport> {
    const { tally } = this.#context;
    // Shards are listed before they are leased, because a lease costs a write.
    const worthwhile = await where(shards, async (shard) => this.#isWorthwhile(await this.#plan([shard])));
    tally.idle = shards.filter((shard) => !worthwhile.includes(shard));
    const leased = await where(worthwhile, (shard) => this.#lease(shard));
    try {
      const plan = await this.#plan(leased);
      tally.leased = leased.length;
      await this.#drainGroups(plan.groups);
    } finally {
      await allOrFirstError(leased.map((shard) => this.#release(shard)));
    }
    return tally;
  }

  #isWorthwhile({ groups, newer }: DrainPlan): boolean {
    this.#context.tally.newer += newer.length;
    if (groups.some(({ target }) => this.#writer.withheld(target) === undefined)) return true;
    for (const group of groups) this.#isWithheld(group);
    return false;
  }

  /** Whether no request is sent for the group now. Its lines then count as unwritten. */
  #isWithheld({ target, entries }: Group): boolean {
    const withheld = this.#writer.withheld(target);
    if (withheld === undefined) return false;
    this.#context.unwritten(
      entries.reduce((sum, { lines }) => sum + lines, 0),
      withheld,
    );
    return true;
  }

  async #plan(shards: readonly number[]): Promise<DrainPlan> {
    const { clock, ports } = this.#context;
    const entries = (await allOrFirstError(shards.map((shard) => this.#list(shard)))).flat();
    return planDrain(entries, { nowMs: clock.nowMs(), batchLines: ports.pace.batchLines() });
  }

  async #list(shard: number): Promise<readonly IndexEntry[]> {
    const { ports, deadlines } = this.#context;
    const entries = await this.#context.attempt('Failed to list a shard.', { shard }, () =>
      ports.store.listEntries(shard, deadlines.write),
    );
    return entries ?? [];
  }

  async #lease(shard: number): Promise<boolean> {
    const { ports, options, clock, deadlines, tally } = this.#context;
    const nowMs = clock.nowMs();
    const untilMs = nowMs + deadlines.settle.remainingMs() + LEASE_MARGIN_MS;
    const isLeased = await this.#context.attempt('Failed to lease a shard.', { shard }, () =>
      ports.store.lease(shard, options.owner, untilMs, nowMs, deadlines.write),
    );
    if (isLeased === false) tally.leasesLost += 1;
    return isLeased === true;
  }

  async #release(shard: number): Promise<void> {
    const { ports, options, deadlines } = this.#context;
    await this.#context.attempt('Failed to release a lease. It expires automatically.', { shard }, () =>
      ports.store.release(shard, options.owner, deadlines.settle),
    );
  }

  /** Leases are released only after all groups have ended, even after an error. */
  async #drainGroups(groups: readonly Group[]): Promise<void> {
    let next: Group | undefined;
    const inFlight = new InFlight(() =>
      next !== undefined && this.#writer.oneAtATime(next.target) ? 1 : GROUPS_IN_FLIGHT,
    );
    try {
      for (const group of groups) {
        next = group;
        await inFlight.submit(() => this.#drainGroup(group));
      }
    } finally {
      await inFlight.drain();
    }
  }

  async #drainGroup(planned: Group): Promise<void> {
    if (this.#context.deadlines.write.remainingMs() < GROUP_MS_MIN || this.#isWithheld(planned)) return;
    const [first, ...others] = await loadSegments(planned.entries, this.#context);
    if (first === undefined) return;
    const group = new SegmentGroup([first, ...others]);
    await this.#writer.write(group);
    await settleGroup(group, this.#context);
  }
}

const where = async (
  shards: readonly number[],
  holds: (shard: number) => Promise<boolean>,
): Promise<readonly number[]> =>
  (await allOrFirstError(shards.map(async (shard) => ((await holds(shard)) ? [shard] : [])))).flat();
