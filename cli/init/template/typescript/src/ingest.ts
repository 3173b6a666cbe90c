/** The function that receives events, and how each becomes a point. */

import { createIngestHandler } from 'opengemini-sqs-sink';

/** An event, as producers send it. */
export interface Reading {
  readonly room: string;
  readonly floor: number;
  /** Seconds since 1970. */
  readonly ts: number;
  readonly temperature: number;
  readonly people?: number;
}

/** Returns the name of a member. The compiler refuses a name that a reading does not have. */
const member = (name: keyof Reading): string => name;

/** How a reading becomes a point. */
export const mapping = {
  version: 1,
  measurement: 'room',
  timestamp: { path: member('ts'), precision: 's' },
  tags: { room: member('room'), floor: member('floor') },
  fields: {
    temperature: member('temperature'),
    people: { path: member('people'), type: 'integer' },
  },
};

/** Lambda calls this handler. All other settings come from the environment variables of the function. */
export const handler = createIngestHandler({ ...process.env, SINK_MAPPING: JSON.stringify(mapping) });

// Loads the AWS SDK in the init phase, which is faster than at the first event.
await handler.load();
