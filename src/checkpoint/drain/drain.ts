/**
 * Writes what waits: leases shards, joins segments, writes them, quarantines what the server refuses, and deletes a
 * segment when each of its lines is safe elsewhere. A crash at any point leaves the segment for the next drainer, who
 * writes it again: the same points, so nothing changes.
 */

import { allOrFirstError } from '../../sink/write/side-by-side.ts';
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

/** Groups in memory at once. */
const GROUPS_AT_ONCE = 3;
/** Before the end of its time a drainer begins no group that it could not finish. */
const BEGIN_MS = 1_000;

export class Drainer {
  readonly #options: DrainOptions;
  readonly #clock: CheckpointClock;

  constructor(options: DrainOptions, clock: CheckpointClock) {
    this.#options = options;
    this.#clock = clock;
  }

  /** Drains what is due in the given shards, as far as time and server allow. Never throws. */
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
    // Looked at first: a lease costs a write.
    const worth = await this.#where(shards, async (shard) => this.#isWorthwhile(await this.#plan([shard])));
    tally.idle = shards.filter((shard) => !worth.includes(shard));
    const leased = await this.#where(worth, (shard) => this.#lease(shard));
    try {
      const plan = await this.#plan(leased);
      tally.leased = leased.length;
      await this.#drainGroups(plan.groups);
    } finally {
      await Promise.all(leased.map((shard) => this.#release(shard)));
    }
    return tally;
  }

  async #where(shards: readonly number[], holds: (shard: number) => Promise<boolean>): Promise<readonly number[]> {
    const kept = await Promise.all(shards.map(async (shard) => ((await holds(shard)) ? [shard] : [])));
    return kept.flat();
  }

  #isWorthwhile({ groups, newer }: DrainPlan): boolean {
    this.#context.tally.newer += newer.length;
    if (groups.some(({ target }) => this.#writer.withheld(target) === undefined)) return true;
    for (const group of groups) this.#isWithheld(group);
    return false;
  }

  /** Nobody is asked for it now: its lines are told as left. */
  #isWithheld({ target, entries }: Group): boolean {
    const held = this.#writer.withheld(target);
    if (held === undefined) return false;
    this.#context.left(
      entries.reduce((sum, { lines }) => sum + lines, 0),
      held,
    );
    return true;
  }

  async #plan(shards: readonly number[]): Promise<DrainPlan> {
    const { clock, options } = this.#context;
    const entries = (await Promise.all(shards.map((shard) => this.#list(shard)))).flat();
    return planDrain(entries, { nowMs: clock.nowMs(), batchLines: options.batchLines });
  }

  async #list(shard: number): Promise<readonly IndexEntry[]> {
    const { ports, deadlines } = this.#context;
    const entries = await this.#context.attempt('A shard could not be listed', { shard }, () =>
      ports.store.listEntries(shard, deadlines.write),
    );
    return entries ?? [];
  }

  async #lease(shard: number): Promise<boolean> {
    const { ports, options, clock, deadlines, tally } = this.#context;
    const nowMs = clock.nowMs();
    const untilMs = nowMs + deadlines.settle.remainingMs() + LEASE_MARGIN_MS;
    const won = await this.#context.attempt('A shard could not be leased', { shard }, () =>
      ports.store.lease(shard, options.owner, untilMs, nowMs, deadlines.write),
    );
    if (won === false) tally.leasesLost += 1;
    return won === true;
  }

  async #release(shard: number): Promise<void> {
    const { ports, options, deadlines } = this.#context;
    await this.#context.attempt('A lease could not be given up, and ends by itself', { shard }, () =>
      ports.store.release(shard, options.owner, deadlines.settle),
    );
  }

  async #drainGroups(groups: readonly Group[]): Promise<void> {
    const inFlight = new Set<Promise<void>>();
    try {
      for (const group of groups) {
        const atOnce = this.#writer.oneAtATime(group.target) ? 1 : GROUPS_AT_ONCE;
        while (inFlight.size >= atOnce) await Promise.race(inFlight);
        if (this.#context.deadlines.write.remainingMs() < BEGIN_MS) break;
        if (this.#isWithheld(group)) continue;
        const task = this.#drainGroup(group).finally(() => inFlight.delete(task));
        inFlight.add(task);
      }
    } finally {
      // An error, which only a bug can be, must not leave others at work on leases that are given up.
      await allOrFirstError([...inFlight]);
    }
  }

  async #drainGroup({ entries }: Group): Promise<void> {
    const [first, ...others] = await loadSegments(entries, this.#context);
    if (first === undefined) return;
    const group = new SegmentGroup([first, ...others]);
    await this.#writer.write(group);
    await settleGroup(group, this.#context);
  }
}
