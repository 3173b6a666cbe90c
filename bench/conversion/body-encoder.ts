/** The work of a contestant: bodies to lines. */

/** Converts bodies `first` to `end - 1` of the data set to lines, joined by line breaks as for one request. */
export type BodyEncoder = (first: number, end: number) => Uint8Array;
