/**
 * Turns names that a producer chose into names that openGemini accepts, so that no event is refused for a character
 * that its producer allows in a name. The rules are those of `name-rules.ts`.
 */

const CONTROL = /[\x00-\x1f\x7f]/g;
const FORBIDDEN_IN_MEASUREMENTS = /[,;/\\]|[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu;

/**
 * Returns a measurement with `_` in place of each character that a measurement cannot contain, and of a `#` at its
 * start.
 */
export const measurementFrom = (name: string): string => {
  const clean = name.toWellFormed().replace(FORBIDDEN_IN_MEASUREMENTS, '_').replace(/^#/, '_');
  return clean === '.' || clean === '..' ? clean.replaceAll('.', '_') : clean;
};

/**
 * Returns the name of a tag with `_` in place of each control character. The name `time` becomes `time_`, because
 * openGemini reserves `time` for itself.
 */
export const tagNameFrom = (name: string): string => {
  const clean = name.toWellFormed().replace(CONTROL, '_');
  return clean === 'time' ? 'time_' : clean;
};

/** Returns the name of a field: like a tag, and also with `_` in place of each double quote. */
export const fieldNameFrom = (name: string): string => tagNameFrom(name.replaceAll('"', '_'));
