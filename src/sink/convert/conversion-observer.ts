/** Receives what becomes of events while they are converted. */

import type { RefusedEvent } from '../refusal.ts';

/** Figures of one event that became a line. */
export interface ConvertedFigures {
  /** Values that were changed as the mapping declares. */
  readonly altered: number;
  /** Fields that were left out, because their values have another type or are not finite. */
  readonly omitted: number;
  /** Times that are probably wrong. */
  readonly implausibleTimes: number;
}

/** Receives refused events and the counts of changed values. */
export interface ConversionObserver {
  /** Called for an event that cannot become a line. */
  refused(event: RefusedEvent): void;
  /** Called for an event that became a line, if one of the figures is above 0. The object is used again afterwards. */
  converted(figures: ConvertedFigures): void;
  /** Called for an event that a rule or a converter of the user has dropped on purpose. */
  dropped(messageIndex: number): void;
  /** Called for fields that were changed because their columns are known to have another type. */
  conflictsResolved(fields: number): void;
  /** Called for a line that has the series and the time of an earlier line of its message. */
  replaced(line: () => string): void;
}
