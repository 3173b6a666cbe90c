/** Reads single things of a declaration in JSON, and gathers what is wrong with them: place, remedy, what was found. */

import { isWholeObject, type Path, parsePath } from './path.ts';

export type Declared = Record<string, unknown>;

export const isDeclared = (value: unknown): value is Declared =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const shown = (value: unknown): string => {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
};

export class FaultCollector {
  readonly faults: string[] = [];
  /** Of the rule being read: without an array of events the event is its own root. */
  rootIsEvent = false;

  fault(place: string, text: string): undefined {
    this.faults.push(`${place} ${text}`);
    return undefined;
  }

  /** One path or a list of them, of which the first that leads to something wins. */
  paths(declared: unknown, place: string): Path[] {
    const list = Array.isArray(declared) ? declared : [declared];
    if (list.length === 0) this.fault(place, 'must name at least one path');
    return list
      .map((entry, index) => this.path(entry, Array.isArray(declared) ? `${place}[${index}]` : place))
      .filter((path) => path !== undefined);
  }

  /** Paths to values: text, numbers and the like, never a whole object. */
  valuePaths(declared: unknown, place: string): Path[] {
    const paths = this.paths(declared, place);
    for (const path of paths) this.refuseWholeObject(path, place);
    return paths;
  }

  refuseWholeObject(path: Path, place: string): void {
    if (!isWholeObject(path)) return;
    this.fault(place, `leads to ${path.text}, which is an object and no value; name a member: ${path.text}.NAME`);
  }

  path(declared: unknown, place: string): Path | undefined {
    if (typeof declared !== 'string') return this.fault(place, `must be a path (text), got ${shown(declared)}`);
    const path = parsePath(declared);
    if (typeof path === 'string') return this.fault(place, `${path}; got ${shown(declared)}`);
    return path.root === 'root' && this.rootIsEvent ? { ...path, root: 'event' } : path;
  }

  /** `mistaken` stands in for what is none of the choices: the whole is refused then. */
  choice<T extends string>(
    declared: unknown,
    place: string,
    choices: readonly T[],
    fallback = choices[0] as T,
    mistaken = fallback,
  ): T {
    if (declared === undefined) return fallback;
    if (choices.includes(declared as T)) return declared as T;
    this.fault(place, `must be one of ${choices.join(', ')}; got ${shown(declared)}`);
    return mistaken;
  }

  flag(declared: unknown, place: string): boolean {
    if (declared !== undefined && typeof declared !== 'boolean')
      this.fault(place, `must be true or false, got ${shown(declared)}`);
    return declared === true;
  }

  optionalText(declared: unknown, place: string): string | undefined {
    if (declared === undefined || typeof declared === 'string') return declared;
    return this.fault(place, `must be text, got ${shown(declared)}`);
  }

  entries(declared: unknown, place: string): [string, unknown][] {
    if (declared === undefined) return [];
    if (isDeclared(declared)) return Object.entries(declared);
    this.fault(place, `must be an object of names and paths, got ${shown(declared)}`);
    return [];
  }

  object(declared: unknown, place: string, keys: readonly string[], expected: string): Declared {
    if (!isDeclared(declared)) {
      this.fault(place, `must be ${expected}, got ${shown(declared)}`);
      return { path: '_' }; // A stand-in, so that one fault is not told twice.
    }
    this.unknownKeys(declared, place, keys);
    return declared;
  }

  unknownKeys(declared: Declared, place: string, known: readonly string[]): void {
    for (const key of Object.keys(declared)) {
      if (!known.includes(key)) this.fault(`${place}.${key}`, `is not known here; known are ${known.join(', ')}`);
    }
  }

  refusal(refusal: { readonly detail: string } | undefined): void {
    if (refusal !== undefined) this.faults.push(refusal.detail);
  }
}
