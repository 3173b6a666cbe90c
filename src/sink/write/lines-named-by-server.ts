/**
 * Which lines of a refused batch the server's own words accuse. A type conflict names field, measurement and type; the
 * server keeps one type per column of a measurement (`coordinator/write_helper.go`, the clean-schema check of fields),
 * so every line that brings this field with this type is guilty, and one answer settles them all.
 */

import type { Point } from '../convert/point-converter.ts';
import { lineText, type OwnedBatch } from '../lines/line-buffer.ts';
import { readLine } from '../lines/parse-own-line.ts';

const CONFLICT =
  /^partial write: field type conflict: input field "(.*)" on measurement "(.*)" is type (float|integer|string|boolean), already exists as type \w+ dropped=\d+$/s;
const MEASUREMENT = /^partial write: invalid measurement name: (.*) dropped=\d+$/s;

export interface Accused {
  readonly index: number;
  /** The server may have taken the line's other fields. */
  readonly partlyStored: boolean;
}

/** Lines accused by name; none when the text names nothing that a line of the batch carries. */
export const blame = (batch: OwnedBatch, text: string): readonly Accused[] => {
  const conflict = CONFLICT.exec(text);
  if (conflict !== null) {
    const [, field, measurement, type] = conflict;
    const guilty = (point: Point): boolean =>
      point.measurement === measurement && point.fields.some(([name, value]) => name === field && value.type === type);
    return accuse(batch, guilty, (point) => point.fields.length > 1);
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
  guilty: (point: Point) => boolean,
  partlyStored: (point: Point) => boolean,
): Accused[] => {
  const accused: Accused[] = [];
  for (let index = 0; index < batch.lines; index++) {
    const point = readLine(lineText(batch, index));
    if (guilty(point)) accused.push({ index, partlyStored: partlyStored(point) });
  }
  return accused;
};
