/**
 * Generates messages of different shapes with valid and a few broken events, and the expected points and dead letters.
 */

import { gzipSync } from 'node:zlib';
import type { RefusalCode } from '../../src/sink/refusal.ts';
import { type ExpectedPoint, type GoodEvent, hostEvent, lineEvent, type Root, reading } from './events.ts';
import { FAULTS, type Fault, FIXED_POINT } from './faults.ts';
import { type Random, randomFrom } from './random.ts';

/** A message to send. */
export interface OutgoingMessage {
  readonly body: string;
  /** Message attribute `region`. Undefined means that the message has none. */
  readonly region: string | undefined;
}

/** A dead letter that must exist at the end. */
export interface ExpectedLetter {
  /** Text that is in the body of this dead letter and of no other. */
  readonly mark: string;
  readonly reason: RefusalCode;
  /** Name of the fault. */
  readonly fault: string;
}

/** Messages with their expected results. */
export interface Workload {
  readonly messages: readonly OutgoingMessage[];
  /** Exactly the points that openGemini must contain at the end. */
  readonly points: readonly ExpectedPoint[];
  readonly letters: readonly ExpectedLetter[];
  /** Number of events in the messages, valid and broken. */
  readonly events: number;
}

/** Settings of a workload. */
export interface WorkloadOptions {
  readonly messages: number;
  readonly eventsPerMessage: number;
  /** One event in this number is broken, on average. */
  readonly brokenOneIn: number;
  readonly seed: number;
  /** Number of the first event (default 1), so that two workloads can have no event in common. */
  readonly firstNumber?: number;
}

/** Share of unreadable messages, at most, so that most messages are readable even if they contain many events. */
const BROKEN_MESSAGES_MAX = 0.1;

const SHAPES = ['root', 'root', 'array', 'ndjson', 'lines', 'sns', 'eventbridge', 'gzip'] as const;
type Shape = (typeof SHAPES)[number];

/** Generates a workload. The same options give the same workload. */
export const makeWorkload = (options: WorkloadOptions): Workload => {
  const maker = new WorkloadMaker(options);
  while (maker.messages.length < options.messages) maker.addMessage();
  return { messages: maker.messages, points: maker.points, letters: maker.letters, events: maker.events };
};

class WorkloadMaker {
  readonly messages: OutgoingMessage[] = [];
  readonly points: ExpectedPoint[] = [FIXED_POINT.point];
  readonly letters: ExpectedLetter[] = [];
  events = 0;
  readonly #options: WorkloadOptions;
  readonly #random: Random;
  #n: number;

  constructor(options: WorkloadOptions) {
    this.#options = options;
    this.#random = randomFrom(options.seed);
    this.#n = options.firstNumber ?? 1;
  }

  addMessage(): void {
    const whole = FAULTS.filter(({ place }) => place === 'message');
    const perMessageFault = this.#options.brokenOneIn * (FAULTS.length / whole.length);
    const probability = Math.min(BROKEN_MESSAGES_MAX, this.#options.eventsPerMessage / perMessageFault);
    const fault = this.#random.next() < probability ? this.#random.pick(whole) : undefined;
    if (fault !== undefined) {
      this.messages.push({ body: this.#broken(fault), region: undefined });
      return;
    }
    const root: Root = {
      device: `device ${this.#random.below(50)}`,
      site: this.#random.pick(['north', 'south hall', 'ost=west']),
      region: this.#random.below(2) === 0 ? undefined : this.#random.pick(['eu', 'us, east']),
    };
    const shape = this.#random.pick(SHAPES);
    this.messages.push({ body: this.#bodyOf(shape, root), region: shape === 'sns' ? undefined : root.region });
  }

  #bodyOf(shape: Shape, root: Root): string {
    switch (shape) {
      case 'root':
        return this.#root(root);
      case 'array':
        return `[${this.#texts('host').join(' ,\n ')}]`;
      case 'ndjson':
        return `${this.#texts('host').join('\n')}\n`;
      case 'lines':
        return `# from an agent\n${this.#texts('line').join('\n')}`;
      case 'gzip':
        return gzipSync(this.#root(root)).toString('base64');
      case 'eventbridge':
        return `{"version":"0","id":"e","detail-type":"readings","source":"app","time":"2026-01-01T00:00:00Z","detail":${this.#root(root)}}`;
      case 'sns': {
        const attributes = root.region === undefined ? {} : { region: { Type: 'String', Value: root.region } };
        return JSON.stringify({
          Type: 'Notification',
          MessageId: 'n',
          TopicArn: 'arn:aws:sns:eu-central-1:0:t',
          Message: this.#root(root),
          MessageAttributes: attributes,
        });
      }
    }
  }

  #root(root: Root): string {
    const texts = this.#texts('reading', root);
    return `{ "device":${JSON.stringify(root.device)}, "site":${JSON.stringify(root.site)}, "readings":[${texts.join(', ')}] }`;
  }

  /** Returns the texts of the events of one message, some of them broken. */
  #texts(kind: 'reading' | 'host' | 'line', root?: Root): string[] {
    const faults = FAULTS.filter(({ place }) => place === kind || (kind === 'host' && place === 'object'));
    return Array.from({ length: this.#options.eventsPerMessage }, () => {
      if (this.#random.below(this.#options.brokenOneIn) === 0) return this.#broken(this.#random.pick(faults));
      return this.#good((n) =>
        kind === 'line'
          ? lineEvent(n, this.#random)
          : root === undefined
            ? hostEvent(n, this.#random)
            : reading(n, root, this.#random),
      );
    });
  }

  #good(make: (n: number) => GoodEvent): string {
    const { text, point } = make(this.#n++);
    this.points.push(point);
    this.events += 1;
    return text;
  }

  #broken(fault: Fault): string {
    const mark = `bad-${this.#n}-`;
    this.letters.push({ mark, reason: fault.reason, fault: fault.name });
    this.events += 1;
    return fault.text(mark, this.#n++);
  }
}
