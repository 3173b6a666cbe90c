/** Everything that one sink stores in a table: what the fakes offer, and what the adapter must offer too. */

import type { FlushTable } from '../../src/flush/flush-table.ts';
import type { UnfinishedMarks } from '../../src/ingest/poison-watch.ts';
import type { StateTable } from '../../src/runtime/state-table.ts';

export interface TableView extends StateTable, FlushTable {
  readonly unfinishedMarks: UnfinishedMarks;
}
