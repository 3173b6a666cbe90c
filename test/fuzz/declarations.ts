/** Declarations of mappings that together use the whole language, as seeds. */

import fc from 'fast-check';
import { plans } from '../sink/laws/mappings.ts';

/** Generated declarations. */
const COUNT = 60;

/** Returns the declarations. They are the same in every run. */
export const mappingDeclarations = (): readonly object[] =>
  fc.sample(plans, { numRuns: COUNT, seed: 42 }).map(({ declared }) => ({ version: 1, measurement: 'm', ...declared }));
