/** Summary of a conversion: counts, and everything that its author may not have intended. */

import type { DecodedMessage } from '../../src/sink/convert/decoded-message.ts';
import type { Mapping } from '../../src/sink/mapping/mapping.ts';
import { isRefusal } from '../../src/sink/refusal.ts';
import type { Conversion } from '../../src/testing/convert-messages.ts';
import { LeftOutMembers } from './left-out.ts';
import { mappedEventsOf } from './mapped-event.ts';
import { type NeverWritten, NeverWrittenFields } from './never-written.ts';
import { type Replaced, ReplacedPoints } from './replaced-points.ts';
import { TagCounter, type TagValues } from './tag-values.ts';
import { type Unmatched, UnmatchedColumns } from './unmatched.ts';

/** What became of the events of the input. */
export interface ConversionSummary {
  readonly events: number;
  readonly lines: number;
  /** Number of refused events by reason, most first. */
  readonly refusals: Readonly<Record<string, number>>;
  readonly dropped: number;
  /** Fields that were left out of lines: of another type, not finite, or not in a `lookup`. */
  readonly fieldsOmitted: number;
  /** Values that were changed as the mapping requires. */
  readonly valuesAltered: number;
  /** Absent arrays and objects of `events` that the mapping ignores. */
  readonly branchesIgnored: number;
  /** Lines that replace a value of an earlier line of the same point. */
  readonly replaced: number;
  /** Events with a time that is probably wrong. */
  readonly implausible: number;
  /** Number of these events that are in messages with line protocol, whose precision `SINK_LINE_PRECISION` sets. */
  readonly implausibleLines: number;
  /** Number of events by the path of a member that no rule takes, most first. */
  readonly leftOut: Readonly<Record<string, number>>;
  readonly unmatched: readonly Unmatched[];
  /** Fields that have values in the events, and that no line has. */
  readonly neverWritten: readonly NeverWritten[];
  /** The first pairs of lines of one point with different values. */
  readonly replacements: readonly Replaced[];
  /** Values of each tag, most first. */
  readonly tags: readonly TagValues[];
}

/** Collects the summary of one input. */
export class SummaryCollector {
  readonly #mapping: Mapping | undefined;
  readonly #refusals = new Map<string, number>();
  readonly #leftOut: LeftOutMembers;
  readonly #unmatched = new UnmatchedColumns();
  readonly #neverWritten = new NeverWrittenFields();
  readonly #replaced = new ReplacedPoints();
  readonly #tags = new TagCounter();
  #events = 0;
  #lines = 0;
  #dropped = 0;
  #fieldsOmitted = 0;
  #valuesAltered = 0;
  #branchesIgnored = 0;
  #implausible = 0;
  #implausibleLines = 0;
  /** Whether the message that was read last contains line protocol. */
  #hasLines = false;

  /** @param mapping - Undefined if no mapping converts the events. */
  constructor(mapping: Mapping | undefined) {
    this.#mapping = mapping;
    this.#leftOut = new LeftOutMembers(mapping);
  }

  /** Reads a message before its events are converted. */
  readonly inspect = (decoded: DecodedMessage): void => {
    this.#hasLines = !isRefusal(decoded.decoded) && decoded.decoded.units.some(({ kind }) => kind === 'line');
    if (this.#mapping === undefined || this.#mapping.readsCode === true) return;
    const events = mappedEventsOf(decoded);
    this.#leftOut.add(events);
    for (const event of events) this.#unmatched.add(event);
    this.#neverWritten.begin(events);
  };

  /**
   * Adds the result of one message.
   *
   * @param place - Place of the message in the input, for people.
   */
  add({ lines, refusals, counters }: Conversion, place: string): void {
    this.#events += counters.events;
    this.#lines += lines.length;
    this.#dropped += counters.dropped;
    this.#fieldsOmitted += counters.fieldsOmitted;
    this.#valuesAltered += counters.valuesAltered;
    this.#branchesIgnored += counters.branchesIgnored;
    this.#implausible += counters.implausibleTimes;
    if (this.#hasLines) this.#implausibleLines += counters.implausibleTimes;
    for (const { code } of refusals) this.#refusals.set(code, (this.#refusals.get(code) ?? 0) + 1);
    for (const { text, target, eventIndex } of lines) {
      this.#replaced.add({ text, target, place: `${place}, event ${eventIndex}` });
      this.#tags.add(text);
      this.#neverWritten.add(eventIndex, text);
    }
  }

  /** Returns the summary of all messages so far. */
  summary(): ConversionSummary {
    return {
      events: this.#events,
      lines: this.#lines,
      refusals: Object.fromEntries([...this.#refusals].sort(([, a], [, b]) => b - a)),
      dropped: this.#dropped,
      fieldsOmitted: this.#fieldsOmitted,
      valuesAltered: this.#valuesAltered,
      branchesIgnored: this.#branchesIgnored,
      replaced: this.#replaced.count,
      implausible: this.#implausible,
      implausibleLines: this.#implausibleLines,
      leftOut: Object.fromEntries(this.#leftOut.counts()),
      unmatched: this.#mapping === undefined ? [] : this.#unmatched.unmatched(this.#mapping, this.#events),
      neverWritten: this.#mapping === undefined ? [] : this.#neverWritten.neverWritten(this.#mapping),
      replacements: this.#replaced.examples,
      tags: this.#tags.counts(),
    };
  }
}
