/** The dead-letter queue behind the faulty connection of an instance. */

import type { DeadLetter, DeadLetters } from '../../src/sink/ports.ts';
import type { Instance, Surroundings } from './instance.ts';

/** Receives the dead letters that the oracle checks. */
export interface LettersWatcher {
  arrived(letter: DeadLetter): void;
  confirmed(instance: Instance, count: number): void;
}

/** Returns the dead-letter queue for an instance. */
export const lettersFor = (instance: Instance, world: Surroundings, watcher: LettersWatcher): DeadLetters => {
  const { random, faults } = world;
  const send: DeadLetters['send'] = async (letters, { signal }) => {
    const lost = faults.isOn('letters-away') || faults.take('letters-lost');
    const replyLost = !lost && faults.take('letters-reply-lost');
    const partly = !lost && !replyLost && faults.take('letters-partly-failed');
    const arrives = letters.map(() => !lost && (!partly || random.next() < 0.5));
    try {
      await instance.call({
        what: `send ${letters.length} dead letters`,
        latencyMs: 5 + random.next() * 30,
        signal,
        fault: replyLost ? 'lost-reply' : undefined,
        effect: () => {
          for (const [index, letter] of letters.entries()) if (arrives[index] === true) watcher.arrived(letter);
        },
      });
    } catch {
      return letters.map(() => false);
    }
    watcher.confirmed(instance, arrives.filter((one) => one).length);
    return arrives;
  };
  return { send, keep: async (letter, deadline) => (await send([letter], deadline))[0] === true };
};
