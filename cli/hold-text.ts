/** Texts about the hold of an operator, for `status`, `pause`, `resume`, and `flush`. */

import { type Hold, isInForce } from '../src/breaker/hold.ts';
import { agoText, durationText } from './duration.ts';

/** Returns a text such as `began 5 min ago, until 2027-01-31T18:00:00.000Z (in 2 h): an upgrade of the server`. */
export const holdText = (hold: Hold, nowMs: number): string => {
  const { reason, sinceMs, untilMs } = hold;
  if (!isInForce(hold, nowMs)) return `ended ${agoText(untilMs ?? nowMs, nowMs)}: ${reason}`;
  return `began ${agoText(sinceMs, nowMs)}, until ${endText(hold, nowMs)}: ${reason}`;
};

/** Returns when a hold ends, to follow the word "until". */
export const endText = ({ untilMs }: Hold, nowMs: number): string =>
  untilMs === undefined ? 'it is resumed' : `${new Date(untilMs).toISOString()} (in ${durationText(untilMs - nowMs)})`;
