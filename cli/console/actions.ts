/** What the buttons of the page do. Every input comes from a request, so its form is checked here. */

import { FAULT_NAMES, type Fault, type FaultName } from '../../local/opengemini/faults.ts';
import type { Outgoing, QueueAccess } from '../../local/queue/queue-access.ts';
import type { LocalSystem } from '../../local/system.ts';
import { counted } from '../counted.ts';
import type { DeadLetterSource } from './dead-letter-source.ts';
import type { ActionResult } from './protocol.ts';
import type { Samples } from './samples.ts';

/** A request whose input is not valid. The message is a sentence for the user. */
export class BadRequest extends Error {
  override readonly name = 'BadRequest';
}

/** Parts that the actions change. */
export interface ActionParts {
  readonly system: Pick<LocalSystem, 'standIn' | 'processes' | 'addresses'>;
  readonly queues: QueueAccess;
  readonly letters: DeadLetterSource;
  readonly samples: readonly Samples[];
}

/** An action, which gets the parsed JSON of its request. Throws `BadRequest`. */
export type Action = (input: Readonly<Record<string, unknown>>) => Promise<ActionResult>;

/** Bytes of a message in SQS, at most. */
const BODY_BYTES_MAX = 1_048_576;
const REPEAT_MAX = 100;

/** Returns the actions by the last part of their path. */
export const createActions = (parts: ActionParts): Readonly<Record<string, Action>> => ({
  send: (input) => send(parts, input),
  'set-fault': async (input) => setFault(parts, input),
  'clear-fault': async (input) => clearFault(parts, input),
  kill: async (input) => kill(parts, input),
  redrive: (input) => redrive(parts, input),
});

/** Sends a set of samples, one or more times, or one body. */
const send = async (
  { queues, samples, system }: ActionParts,
  input: Record<string, unknown>,
): Promise<ActionResult> => {
  const messages = messagesOf(samples, input);
  await queues.send(system.addresses.queueUrl, messages);
  return { text: `${counted(messages.length, 'message')} sent.` };
};

const messagesOf = (samples: readonly Samples[], input: Record<string, unknown>): readonly Outgoing[] => {
  if (input.body !== undefined) {
    const { body } = input;
    if (typeof body !== 'string' || body === '') throw new BadRequest('The message must not be empty.');
    const bytes = Buffer.byteLength(body);
    if (bytes > BODY_BYTES_MAX)
      throw new BadRequest(`A message has at most ${BODY_BYTES_MAX} bytes (1 MiB), this one has ${bytes}.`);
    return [{ body }];
  }
  const set = samples.find(({ name }) => name === input.set);
  if (set === undefined) throw new BadRequest(`There is no set of samples "${input.set}".`);
  const times = wholeNumber(input.times ?? 1, 'The number of repetitions', 1, REPEAT_MAX);
  return Array.from({ length: times }, () => set.make(Date.now(), Math.random)).flat();
};

const wholeNumber = (value: unknown, what: string, min: number, max: number): number => {
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value;
  throw new BadRequest(`${what} must be a whole number from ${min} to ${max}, got ${JSON.stringify(value)}.`);
};

/** The longest timeout of a function. */
const LATENCY_MS_MAX = 900_000;
const COUNT_MAX = 1_000_000;

const setFault = ({ system }: ActionParts, input: Record<string, unknown>): ActionResult => {
  const name = faultName(input.name);
  const fault: Fault = {
    name,
    ...(input.count === undefined ? {} : { count: wholeNumber(input.count, 'The number of writes', 1, COUNT_MAX) }),
    ...(input.ms === undefined ? {} : { ms: wholeNumber(input.ms, 'The delay in ms', 0, LATENCY_MS_MAX) }),
  };
  standInOf(system).faults.set(fault);
  return { text: `The fault "${name}" is set.` };
};

const clearFault = ({ system }: ActionParts, { name }: Record<string, unknown>): ActionResult => {
  const { faults } = standInOf(system);
  if (name === undefined) faults.clear();
  else faults.clear(faultName(name));
  return { text: name === undefined ? 'All faults are cleared.' : `The fault "${name}" is cleared.` };
};

const faultName = (name: unknown): FaultName => {
  const found = FAULT_NAMES.find((known) => known === name);
  if (found === undefined) throw new BadRequest(`There is no fault "${name}". Faults: ${FAULT_NAMES.join(', ')}.`);
  return found;
};

const standInOf = ({ standIn }: ActionParts['system']): NonNullable<LocalSystem['standIn']> => {
  if (standIn === undefined)
    throw new BadRequest('OPENGEMINI_URL names your own server, in which the console sets no faults.');
  return standIn;
};

/** Kills a process of the function, and no other process. */
const kill = ({ system }: ActionParts, { pid }: Record<string, unknown>): ActionResult => {
  const found = system.processes().find((running) => running === pid);
  if (found === undefined) throw new BadRequest(`No process of the function has the id ${JSON.stringify(pid)}.`);
  process.kill(found, 'SIGKILL');
  return { text: `The process ${found} was killed. Its messages are received again after their visibility timeout.` };
};

/** Redrives the dead letters with these ids, or all. */
const redrive = async ({ letters }: ActionParts, { ids }: Record<string, unknown>): Promise<ActionResult> => {
  if (ids !== undefined && !(Array.isArray(ids) && ids.every((id) => typeof id === 'string')))
    throw new BadRequest('"ids" must be a list of ids.');
  const sent = await letters.redrive(ids === undefined ? undefined : new Set(ids as readonly string[]));
  return { text: `${counted(sent, 'dead letter')} sent back to the queue.` };
};
