/** Finds fields whose values were left out of every line, because the mapping leaves out such values. */

import { parseOwnLine } from '../../src/sink/lines/parse-own-line.ts';
import { type FieldRule, fieldNames, type Mapping, type MappingRule } from '../../src/sink/mapping/mapping.ts';
import { type Path, resolveFirst, resolvePath, type Scope } from '../../src/sink/mapping/path.ts';
import type { MappedEvent } from './mapped-event.ts';
import { columnPlace, placedRules } from './rule-columns.ts';

/** A field that the events have, and that no line has. */
export interface NeverWritten {
  /** Place in the mapping, for example `fields.temperature`. */
  readonly place: string;
  /** First path of the field. */
  readonly path: string;
  /** Number of lines without the field, although their events have a value for it. */
  readonly events: number;
}

interface FieldState {
  readonly field: FieldRule;
  /** Names that the field may have in a line. */
  readonly names: readonly string[];
  events: number;
}

/** Compares the fields of lines with the values of their events. */
export class NeverWrittenFields {
  /** Fields that no line has had, by their rule. */
  readonly #states = new Map<MappingRule, FieldState[]>();
  #events: ReadonlyMap<number, MappedEvent> = new Map();

  /** Begins with the events of a message. */
  begin(events: readonly MappedEvent[]): void {
    this.#events = new Map(events.map((event) => [event.index, event]));
  }

  /**
   * Adds a line of the message.
   *
   * @param eventIndex - Index of its event in the message.
   * @param line - Line protocol, as the sink writes it.
   */
  add(eventIndex: number, line: string): void {
    const event = this.#events.get(eventIndex);
    if (event === undefined) return;
    const { rule, scope } = event;
    const states = this.#states.get(rule) ?? rule.fields.filter(readsValue).map(fieldState);
    if (states.length === 0) return;
    const written = new Set(parseOwnLine(line).fields.map(([name]) => name));
    const missing = states.filter(({ names }) => !names.some((name) => written.has(name)));
    for (const state of missing) if (hasValue(state.field, scope)) state.events += 1;
    this.#states.set(rule, missing);
  }

  /** Returns the fields that no line has, although events have values for them. */
  neverWritten(mapping: Mapping): readonly NeverWritten[] {
    return placedRules(mapping).flatMap(({ rule, place }) =>
      (this.#states.get(rule as MappingRule) ?? [])
        .filter(({ events }) => events > 0)
        .map(({ field, events }) => {
          const path = field.paths[0]?.text ?? '';
          return { place: columnPlace(place, `fields.${field.name}`), path, events };
        }),
    );
  }
}

const readsValue = ({ paths }: FieldRule): boolean => paths.some(({ root }) => root !== 'code');

const fieldState = (field: FieldRule): FieldState => ({ field, names: fieldNames(field), events: 0 });

const hasValue = ({ paths, templates }: FieldRule, scope: Scope): boolean =>
  templates === undefined
    ? isGiven(resolveFirst(paths, scope))
    : templates.some((template) => template.every((part) => isText(part) || isGiven(resolvePath(part, scope))));

const isText = (part: string | Path): part is string => typeof part === 'string';

const isGiven = (value: unknown): boolean => value !== undefined && value !== null;
