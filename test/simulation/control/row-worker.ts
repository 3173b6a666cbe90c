/** A process that measures rows, as they are sent. */

import { measureRow, type RowPlan } from './measure.ts';

process.on('message', (plan: RowPlan) => {
  process.send?.(measureRow(plan));
});
