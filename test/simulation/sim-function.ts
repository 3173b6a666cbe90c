/** Lambda: instances that are created, reused, frozen and discarded, and invocations with a time limit. */

import { Instance, type Surroundings } from './instance.ts';

/** Version of the code of one instance. */
export type Release = 'format-1' | 'current' | 'coming';

/** An instance with its release and its state. */
export interface Environment<State> {
  readonly instance: Instance;
  readonly release: Release;
  /** Number of the deployment. Instances of earlier deployments are not reused. */
  readonly generation: number;
  readonly state: State;
}

/** End of an invocation. */
export type Ended<T> =
  | { readonly kind: 'answered'; readonly value: T }
  | { readonly kind: 'failed'; readonly error: Error }
  | { readonly kind: 'died'; readonly how: string };

/** Receives violations. */
export interface FunctionWatcher {
  /** Work is still in flight although the invocation has responded. */
  leftUnderWay(instance: Instance, count: number): void;
}

const LIMIT = 'its time has expired';

/** One function with its instances. */
export class SimFunction<State> {
  readonly name: string;
  readonly #world: Surroundings;
  readonly #timeoutMs: number;
  readonly #watcher: FunctionWatcher;
  readonly #build: (instance: Instance, release: Release) => State;
  #idle: Environment<State>[] = [];
  #made = 0;
  release: Release = 'format-1';
  #generation = 0;
  running = 0;
  invocations = 0;

  constructor(
    name: string,
    timeoutMs: number,
    world: Surroundings,
    watcher: FunctionWatcher,
    build: (instance: Instance, release: Release) => State,
  ) {
    this.name = name;
    this.#world = world;
    this.#timeoutMs = timeoutMs;
    this.#watcher = watcher;
    this.#build = build;
  }

  /** Deploys a release. Existing instances are not reused. */
  deploy(release: Release): void {
    this.release = release;
    this.#generation += 1;
    this.#idle = [];
  }

  async invoke<T>(work: (environment: Environment<State>, remainingMs: number) => Promise<T>): Promise<Ended<T>> {
    const environment = this.#takeEnvironment();
    const { instance } = environment;
    this.invocations += 1;
    this.running += 1;
    const ended = await new Promise<Ended<T>>((resolve) => {
      const cancelLimit = this.#world.kernel.schedule(this.#timeoutMs, () => {
        instance.die(LIMIT);
        resolve({ kind: 'died', how: LIMIT });
      });
      instance.onDeath = (how) => {
        // Only the time limit ends a process that hangs.
        if (how === 'hangs') return;
        cancelLimit();
        resolve({ kind: 'died', how });
      };
      this.#maybeStall(instance);
      work(environment, this.#timeoutMs).then(
        (value) => {
          if (!instance.alive) return;
          cancelLimit();
          resolve({ kind: 'answered', value });
        },
        (error: Error) => {
          if (!instance.alive) return;
          cancelLimit();
          resolve({ kind: 'failed', error });
        },
      );
    });
    this.running -= 1;
    if (ended.kind === 'answered' && instance.inFlight > 0) this.#watcher.leftUnderWay(instance, instance.inFlight);
    if (instance.alive && environment.generation === this.#generation) this.#idle.push(environment);
    return ended;
  }

  /** Stops the process at a random time, until the time limit. */
  #maybeStall(instance: Instance): void {
    const { kernel, random, faults } = this.#world;
    if (!faults.take('function-timeout')) return;
    kernel.schedule(random.next() * 2_000, () => instance.die('hangs'));
  }

  #takeEnvironment(): Environment<State> {
    const { random, faults } = this.#world;
    if (this.#idle.length > 0 && faults.take('environment-recycled')) this.#idle = [];
    // A frozen instance is not used for a long time. It is used again later.
    const frozen = this.#idle.length > 1 && faults.take('environment-frozen');
    const idle = this.#idle.splice(frozen ? 0 : random.below(this.#idle.length || 1), 1)[0];
    if (idle !== undefined) return idle;
    const instance = new Instance(`${this.name}/${this.#made++}`, this.#world);
    return {
      instance,
      release: this.release,
      generation: this.#generation,
      state: this.#build(instance, this.release),
    };
  }
}
