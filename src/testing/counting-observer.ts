/** Counts what becomes of events while they are converted, and keeps the refused ones. */

import type { ConversionObserver, ConvertedFigures } from '../sink/convert/conversion-observer.ts';
import type { RefusedEvent } from '../sink/refusal.ts';

/** Counts of one conversion, named like the metrics. */
export class CountingObserver implements ConversionObserver {
  /** In the order of conversion. */
  readonly refusedEvents: RefusedEvent[] = [];
  valuesAltered = 0;
  implausibleTimes = 0;
  fieldsOmitted = 0;
  pointsReplaced = 0;
  eventsDropped = 0;

  refused(event: RefusedEvent): void {
    this.refusedEvents.push(event);
  }

  converted({ altered, implausibleTimes, omitted }: ConvertedFigures): void {
    this.valuesAltered += altered;
    this.implausibleTimes += implausibleTimes;
    this.fieldsOmitted += omitted;
  }

  replaced(): void {
    this.pointsReplaced += 1;
  }

  dropped(): void {
    this.eventsDropped += 1;
  }

  /** Never called: a conversion without a server has learned no conflicts. */
  conflictsResolved(): void {}
}
