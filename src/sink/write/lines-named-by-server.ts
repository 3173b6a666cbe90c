/**
 * Which lines of a refused batch the server's own words accuse. A type conflict names field, measurement and type; the
 * server keeps one type per column of a measurement (`coordinator/write_helper.go`, the clean-schema check of fields),
 * so every line that brings this field with this type is guilty, and one answer settles them all.
 */

import { lineText } from '../lines/batch.ts';
import { parseOwnLine } from '../lines/parse-own-line.ts';
import type { Point } from '../lines/point.ts';
import type { OwnedBatch } from '../ports.ts';

const CONFLICT =
  /^partial write: field type conflict: input field "(.*)" on measurement "(.*)" is type (float|integer|string|boolean), already exists as type \w+ dropped=\d+$/s;
const MEASUREMENT = /^partial write: invalid measurement name: (.*) dropped=\d+$/s;

export interface NamedLine {
  readonly index: number;
  /** The server may have taken the line's other fields. */
  readonly partlyStored: boolean;
}

/** Lines accused by name; none when the text names nothing that a line of the batch carries. */
export const linesNamedByServer = (batch: OwnedBatch, text: string): readonly NamedLine[] => {
  const conflict = CONFLICT.exec(text);
  if (conflict !== null) {
    const [, field, measurement, type] = conflict;
    const failing = (point: Point): boolean =>
      point.measurement === measurement && point.fields.some(([name, value]) => name === field && value.type === type);
    return accuse(batch, failing, (point) => point.fields.length > 1);
  }
  const measurement = MEASUREMENT.exec(text)?.[1];
  if (measurement === undefined) return [];
  return accuse(
    batch,
    (point) => point.measurement === measurement,
    () => false,
  );
};

const accuse = (
  batch: OwnedBatch,
  failing: (point: Point) => boolean,
  partlyStored: (point: Point) => boolean,
): NamedLine[] => {
  const named: NamedLine[] = [];
  for (let index = 0; index < batch.lines; index++) {
    const point = parseOwnLine(lineText(batch, index));
    if (failing(point)) named.push({ index, partlyStored: partlyStored(point) });
  }
  return named;
};
