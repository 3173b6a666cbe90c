/**
 * Contract of the state table: everything in `StateTable` and `FlushTable`, part by part. The real table, the emulators
 * and the fake of the simulation must all fulfill it.
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
import {
  backlogContract,
  flushClaimContract,
  holdContract,
  referenceLineContract,
  sinkListContract,
  unfinishedMarkContract,
} from './state-table/sink-records.ts';

const PARTS: Readonly<Record<string, (fresh: FreshTable) => void>> = {
  entries: entryContract,
  payloads: payloadContract,
  'the list of payloads': payloadPagesContract,
  'leases of shards': leaseContract,
  breakers: breakerContract,
  'unfinished marks': unfinishedMarkContract,
  'reference lines': referenceLineContract,
  'the backlog': backlogContract,
  'the decision': decisionContract,
  'the hold of an operator': holdContract,
  'the claim of a flush': flushClaimContract,
  'the list of sinks': sinkListContract,
  'sinks that share a table': sharingContract,
};

/** Declares the tests. Each of them calls `fresh` once. */
export const stateTableContract = (fresh: FreshTable): void => {
  for (const [part, contract] of Object.entries(PARTS)) describe(part, () => contract(fresh));
};
