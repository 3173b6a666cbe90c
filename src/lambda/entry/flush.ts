/** Lambda entry point of the flush function, which a schedule invokes. */

import { createFlushHandler } from '../flush.ts';

/** The handler that the template names. */
export const handler = createFlushHandler();
