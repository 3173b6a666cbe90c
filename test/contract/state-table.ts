/**
 * What every state table must do, be it the real one, an emulator or the fake of the simulation: the whole of
 * `StateTable` and `FlushTable`, part by part.
 */

import { describe } from 'vitest';
import { breakerContract } from './state-table/breakers.ts';
import { decisionContract } from './state-table/decisions.ts';
import { entryContract } from './state-table/entries.ts';
import { leaseContract } from './state-table/leases.ts';
import type { FreshTable } from './state-table/made-up.ts';
import { payloadPagesContract } from './state-table/payload-pages.ts';
import { payloadContract } from './state-table/payloads.ts';
import { sharingContract } from './state-table/sharing.ts';
import { sinkListContract, suspectContract, waitingContract, witnessContract } from './state-table/sink-records.ts';

const PARTS: Readonly<Record<string, (fresh: FreshTable) => void>> = {
  entries: entryContract,
  payloads: payloadContract,
  'the search for payloads': payloadPagesContract,
  'leases of shards': leaseContract,
  breakers: breakerContract,
  unfinishedMarks: suspectContract,
  referenceLines: witnessContract,
  'what waits': waitingContract,
  'the decision of all': decisionContract,
  'the list of sinks': sinkListContract,
  'sinks that share a table': sharingContract,
};

/** Declares the tests; `fresh` is called by each of them. */
export const stateTableContract = (fresh: FreshTable): void => {
  for (const [part, contract] of Object.entries(PARTS)) describe(part, () => contract(fresh));
};
