/** Reads members of a test file, and collects a fault with its place for each value that is not what it must be. */

import { isDeclared, shown, unknownMember } from '../../src/sink/mapping/fault-collector.ts';

/** Members of an object of the file. */
export type Members = Readonly<Record<string, unknown>>;

/** Reads values. After a fault it returns a usable value, so that all faults are found. */
export class MemberReader {
  /** Sentences without a period, which begin with the place. */
  readonly faults: string[] = [];

  fault(place: string, text: string): void {
    this.faults.push(`${place} ${text}.`);
  }

  /** @param known - Names of the members. Undefined for any. */
  members(value: unknown, place: string, known?: readonly string[]): Members {
    if (!isDeclared(value)) {
      this.fault(place === '' ? 'The file' : place, `must be an object, got ${shown(value)}`);
      return {};
    }
    for (const name of Object.keys(value))
      if (known?.includes(name) === false) this.faults.push(`${place}.${name} ${unknownMember(name, known)}`);
    return value;
  }

  list(value: unknown, place: string): readonly unknown[] {
    if (Array.isArray(value)) return value;
    this.fault(place, `must be a list, got ${shown(value)}`);
    return [];
  }

  /** Returns undefined for a value that is absent or no text. */
  text(value: unknown, place: string): string | undefined {
    if (value === undefined || typeof value === 'string') return value;
    this.fault(place, `must be text, got ${shown(value)}`);
    return undefined;
  }

  /** Reads a whole number that is not negative; `fallback` if it is absent. */
  count(value: unknown, place: string, fallback: number): number {
    if (value === undefined) return fallback;
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
    this.fault(place, `must be a whole number of at least 0, got ${shown(value)}`);
    return fallback;
  }
}
