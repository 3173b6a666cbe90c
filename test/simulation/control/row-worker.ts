/** A process that measures rows as it receives them. */

import { measureRow, type RowPlan } from './measure.ts';

process.on('message', (plan: RowPlan) => {
  process.send?.(measureRow(plan));
});
