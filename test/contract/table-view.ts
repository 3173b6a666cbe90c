/** Everything that one sink stores in a table. The fakes and the adapter implement it. */

import type { HoldStore } from '../../src/breaker/hold.ts';
import type { FlushTable } from '../../src/flush/flush-table.ts';
import type { UnfinishedMarks } from '../../src/ingest/poison-watch.ts';
import type { StateTable } from '../../src/runtime/state-table.ts';

/** The view of one sink on a table. */
export interface TableView extends StateTable, FlushTable {
  readonly unfinishedMarks: UnfinishedMarks;
  readonly holds: HoldStore;
}
