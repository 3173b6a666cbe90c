/** Setup of mutation testing: each property has three tenths of a second per mutant, and the same inputs each time. */

import fc from 'fast-check';
import { TEST_SEED } from './seed.ts';

fc.configureGlobal({ interruptAfterTimeLimit: 300, seed: TEST_SEED });
