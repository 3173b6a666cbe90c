/** Laws of conversion for any mapping and any message. */

import type fc from 'fast-check';
import { expect } from 'vitest';
import type { Message } from '../../../src/sink/message.ts';
import { mapping, message } from '../make.ts';
import { bodiesOf } from './bodies.ts';
import { plans } from './mappings.ts';
import { type Outcomes, outcomesOf, type Setting, sendBack } from './outcomes.ts';
import type { Case } from './presets.ts';

/** Events that a law has been checked for. */
export interface Checked {
  events: number;
  lines: number;
  refused: number;
  dropped: number;
  sentBack: number;
}

/** Returns a count of no events. */
export const nothingChecked = (): Checked => ({ events: 0, lines: 0, refused: 0, dropped: 0, sentBack: 0 });

/** Checks that every event became one line, one refusal, or one drop. */
const expectBalance = ({ uneven, counters, events }: Outcomes): void => {
  expect(uneven).toEqual([]);
  expect(events).toHaveLength(counters.events);
};

/** Returns what the dead letter of an event must become: the point of the event, or the same refusal. */
const withoutDetail = (outcome: string): string =>
  outcome.startsWith('refused ') ? outcome.split(' ').slice(0, 2).join(' ') : outcome;

/**
 * Mappings of paths, each with a body.
 *
 * @param most - Events of one array, at most.
 */
export const pathCases = (most: number): fc.Arbitrary<Case> =>
  plans.chain((plan) => bodiesOf(plan, most).map((body) => ({ declared: plan.declared, body })));

/**
 * Checks that both converters agree, also with source texts, that every event ends once, and that its dead letter becomes
 * the same point or is refused with the same code.
 *
 * @param sentBackMax - Events of a message whose dead letters are sent back, at most.
 */
export const expectLaws = ({ declared, body }: Case, checked: Checked, sentBackMax: number): void => {
  const setting = { mapping: mapping({ measurement: undefined, ...declared }), input: body.input };
  const attributes = { region: { type: 'String', value: 'eu' } };
  const one = message(body.text, { sentAtMs: SENT_AT_MS, attributes, groupId: 'g' });
  const outcomes = outcomesOf(one, setting);
  expectBalance(outcomes);
  expect(outcomesOf(one, setting, 'point')).toEqual(outcomes);
  expect(outcomesOf(one, setting, 'line', true)).toEqual(outcomes);
  checked.events += outcomes.events.length;
  for (const outcome of outcomes.events) {
    const kind = outcome.startsWith('refused ') ? 'refused' : outcome === 'dropped' ? 'dropped' : 'lines';
    checked[kind] += 1;
  }
  expectSameAfterRedrive(one, setting, outcomes.events, checked, sentBackMax);
};

const SENT_AT_MS = 1_780_000_000_000;

const expectSameAfterRedrive = (
  one: Message,
  setting: Setting,
  events: readonly string[],
  checked: Checked,
  sentBackMax: number,
): void => {
  const step = Math.ceil(events.length / sentBackMax);
  const chosen = events.map((_, event) => event).filter((event) => event % step === events.length % step);
  const back = sendBack(one, setting, chosen);
  for (const [index, event] of chosen.entries()) {
    const letter = back[index] as Message;
    const again = outcomesOf(letter, setting);
    expect({ event, letter: letter.body, outcomes: again.events.map(withoutDetail) }).toEqual({
      event,
      letter: letter.body,
      outcomes: [withoutDetail(events[event] as string)],
    });
    checked.sentBack += 1;
  }
  const last = back.at(-1);
  if (last === undefined) return;
  // A dead letter of a dead letter is the same as the first one.
  const [twice] = sendBack(last, setting, [0]);
  expect(outcomesOf(twice as Message, setting).events).toEqual(outcomesOf(last, setting).events);
};
