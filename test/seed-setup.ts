/** Setup of all tests: properties draw the same inputs in every run with the same `TEST_SEED`. */

import fc from 'fast-check';
import { TEST_SEED } from './seed.ts';

fc.configureGlobal({ seed: TEST_SEED });
