/** Lambda entry point of the flush function, which a schedule invokes. */

import { composeFlushHandler } from '../flush.ts';

/** The handler that the template names. */
export const handler = composeFlushHandler({});
