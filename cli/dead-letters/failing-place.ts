/** Reads the rule and the path that failed from the detail of a dead letter. */

/** The part of a mapping, or of an event, that the detail of a dead letter names. */
export interface FailingPlace {
  /** The rule in words, such as `field "temp"` or `timestamp`; undefined if the detail names none. */
  readonly rule: string | undefined;
  /** Name of the tag or field of the rule. */
  readonly column: string | undefined;
  /** Paths that the rule reads, in the order in which it tries them. */
  readonly paths: readonly string[];
  /** The detail without the rule: what was found, and what was expected. */
  readonly found: string;
}

/** Details of the sink begin with the kind of the rule, the name of its column, and its paths in parentheses. */
const PLACE =
  /^(?<rule>(?<kind>events|measurement|timestamp|database|retention policy|open|tag|field)(?: "(?<name>(?:[^"\\]|\\.)*)")?)(?: \((?<paths>.*?)\))?: (?<found>.*)$/su;

/** The server's text for a column of another type (write-api: `field type conflict`). */
const CONFLICT = /input field "(?<name>[^"]*)" on measurement "[^"]*" is type/u;

/** Returns the place that a detail names. */
export const failingPlace = (detail: string): FailingPlace => {
  const text = unescaped(detail);
  const { rule, kind, name, paths, found } = PLACE.exec(text)?.groups ?? {};
  if (rule !== undefined) {
    const column = kind === 'tag' || kind === 'field' ? name : undefined;
    return { rule, column, paths: paths?.split(' or ') ?? [], found: found ?? '' };
  }
  const column = CONFLICT.exec(text)?.groups?.name;
  return { rule: column === undefined ? undefined : `field "${column}"`, column, paths: [], found: text };
};

/** An attribute of a dead letter is ASCII, in which other characters are escapes of JSON. */
const unescaped = (text: string): string =>
  text.replace(/\\u([0-9a-f]{4})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
