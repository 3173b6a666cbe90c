/** An event as the analyses see it: the values where its paths begin. */

import type { DecodedMessage } from '../../src/sink/convert/converter.ts';
import type { Decoded } from '../../src/sink/decode/decoded.ts';
import type { FoundEvent } from '../../src/sink/decode/found-event.ts';
import type { MappingRule } from '../../src/sink/mapping/mapping.ts';
import type { Path, Scope } from '../../src/sink/mapping/path.ts';
import { isRefusal } from '../../src/sink/refusal.ts';

/** A value around an event, or the event itself, and which of its members lead to events. */
export interface Level {
  /** Beginning of paths into it, as a mapping writes it: empty for the event. */
  readonly prefix: string;
  readonly value: unknown;
  /** Whether a path begins at this value. */
  startsHere(path: Path): boolean;
  /** Path to the elements inside it that are events or contain them. */
  readonly inner: Path | undefined;
}

/** An event for which a rule was chosen. */
export interface MappedEvent {
  readonly rule: MappingRule;
  readonly scope: Scope;
  /** Outermost first. */
  readonly levels: readonly Level[];
}

/** Returns the events of a message for which a rule was chosen. */
export const mappedEventsOf = ({ decoded, events }: DecodedMessage): readonly MappedEvent[] =>
  isRefusal(decoded) || isRefusal(events)
    ? []
    : events.filter((found) => found.kind === 'mapped').map((found) => mappedEvent(found, decoded));

type Mapped = FoundEvent & { readonly kind: 'mapped' };

const mappedEvent = (found: Mapped, decoded: Decoded): MappedEvent => {
  const { rule, event, root } = found;
  const scope = { event, root, envelope: decoded.envelope, messageView: () => decoded.messageView() };
  return { rule, scope, levels: levelsOf(found) };
};

const levelsOf = ({ event, root, place: { element } }: Mapped): readonly Level[] => {
  const isWhole = element === undefined;
  const own: Level = {
    prefix: '',
    value: event,
    startsHere: (path) => path.root === 'event' || (isWhole && path.root === 'root'),
    inner: undefined,
  };
  if (isWhole) return [own];
  return [{ prefix: '$root.', value: root, startsHere: (path) => path.root === 'root', inner: element.path }, own];
};
