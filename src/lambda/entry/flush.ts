/** Lambda entry point of the flush function, which a schedule invokes. */

import { createFlushHandler } from '../flush.ts';

export const handler = createFlushHandler();
