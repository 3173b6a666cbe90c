/** State of the search for the events of one message. */

import type { Decoded } from './decoded.ts';
import type { FoundEvent } from './found-event.ts';

/** State of the search in one message, which all its units share. */
export interface Search {
  readonly decoded: Decoded;
  /** Events found so far. */
  readonly events: FoundEvent[];
  branchesIgnored: number;
  /** Elements of levels that may still be visited (`events`): at first `JSON_VALUES_MAX`. */
  elementsLeft: number;
  /** Bytes that may still be opened (`open`): at first `SINK_MESSAGE_BYTES_MAX`. */
  bytesLeft: number;
}

/**
 * Searches in a part of a message, and returns its events without adding them to those of the message. The limits hold
 * for the message as a whole. Returns `undefined` if the message contains more than it may.
 */
export const searchApart = (search: Search, find: (part: Search) => boolean): readonly FoundEvent[] | undefined => {
  const events: FoundEvent[] = [];
  const part: Search = { ...search, events };
  if (!find(part)) return undefined;
  const { branchesIgnored, elementsLeft, bytesLeft } = part;
  Object.assign(search, { branchesIgnored, elementsLeft, bytesLeft });
  return events;
};
