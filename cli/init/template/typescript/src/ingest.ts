/** The function that receives events, and how each becomes a point. */

import { createIngestHandler, lineConverter } from 'opengemini-sqs-sink';

/** An event, as producers send it. */
export interface Reading {
  readonly room: { readonly name: string; readonly floor: number };
  /** Seconds since 1970. */
  readonly ts: number;
  readonly temperature: number;
  readonly people?: number;
}

/** How a reading becomes a point. The compiler refuses members that a reading does not have. */
export const converter = lineConverter<Reading>('room')
  .tag('room', ({ room }) => room.name)
  .tag('floor', ({ room }) => room.floor)
  .float('temperature', ({ temperature }) => temperature)
  .integer('people', ({ people }) => people)
  .timestamp(({ ts }) => ts, 's');

/** Lambda calls this handler. Its settings come from the environment variables of the function. */
export const handler = createIngestHandler({ converter });

// Loads the AWS SDK in the init phase, which is faster than at the first event.
await handler.load();
