/** Why an event cannot be written. A refusal is a value, counted and carried by the dead letter; never an exception. */

/** The closed list of reasons. Dashboards and redrive rules are built on it: add to it, never rename. */
export const REFUSAL_CODES = [
  'undecodable',
  'too-large',
  'no-events',
  'no-mapping',
  'no-fields',
  'measurement-missing',
  'tag-missing',
  'timestamp-missing',
  'timestamp-range',
  'timestamp-format',
  'field-type',
  'not-finite',
  'integer-range',
  'reserved-name',
  'name-characters',
  'name-too-long',
  'tag-too-long',
  'line-too-long',
  'duplicate-name',
  'database-not-allowed',
  // From the server:
  'type-conflict',
  'expired',
  'time-outside-range',
  'measurement-refused',
  'line-refused',
  'server-error',
  // From the function:
  'unfinished',
] as const;

export type RefusalCode = (typeof REFUSAL_CODES)[number];

/** A class only so that it can be told from an event's own objects. */
export class Refusal {
  readonly code: RefusalCode;
  /** One sentence: the place, what was found, and what would be right. Names and types of the event, never its values. */
  readonly detail: string;

  constructor(code: RefusalCode, detail: string) {
    this.code = code;
    this.detail = detail;
  }
}

export const refuse = (code: RefusalCode, detail: string): Refusal => new Refusal(code, detail);

export const isRefusal = (value: unknown): value is Refusal => value instanceof Refusal;
/** An event to be quarantined. */
export interface RefusedEvent {
  readonly messageIndex: number;
  /** Place in its message, as `findEvents` counts. */
  readonly eventIndex: number;
  readonly refusal: Refusal;
  readonly measurement: string | undefined;
  readonly partlyStored: boolean;
}
