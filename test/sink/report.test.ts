/** Sums of reports, and the ledger. Covers `src/sink/report.ts` and `src/sink/ledger.ts`. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LEDGER_FIGURES, Ledger, type LedgerFigures } from '../../src/sink/ledger.ts';
import { type SinkReport, sumReports } from '../../src/sink/report.ts';

const NO_FIGURES = Object.fromEntries(LEDGER_FIGURES.map((name) => [name, 0])) as unknown as LedgerFigures;

const report = (more: Partial<SinkReport> = {}): SinkReport => ({
  ...NO_FIGURES,
  returned: [],
  valuesAltered: 0,
  implausibleTimes: 0,
  fieldsOmitted: 0,
  branchesIgnored: 0,
  pointsReplaced: 0,
  conflictsResolved: 0,
  refusals: {},
  unwritten: {},
  largestBatch: 0,
  ...more,
});

const NO_MESSAGES = { received: 0, returned: 0 };

describe('sum of several reports', () => {
  test('sums each figure of several reports, and takes failed and received messages from the whole invocation', () => {
    const one = report({
      eventsReceived: 12,
      eventsWritten: 4,
      eventsQuarantined: 3,
      eventsCheckpointed: 2,
      eventsDropped: 2,
      eventsReturned: 1,
      messagesReceived: 2,
      messagesReturned: 1,
      messagesEmpty: 1,
      messagesControl: 1,
      returned: [1],
      valuesAltered: 5,
      implausibleTimes: 6,
      fieldsOmitted: 7,
      branchesIgnored: 8,
      pointsReplaced: 9,
      conflictsResolved: 10,
      firstReplaced: 'm',
      largestBatch: 4,
    });
    const other = report({
      eventsReceived: 3,
      eventsWritten: 3,
      messagesReceived: 1,
      valuesAltered: 1,
      largestBatch: 3,
    });
    // One of the seven messages was never begun.
    expect(sumReports([one, other], { received: 7, returned: 2 })).toEqual({
      eventsReceived: 15,
      eventsWritten: 7,
      eventsQuarantined: 3,
      eventsCheckpointed: 2,
      eventsDropped: 2,
      eventsReturned: 1,
      ledgerImbalance: 0,
      messagesReceived: 7,
      messagesReturned: 2,
      messagesEmpty: 1,
      messagesControl: 1,
      valuesAltered: 6,
      implausibleTimes: 6,
      fieldsOmitted: 7,
      branchesIgnored: 8,
      pointsReplaced: 9,
      conflictsResolved: 10,
      firstReplaced: 'm',
      refusals: {},
      unwritten: {},
      largestBatch: 4,
    });
  });
  test('adds ledger imbalances as absolute values, so that no error hides another', () => {
    expect(
      sumReports([report({ ledgerImbalance: 2 }), report({ ledgerImbalance: -2 })], NO_MESSAGES).ledgerImbalance,
    ).toBe(4);
  });
  test('sums refusals by code, and unwritten lines by kind with the last error text', () => {
    const { refusals, unwritten } = sumReports(
      [
        report({ refusals: { expired: 1, 'field-type': 2 }, unwritten: { held: { lines: 5, text: 'first' } } }),
        report({
          refusals: { expired: 3 },
          unwritten: { held: { lines: 1, text: 'last' }, denied: { lines: 2, text: '401' } },
        }),
      ],
      NO_MESSAGES,
    );
    expect(refusals).toEqual({ expired: 4, 'field-type': 2 });
    expect(unwritten).toEqual({ held: { lines: 6, text: 'last' }, denied: { lines: 2, text: '401' } });
  });
  test('returns every received message when there are no reports to sum', () => {
    const { returned: _, ...expected } = report({ messagesReceived: 3, messagesReturned: 3 });
    expect(sumReports([], { received: 3, returned: 3 })).toEqual(expected);
  });
});

describe('ledger', () => {
  const owners = (...messages: readonly number[]): Uint32Array => Uint32Array.from(messages);

  test('balances the ledger for any combination of fates', () => {
    const fates = fc.array(
      fc.array(fc.constantFrom('written', 'quarantined', 'checkpointed', 'dropped', 'left'), { maxLength: 5 }),
      {
        maxLength: 6,
      },
    );
    fc.assert(
      fc.property(fates, (messages) => {
        const ledger = new Ledger(messages.length);
        messages.forEach((events, index) => {
          ledger.begin(index, events.length);
          for (const fate of events) {
            if (fate === 'written') ledger.written(1, owners(index));
            else if (fate === 'checkpointed') ledger.checkpointed(1, owners(index));
            else if (fate === 'quarantined') ledger.quarantined(index);
            else if (fate === 'dropped') ledger.dropped(index);
          }
        });
        const count = (fate: string): number => messages.flat().filter((one) => one === fate).length;
        const failed = [...messages.keys()].filter((index) => !ledger.isSettled(index));
        expect(failed).toEqual([...messages.keys()].filter((index) => messages[index]?.includes('left')));
        expect(ledger.close(failed)).toEqual({
          eventsReceived: messages.flat().length,
          eventsWritten: count('written'),
          eventsQuarantined: count('quarantined'),
          eventsCheckpointed: count('checkpointed'),
          eventsDropped: count('dropped'),
          eventsReturned: count('left'),
          ledgerImbalance: 0,
          messagesControl: 0,
          messagesReceived: messages.length,
          messagesReturned: failed.length,
          messagesEmpty: messages.filter((events) => events.length === 0).length,
        });
      }),
    );
  });
  test('reports an imbalance when a message with unwritten events is not among the failed messages', () => {
    const ledger = new Ledger(2);
    ledger.begin(0, 3);
    ledger.begin(1, 1);
    ledger.written(2, owners(0, 0));
    expect(ledger.close([1]).ledgerImbalance).toBe(1);
  });
  test('settles neither message when lines are counted for the wrong message', () => {
    const ledger = new Ledger(2);
    ledger.begin(0, 1);
    ledger.begin(1, 1);
    ledger.written(1, owners(1));
    ledger.written(1, owners(1));
    expect([ledger.isSettled(0), ledger.isSettled(1)]).toEqual([false, false]);
  });
  test('settles a message without events, but not a message that was never begun', () => {
    const ledger = new Ledger(2);
    ledger.begin(0, 0);
    expect([ledger.isSettled(0), ledger.isSettled(1)]).toEqual([true, false]);
  });
});
