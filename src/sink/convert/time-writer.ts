/** Writes the time of an event directly into bytes. */

import type { JsonObject } from '../json/json.ts';
import { NOT_PLAIN, writeTime } from '../lines/line-bytes.ts';
import type { MappingRule } from '../mapping/mapping.ts';
import { codeOf, followPlain, type Path, type PlainPath, plainPath } from '../mapping/path.ts';
import { isChangedTime } from '../mapping/plain-rule.ts';
import { isRefusal } from '../refusal.ts';
import { stableHash } from '../time/stable-hash.ts';
import { isImplausible, SECONDS_MAX } from '../time/timestamp.ts';
import type { EventInput } from './event-input.ts';
import { timeOf } from './event-time.ts';

/** Writes the times of a rule. Whole milliseconds at a plain path take the fast path, all others that of `timeOf`. */
export class TimeWriter {
  readonly #rule: MappingRule;
  readonly #path: PlainPath | undefined;
  readonly #read: Path['read'];
  /** Whether events of one time get different nanoseconds. */
  readonly #spreads: boolean;

  constructor(rule: MappingRule) {
    const { timestamp } = rule;
    const isPlain = timestamp?.precision === 'ms' && !isChangedTime(timestamp);
    const paths = isPlain ? timestamp.paths : [];
    this.#rule = rule;
    this.#path = plainPath(paths);
    this.#read = codeOf(paths);
    this.#spreads = timestamp?.spread === true;
  }

  /**
   * Writes the time and returns the position after it, or `NOT_PLAIN` if the event has none.
   *
   * @throws SourceNeeded if the message must be parsed again with source texts.
   */
  write(input: EventInput, bytes: Buffer, at: number): number {
    const value: unknown =
      this.#path === undefined
        ? this.#read?.(input.event as JsonObject)
        : followPlain(this.#path, input.event, input.root);
    if (
      typeof value !== 'number' ||
      value <= 0 ||
      value >= SECONDS_MAX * 1000 ||
      !Number.isInteger(value) ||
      !input.source.integersExact()
    )
      return this.#writeOther(input, bytes, at);
    const seconds = Math.floor(value / 1000);
    if (isImplausible(seconds, input.sentAtMs)) input.implausibleTimes += 1;
    const nanos = (value - seconds * 1000) * 1_000_000;
    // A whole number of ms has the resolution of one ms, so that spreading never reaches the next one.
    const spread = this.#spreads ? (stableHash(input.messageId) + input.eventIndex) % 1_000_000 : 0;
    return writeTime(bytes, at, seconds, nanos + spread);
  }

  #writeOther(input: EventInput, bytes: Buffer, at: number): number {
    const time = timeOf(this.#rule, input);
    return isRefusal(time) ? NOT_PLAIN : writeTime(bytes, at, time.seconds, time.nanos);
  }
}
