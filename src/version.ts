/** The version of this package. A test compares it with `package.json`. */

/** Version that every dead letter stores in its attribute `origin`. */
export const VERSION: string = '0.1.0';
