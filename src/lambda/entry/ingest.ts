/** Lambda entry point of the ingest function, which receives batches of SQS messages. */

import { composeIngestHandler } from '../ingest.ts';

/** The handler that the template names. */
export const handler = composeIngestHandler({});
