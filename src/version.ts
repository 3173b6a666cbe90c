/** Of this package; a test compares it with package.json. Dead letters carry it. */
export const VERSION = '0.1.0';
