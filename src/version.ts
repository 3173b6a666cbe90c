/**
 * Version of this package, stored in the attribute `origin` of every dead letter. A test compares it with
 * `package.json`.
 */
export const VERSION = '0.1.0';
