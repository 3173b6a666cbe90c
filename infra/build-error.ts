/** The error of a build that its caller can fix. */

/** Thrown by a build. The message is a sentence for the caller. */
export class BuildError extends Error {
  override readonly name = 'BuildError';
}
