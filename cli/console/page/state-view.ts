/** Shows the state of the system: ledger, breakers, checkpoint, queues, and server. */

import type { BreakerView, LedgerSums, StandInView, SystemFacts, SystemState } from '../protocol.ts';
import { box, element, setText, showFacts } from './dom.ts';
import { bytes, counted, duration, whole } from './format.ts';
import { announce } from './requests.ts';

/** Figures of the ledger with the sign before each. */
const LEDGER = [
  ['received', ''],
  ['written', '='],
  ['quarantined', '+'],
  ['checkpointed', '+'],
  ['dropped', '+'],
  ['returned', '+'],
] as const;

/** Shows the facts that stay the same. */
export const showSystemFacts = ({ sink, server, database }: SystemFacts): void =>
  setText(box('facts'), `${sink} writes to the database ${database} of ${server}`);

/** Shows a state. */
export const showState = (state: SystemState): void => {
  showLedger(state.ledger);
  showBreakers(state.breakers, state.atMs);
  const { checkpoint, queues } = state;
  showFacts(box('checkpoint'), [
    ['Segments', checkpoint === null ? '–' : whole(checkpoint.segments)],
    ['Lines', checkpoint === null ? '–' : whole(checkpoint.lines)],
    ['Stored', checkpoint === null ? '–' : bytes(checkpoint.bytes)],
    ['Oldest', checkpoint?.oldestMs ? `${duration(state.atMs - checkpoint.oldestMs)} old` : '–'],
  ]);
  showFacts(box('queues'), [
    ['Messages in the queue', whole(queues.source)],
    ['Dead letters', whole(queues.deadLetters)],
  ]);
  showFacts(box('server'), serverFacts(state.standIn));
  const fault = box('state-fault');
  fault.hidden = state.fault === null;
  setText(fault, state.fault === null ? '' : `A part of the state cannot be read: ${state.fault}`);
};

const serverFacts = (standIn: StandInView | null): readonly (readonly [string, string])[] =>
  standIn === null
    ? [['Server', 'your own, see its own metrics']]
    : [
        ['Requests', whole(standIn.writes)],
        ['Lines stored', whole(standIn.lines)],
        ['Responses', responsesText(standIn.writesByStatus)],
        ['Faults', standIn.faults.map(({ name }) => name).join(', ') || 'none'],
      ];

const responsesText = (byStatus: StandInView['writesByStatus']): string =>
  Object.entries(byStatus)
    .map(([status, count]) => `${whole(count)} × ${status}`)
    .join(', ') || '–';

const showLedger = (ledger: LedgerSums): void => {
  const list = box('ledger');
  if (list.childElementCount === 0)
    list.append(
      ...LEDGER.map(([name, sign]) =>
        element(
          'div',
          { class: `ledger-${name}`, 'data-sign': sign },
          element('dt', {}, element('span', { class: 'dot', 'aria-hidden': 'true' }), name),
          element('dd'),
        ),
      ),
    );
  const values = list.querySelectorAll('dd');
  LEDGER.forEach(([name], index) => {
    setText(values[index] as Node, whole(ledger[name]));
  });
  showBar(ledger);
  showBalance(ledger);
  setText(
    box('drained'),
    ledger.drained === 0
      ? ''
      : `${counted(ledger.drained, 'checkpointed event')} reached openGemini or the dead-letter queue later.`,
  );
};

const showBar = (ledger: LedgerSums): void => {
  const bar = box('ledger-bar');
  const parts = LEDGER.slice(1);
  if (bar.childElementCount === 0) bar.append(...parts.map(([name]) => element('span', { class: `ledger-${name}` })));
  parts.forEach(([name], index) => {
    (bar.children[index] as HTMLElement).style.flexGrow = String(ledger[name]);
  });
};

const showBalance = ({ imbalance, invocations }: LedgerSums): void => {
  const badge = box('balance');
  badge.dataset.state = invocations === 0 ? 'waiting' : imbalance === 0 ? 'good' : 'bad';
  setText(
    badge,
    invocations === 0
      ? 'No invocation yet'
      : imbalance === 0
        ? `Balanced after ${counted(invocations, 'invocation')}`
        : 'Not balanced: a bug in the sink',
  );
};

let openBefore: string | undefined;

const showBreakers = (breakers: readonly BreakerView[], nowMs: number): void => {
  const target = box('breakers');
  const openNow = breakers.map(({ key }) => key).join(', ');
  if (openBefore !== undefined && openBefore !== openNow)
    announce(openNow === '' ? 'All circuit breakers are closed.' : `Circuit breaker open: ${openNow}.`, openNow !== '');
  if (openBefore !== openNow)
    target.replaceChildren(
      ...(breakers.length === 0
        ? [element('p', { class: 'badge', 'data-state': 'good' }, 'All closed')]
        : breakers.map(breakerElement)),
    );
  openBefore = openNow;
  const times = target.querySelectorAll('.breaker-time');
  breakers.forEach(({ kind, openedAtMs, probeAtMs, reason }, index) => {
    const probe = probeAtMs <= nowMs ? 'a probe is due' : `next probe in ${duration(probeAtMs - nowMs)}`;
    setText(times[index] as Node, `Open for ${duration(nowMs - openedAtMs)} (${kind}), ${probe}.`);
    setText(target.querySelectorAll('.breaker-reason')[index] as Node, reason);
  });
};

const breakerElement = ({ key }: BreakerView): HTMLElement =>
  element(
    'div',
    { class: 'breaker' },
    element('p', {}, element('span', { class: 'badge', 'data-state': 'bad' }, 'Open'), ' ', element('b', {}, key)),
    element('p', { class: 'breaker-time muted' }),
    element('p', { class: 'breaker-reason' }),
  );
