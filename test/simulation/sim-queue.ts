/**
 * SQS: messages that are received again until they are deleted, with or without groups, and with a dead-letter queue.
 */

import type { Random } from '../../local/workload/random.ts';
import type { Cancel, Kernel } from './kernel.ts';

/** A message in the queue. */
export interface SimMessage {
  readonly id: string;
  readonly body: string;
  readonly groupId: string | undefined;
  readonly attributes: Readonly<Record<string, string>>;
  readonly sentAt: number;
  /** Effect on the process when the body is read; undefined for a healthy message. */
  readonly poison: 'kills' | 'hangs' | undefined;
  receives: number;
  firstReceivedAt: number | undefined;
  deleted: boolean;
  visible: boolean;
  wake: Cancel;
}

/** One receive of a message. */
export interface Received {
  readonly message: SimMessage;
  readonly receiptHandle: string;
}

/** Settings of the queue. */
export interface QueueSettings {
  readonly fifo: boolean;
  readonly visibilityMs: number;
  readonly maxReceiveCount: number;
  readonly retentionMs: number;
}

/** Receives the end of each message. */
export interface QueueWatcher {
  deleted(message: SimMessage): void;
  /** The message has left the queue because of its age or its receives: the sink has lost it. */
  dropped(message: SimMessage, why: string): void;
}

/** One queue. */
export class SimQueue {
  readonly settings: QueueSettings;
  readonly messages = new Map<string, SimMessage>();
  /** Called when a message can be received. */
  onVisible: (message: SimMessage) => void = () => {};
  readonly #kernel: Kernel;
  readonly #random: Random;
  readonly #watcher: QueueWatcher;

  constructor(settings: QueueSettings, kernel: Kernel, random: Random, watcher: QueueWatcher) {
    this.settings = settings;
    this.#kernel = kernel;
    this.#random = random;
    this.#watcher = watcher;
  }

  send(message: Omit<SimMessage, 'receives' | 'firstReceivedAt' | 'deleted' | 'visible' | 'wake' | 'sentAt'>): void {
    const sent: SimMessage = {
      ...message,
      sentAt: this.#kernel.now,
      receives: 0,
      firstReceivedAt: undefined,
      deleted: false,
      visible: true,
      wake: () => {},
    };
    this.messages.set(sent.id, sent);
    this.onVisible(sent);
  }

  /** Receives a message. Returns undefined if the message leaves the queue instead. */
  receive(message: SimMessage): Received | undefined {
    if (message.deleted) return undefined;
    if (this.#kernel.now - message.sentAt > this.settings.retentionMs)
      return this.#drop(message, 'it exceeded the retention');
    message.receives += 1;
    if (message.receives > this.settings.maxReceiveCount)
      return this.#drop(message, 'it exceeded the maximum receive count');
    message.firstReceivedAt ??= this.#kernel.now;
    this.#hide(message, this.settings.visibilityMs);
    return { message, receiptHandle: `${message.id}/${message.receives}` };
  }

  /** Delivers a message twice, as a standard queue may do. */
  duplicate(message: SimMessage): void {
    if (!message.deleted) this.onVisible(message);
  }

  changeVisibility(receiptHandle: string, seconds: number): void {
    const message = this.#held(receiptHandle);
    if (message !== undefined) this.#hide(message, seconds * 1_000);
  }

  /** Deletes a message. With an old handle, SQS may report success and do nothing. */
  delete(receiptHandle: string): void {
    const [id = ''] = receiptHandle.split('/');
    const message = this.messages.get(id);
    if (message === undefined || message.deleted) return;
    if (this.#held(receiptHandle) === undefined && this.#random.next() < 0.5) return;
    message.deleted = true;
    message.wake();
    this.messages.delete(id);
    this.#watcher.deleted(message);
  }

  #held(receiptHandle: string): SimMessage | undefined {
    const [id = '', receive] = receiptHandle.split('/');
    const message = this.messages.get(id);
    return message !== undefined && !message.deleted && String(message.receives) === receive ? message : undefined;
  }

  #hide(message: SimMessage, ms: number): void {
    message.wake();
    message.visible = false;
    message.wake = this.#kernel.schedule(ms, () => {
      message.visible = true;
      this.onVisible(message);
    });
  }

  #drop(message: SimMessage, why: string): undefined {
    message.deleted = true;
    message.wake();
    this.messages.delete(message.id);
    this.#watcher.dropped(message, why);
  }
}
