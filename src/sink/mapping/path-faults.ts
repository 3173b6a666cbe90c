/** What is wrong with paths in the syntax of other languages, and how to write them. */

/** Returns steps as a JSON Pointer (RFC 6901), in which names may contain dots. */
export const pointerOf = (segments: readonly string[]): string =>
  segments.map((segment) => `/${segment.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

/**
 * Returns how to write a path to a member that really has such a name.
 *
 * @param root - Beginning of the path before the steps, such as `$root.`.
 */
export const pointerRemedy = (steps: string, root = ''): string =>
  `If a member really has this name, write "${root}${pointerOf(steps.split('.'))}"`;

/** Returns the fault of a path with an empty step. A dot at its start or end is probably a habit of another language. */
export const emptyStep = (steps: string, segments: readonly string[], before: string): string => {
  const isAtEnd = segments.filter((segment) => segment === '').length === 1 && /^\.|\.$/.test(steps);
  return isAtEnd
    ? `has a dot at its ${steps.startsWith('.') ? 'start' : 'end'}. Write "${before}${steps.replace(/^\.|\.$/, '')}"`
    : `has an empty step between two dots. ${pointerRemedy(steps, before)}`;
};

/** Returns the fault of a path to all elements of an array. */
const severalValues = (steps: string, before: string): string => {
  const array = /^([^*[\]]+?)(?:\[\*?\]|\.\*)$/.exec(steps)?.[1];
  const remedy = array === undefined ? '' : `, with the path "${before}${array}"`;
  return `cannot lead to several values. "events" opens an array${remedy}. ${pointerRemedy(steps, before)}`;
};

/** An index or a name in brackets, and a name outside of them. */
const BRACKETED = /\[(?:(\d+)|"([^"\]]*)"|'([^'\]]*)')\]|[^.[\]]+/g;

/** Returns the fault of a path in the syntax of another language, which would never match; otherwise `undefined`. */
export const foreignSyntax = (steps: string, segments: readonly string[], before: string): string | undefined => {
  if (segments.includes('*') || /\[\*?\]/.test(steps)) return severalValues(steps, before);
  if (!/[[\]]/.test(steps)) return undefined;
  const remedy = pointerRemedy(steps, before);
  if (/[[\]]/.test(steps.replace(BRACKETED, ''))) return `has a bracket. Write an index as a step (a.0.b). ${remedy}`;
  const plain = Array.from(
    steps.matchAll(BRACKETED),
    ([step, ...names]) => names.find((one) => one !== undefined) ?? step,
  );
  const path = plain.some((name) => /[./]|^$/.test(name)) ? pointerOf(plain) : plain.join('.');
  return `has an index or a name in brackets. Write "${before}${path}". ${remedy}`;
};
