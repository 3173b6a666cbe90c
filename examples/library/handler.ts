/** A Lambda function that embeds the sink, with one setting in code and all others from its environment variables. */

import { createIngestHandler } from 'opengemini-sqs-sink';

export const handler = createIngestHandler({ variables: { ...process.env, SINK_NAME: 'rooms' } });

// Loads the AWS SDK in the init phase, which is faster than at the first event.
await handler.load();
