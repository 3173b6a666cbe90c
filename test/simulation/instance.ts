/**
 * One instance of a function: its clock and its connection to everything outside. It can die at any call, before or
 * after the effect of the call. After that, none of its promises settles, and nothing that it does has an effect.
 */

import type { Random } from '../../local/workload/random.ts';
import type { Clock, TimedDeadline } from '../../src/runtime/clock.ts';
import type { Faults } from './faults.ts';
import type { Cancel, Kernel } from './kernel.ts';

/** Six hours after midnight of the events' first day. */
export const BEGINNING_MS = Date.UTC(2026, 0, 1, 6);

/** The parts of a simulation that an instance uses. */
export interface Surroundings {
  readonly kernel: Kernel;
  readonly random: Random;
  /** Randomness for the code under test, so that a change to the code does not change its surroundings. */
  readonly codeRandom: Random;
  readonly faults: Faults;
  trace(line: string): void;
}

/** A call failed, or its response was lost. */
export class CallFailed extends Error {
  override readonly name: string;

  constructor(name: string, message: string) {
    super(message);
    this.name = name;
  }
}

/** Failure of a call, other than the death of its caller. */
export type CallFault = 'refused' | 'lost-reply' | 'hangs' | undefined;

/** A call to a service. */
export interface Call<T> {
  readonly what: string;
  readonly latencyMs: number;
  readonly signal?: AbortSignal | undefined;
  readonly fault?: CallFault;
  /** The effect of the call, which happens at one time. */
  effect(): T | Promise<T>;
}

const never = <T>(): Promise<T> => new Promise(() => {});

/** Largest clock step in both directions. */
export const STEP_MS = 20_000;

/** One instance. */
export class Instance {
  readonly name: string;
  readonly #world: Surroundings;
  /** Called once, when the instance dies. */
  onDeath: (how: string) => void = () => {};
  alive = true;
  /** Number of calls and timers in flight. It must be 0 after an invocation has responded. */
  inFlight = 0;
  #stepMs = 0;

  constructor(name: string, world: Surroundings) {
    this.name = name;
    this.#world = world;
  }

  die(how: string): void {
    if (!this.alive) return;
    this.alive = false;
    this.#world.trace(`${this.name} dies: ${how}`);
    this.onDeath(how);
  }

  readonly clock: Clock = {
    nowMs: () => {
      if (this.#world.faults.take('clock-step')) this.#stepMs = (this.#world.random.next() - 0.5) * 2 * STEP_MS;
      return Math.floor(BEGINNING_MS + this.#world.kernel.now + this.#stepMs);
    },
    monotonicMs: () => this.#world.kernel.now,
    random: () => this.#world.codeRandom.next(),
    sleep: (ms, signal) => {
      if (!this.alive) return never();
      return new Promise((resolve) => {
        const done = (): void => {
          cancel();
          signal?.removeEventListener('abort', done);
          resolve();
        };
        const cancel = this.#timer(ms, done);
        if (signal?.aborted === true) done();
        else signal?.addEventListener('abort', done);
      });
    },
    deadlineIn: (ms) => this.#deadlineIn(ms),
  };

  #deadlineIn(ms: number): TimedDeadline {
    const { kernel } = this.#world;
    const controller = new AbortController();
    const at = kernel.now + ms;
    const release = this.#timer(ms, () => controller.abort());
    return { remainingMs: () => Math.max(0, at - kernel.now), signal: controller.signal, release };
  }

  /** Starts a timer that counts as in flight until it fires or is cancelled. */
  #timer(ms: number, ring: () => void): Cancel {
    let pending = true;
    this.inFlight += 1;
    const end = (): void => {
      if (pending) this.inFlight -= 1;
      pending = false;
    };
    const cancel = this.#world.kernel.schedule(ms, () => {
      if (!pending) return;
      end();
      if (this.alive) ring();
    });
    return () => {
      end();
      cancel();
    };
  }

  /** Makes a call. Rejects with `CallFailed`. */
  call<T>({ what, latencyMs, signal, fault, effect }: Call<T>): Promise<T> {
    if (!this.alive) return never();
    const { kernel, faults } = this.#world;
    return new Promise<T>((resolve, reject) => {
      let answered = false;
      this.inFlight += 1;
      const answer = (settle: () => void): void => {
        if (answered || !this.alive) return;
        answered = true;
        this.inFlight -= 1;
        signal?.removeEventListener('abort', abort);
        settle();
      };
      const abort = (): void => answer(() => reject(new CallFailed('AbortError', `${what} was aborted`)));
      if (signal?.aborted === true) {
        abort();
        return;
      }
      signal?.addEventListener('abort', abort);
      const arrive = async (): Promise<void> => {
        if (!this.alive || answered) return;
        if (faults.take('crash-before-call')) {
          this.die(`before ${what}`);
          return;
        }
        if (fault === 'hangs') return;
        if (fault === 'refused') {
          answer(() => reject(new CallFailed('ThrottlingException', `${what} was refused`)));
          return;
        }
        const value = await effect();
        if (faults.take('crash-after-call')) {
          this.die(`after ${what}`);
          return;
        }
        answer(() =>
          fault === 'lost-reply'
            ? reject(new CallFailed('TimeoutError', `the reply of ${what} was lost`))
            : resolve(value),
        );
      };
      kernel.schedule(latencyMs, () => void arrive());
    });
  }
}
