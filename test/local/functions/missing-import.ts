/** A handler whose module imports a file that does not exist. */

// @ts-expect-error: the file is missing on purpose.
import { nothing } from './not-there.ts';

/** The handler, which is never loaded. */
export const handler = () => nothing;
