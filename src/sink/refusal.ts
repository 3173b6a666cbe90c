/**
 * Refusals: why an event cannot be written. A refusal is a value that is counted and stored in the dead letter. It is
 * never thrown. docs/refusals.md explains each code.
 */

/** Codes that only a server or a running function gives. Converting an event again does not repeat them. */
export const LATE_REFUSAL_CODES = [
  // From the response of the server:
  'type-conflict',
  'expired',
  'time-outside-range',
  'measurement-refused',
  'line-refused',
  'server-error',
  // From the function, for a poison message:
  'unfinished',
] as const;

/** All codes. Dashboards, alarms and redrive rules depend on the names: add codes, never rename one. */
export const REFUSAL_CODES = [
  'undecodable',
  'not-telemetry',
  'payload-elsewhere',
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
  // From a function of the user:
  'converter-error',
  ...LATE_REFUSAL_CODES,
] as const;

/** Code of a refusal, which is the attribute `reason` of the dead letter. */
export type RefusalCode = (typeof REFUSAL_CODES)[number];

/** Why one event cannot be written. It is a class so that `instanceof` distinguishes it from objects of the event. */
export class Refusal {
  readonly code: RefusalCode;
  /**
   * One sentence with the place, what was found, and what was expected. It contains names and types of the event, but
   * never values. For a refusal by the server it is the server's error text.
   */
  readonly detail: string;

  constructor(code: RefusalCode, detail: string) {
    this.code = code;
    this.detail = detail;
  }
}

/** Returns a refusal. */
export const refuse = (code: RefusalCode, detail: string): Refusal => new Refusal(code, detail);

/** Whether a value is a refusal. */
export const isRefusal = (value: unknown): value is Refusal => value instanceof Refusal;

/** An event that must be quarantined. */
export interface RefusedEvent {
  /** Index of the message in this invocation. */
  readonly messageIndex: number;
  /** Index of the event in its message, in the order of `findEvents`. */
  readonly eventIndex: number;
  readonly refusal: Refusal;
  /** Measurement of the event; `undefined` if it is unknown. */
  readonly measurement: string | undefined;
  /** Whether the server may have stored other fields of the line, as after a type conflict. */
  readonly partlyStored: boolean;
}
