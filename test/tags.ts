/** Tags of tests, for the configurations of Vitest. */

/** Tests that take longer than a third of a second each. Mutation testing leaves them out. */
export const TAGS = [{ name: 'slow', description: 'Takes longer than a third of a second.' }];
