/** Lambda entry point of the ingest function, which receives batches of SQS messages. */

import { createIngestHandler } from '../ingest.ts';

export const handler = createIngestHandler();
