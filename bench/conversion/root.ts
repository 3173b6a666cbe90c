/** Root of this source tree. */
export const ROOT = new URL('../../', import.meta.url).pathname;
