/** Setup of mutation testing: each property has a tenth of a second per mutant, and the same inputs each time. */

import fc from 'fast-check';

fc.configureGlobal({ interruptAfterTimeLimit: 100, seed: 1 });
