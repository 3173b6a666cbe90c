/** Messages whose events have known fates, to insert into a workload. */

import type { Destiny, SimBody } from './sim-workload.ts';

/** A body, and the expected fate of each of its events by the event's mark. */
export interface BodyWithFates {
  readonly body: string;
  readonly fates: readonly (readonly [string, Destiny])[];
}

/** Messages, and the expected fate of each of their events. */
export interface MessagesWithFates {
  readonly bodies: readonly SimBody[];
  readonly fates: readonly (readonly [string, Destiny])[];
}

/** Returns the messages of bodies: without a region, and without an event that kills or hangs the process. */
export const messagesWithFates = (made: readonly BodyWithFates[]): MessagesWithFates => ({
  bodies: made.map(({ body, fates }) => ({
    body,
    region: undefined,
    poison: undefined,
    marks: fates.map(([mark]) => mark),
  })),
  fates: made.flatMap(({ fates }) => fates),
});
