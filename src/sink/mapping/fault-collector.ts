/**
 * Reads single values of a mapping's declaration and collects all faults. A fault is a sentence with the place, the
 * expected value, and the value that was found.
 */

import { nearName } from './near-name.ts';
import { isWholeObject, NO_NAMES, type Path, type PathNames, parsePath } from './path.ts';

/** An object of the declaration, not yet validated. */
export type Declared = Record<string, unknown>;

/** Whether a value of the declaration is an object. */
export const isDeclared = (value: unknown): value is Declared =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Returns a value of the declaration as text for a fault, at most 60 characters long. */
export const shown = (value: unknown): string => {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
};

/** Policies that a mapping, and each of its rules, may have. */
export const POLICY_KEYS = ['nulls', 'nullTexts', 'mismatch', 'nonFinite', 'newlines', 'names', 'conflict'];

/** Returns the fault of a name that is none of the known ones: the end of a sentence that begins with its place. */
export const unknownMember = (name: string, known: readonly string[]): string => {
  if (POLICY_KEYS.includes(name)) return 'is a policy of a whole mapping or rule. Write it beside "fields".';
  const near = nearName(name, known);
  const remedy = near === undefined ? `Known members: ${known.join(', ')}.` : `Did you mean "${near}"?`;
  return `is not a known member. ${remedy}`;
};

/** A fault of a declaration. */
export interface MappingFault {
  /** Place in the declaration, such as `mapping.fields.v`. A file reader finds the line and column from it. */
  readonly place: string;
  /** A sentence that begins with the place. */
  readonly sentence: string;
}

/** Characters of a fault after its place, at most, because it may repeat a path of any length. */
const FAULT_MAX = 800;

/** Placeholder of a path after a fault: a valid path, so that one mistake does not cause a second fault. */
const AFTER_FAULT = '_';

/**
 * Reads values and collects faults. Every reader returns a usable value after a fault too, so that reading continues
 * and all faults are reported together.
 */
export class FaultCollector {
  readonly faults: MappingFault[] = [];
  /** Whether the current rule has no array of events, so that `$root` is the event itself. */
  rootIsEvent = false;
  /** Names that paths may begin with at the current place. */
  names: PathNames = NO_NAMES;

  /** Adds a fault. `text` is the end of a sentence that begins with the place. */
  fault(place: string, text: string): undefined {
    const short = text.length > FAULT_MAX ? `${text.slice(0, FAULT_MAX)}...` : text;
    this.faults.push({ place, sentence: `${place} ${short}` });
    return undefined;
  }

  /** Reads one path or a list of paths. The first path that leads to a value is used. */
  paths(declared: unknown, place: string): Path[] {
    const list = Array.isArray(declared) ? declared : [declared];
    if (list.length === 0) this.fault(place, 'must name at least one path');
    return list
      .map((entry, index) => this.path(entry, Array.isArray(declared) ? `${place}[${index}]` : place))
      .filter((path) => path !== undefined);
  }

  /** Reads paths to single values. A path to a whole object is a fault. */
  valuePaths(declared: unknown, place: string): Path[] {
    const paths = this.paths(declared, place);
    for (const path of paths) this.refuseWholeObject(path, place);
    return paths;
  }

  /** Adds a fault if a path leads to a whole object. */
  refuseWholeObject(path: Path, place: string): void {
    if (!isWholeObject(path)) return;
    this.fault(place, `leads to ${path.text}, which is an object, not a value. Name a member: ${path.text}.NAME`);
  }

  /** Reads one path. */
  path(declared: unknown, place: string): Path | undefined {
    if (typeof declared !== 'string') return this.fault(place, `must be a path (text), got ${shown(declared)}`);
    const path = parsePath(declared, this.names);
    if (typeof path === 'string') return this.fault(place, `${path}; got ${shown(declared)}`);
    return path.root === 'root' && this.rootIsEvent ? { ...path, root: 'event' } : path;
  }

  /**
   * Reads one of several texts.
   *
   * @param fallback - Value if none is declared.
   * @param invalid - Value after a fault. The mapping is refused then, so it only serves to find further faults.
   */
  choice<T extends string>(
    declared: unknown,
    place: string,
    choices: readonly T[],
    fallback = choices[0] as T,
    invalid = fallback,
  ): T {
    if (declared === undefined) return fallback;
    if (choices.includes(declared as T)) return declared as T;
    this.fault(place, `must be one of ${choices.join(', ')}; got ${shown(declared)}`);
    return invalid;
  }

  /** Reads a boolean, `false` if none is declared. */
  flag(declared: unknown, place: string): boolean {
    if (declared !== undefined && typeof declared !== 'boolean')
      this.fault(place, `must be true or false, got ${shown(declared)}`);
    return declared === true;
  }

  /** Reads a text, `undefined` if none is declared. */
  optionalText(declared: unknown, place: string): string | undefined {
    if (declared === undefined || typeof declared === 'string') return declared;
    return this.fault(place, `must be text, got ${shown(declared)}`);
  }

  /** Reads a list of texts, empty if it is not declared. */
  texts(declared: unknown, place: string): string[] {
    if (declared === undefined) return [];
    if (Array.isArray(declared) && declared.every((text) => typeof text === 'string')) return declared;
    this.fault(place, `must be an array of texts, got ${shown(declared)}`);
    return [];
  }

  /**
   * Reads the members of an object, none if it is not declared.
   *
   * @param members - Description of the members, for the fault.
   */
  entries(declared: unknown, place: string, members = 'names and paths'): [string, unknown][] {
    if (declared === undefined) return [];
    if (isDeclared(declared)) return Object.entries(declared);
    this.fault(place, `must be an object of ${members}, got ${shown(declared)}`);
    return [];
  }

  /**
   * Reads an object with the given members only.
   *
   * @param expected - Description of a correct value, for the fault.
   */
  object(declared: unknown, place: string, keys: readonly string[], expected: string): Declared {
    if (!isDeclared(declared)) {
      this.fault(place, `must be ${expected}, got ${shown(declared)}`);
      return { path: AFTER_FAULT };
    }
    this.unknownKeys(declared, place, keys);
    return declared;
  }

  /**
   * Adds a fault for each member of an object that is not known.
   *
   * @param reported - Members that have a fault of their own.
   */
  unknownKeys(declared: Declared, place: string, known: readonly string[], reported: readonly string[] = []): void {
    for (const key of Object.keys(declared)) {
      if (known.includes(key) || reported.includes(key)) continue;
      this.fault(`${place}.${key}`, unknownMember(key, known));
    }
  }

  /** Adds a fault for members that exclude each other, except the first of them. */
  onlyOne(declared: Declared, place: string, keys: readonly string[]): void {
    const given = keys.filter((key) => declared[key] !== undefined);
    if (given.length > 1) this.fault(place, `has ${given.map((key) => `"${key}"`).join(' and ')}. Choose one of them.`);
  }

  /** Adds the detail of a refusal, if there is one. It begins with its place. */
  refusal(refusal: { readonly detail: string } | undefined, place: string): void {
    if (refusal !== undefined) this.faults.push({ place, sentence: refusal.detail });
  }
}
